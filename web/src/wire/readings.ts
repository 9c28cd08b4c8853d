// Readings that come side by side: places of fields, values and time stamps of many attributes in one message.

import type { Change } from "./messages";

export interface Readings {
  /** Places in the `fields` of the device's meta. */
  fields: number[];
  values: unknown[];
  /** The time stamps are these seconds, and each its own nanoseconds more, which may be many seconds. */
  seconds: number;
  nanoseconds: number[];
}

const NANO = 1e9;

/** The paths of each field's value and time stamp, made once. */
export class Columns {
  private paths: readonly [value: readonly string[], time: readonly string[]][] = [];

  /** A device as a whole says what its fields are. */
  learn(changes: readonly Change[]): void {
    for (const [path, value] of changes) {
      if (path.length) continue;
      const names = (value as { meta?: { fields?: string[] } }).meta?.fields ?? [];
      this.paths = names.map((name) => [[name, "value"], [name, "timeStamp"]]);
    }
  }

  /** The same as changes with key paths. */
  spread(readings: Readings): Change[] {
    const { fields, values, seconds, nanoseconds } = readings;
    const found: Change[] = [];
    for (let index = 0; index < fields.length; index++) {
      const paths = this.paths[fields[index] as number];
      if (!paths) continue;
      const more = nanoseconds[index] as number;
      const whole = Math.floor(more / NANO);
      const stamp = {
        typeid: "time_t", secondsPastEpoch: seconds + whole, nanoseconds: more - whole * NANO, userTag: 0,
      };
      found.push([paths[0], values[index]], [paths[1], stamp]);
    }
    return found;
  }
}
