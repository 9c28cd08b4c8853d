// What an attribute was: from the server's history, then as it changes. Bounded.

import { effect } from "@preact/signals";
import type { AttributeModel } from "./attribute";
import { merged, past, type Points } from "./past";
import { kindOf, type AttributeStructure } from "./structure";
import { formatNumber, timeOf, toNumber, unitsOf } from "./values";

const MOST = 20_000;
const INVALID = 3;

export class Trace {
  /** s since 1970, rising. */
  times: number[] = [];
  /** NaN where there was no valid value, or no connection. */
  values: number[] = [];
  readonly key: string;
  private readonly leaving: (() => void)[];
  private told: () => void;
  /** When the connection went, until it is known what was meanwhile. */
  private gap: number | null = null;

  constructor(
    readonly attribute: AttributeModel,
    changed: () => void,
  ) {
    this.key = `${attribute.device}.${attribute.name}`;
    this.told = changed;
    this.take(attribute.now);
    const { link } = attribute.session;
    this.leaving = [
      attribute.every((structure) => this.take(structure)),
      effect(() => {
        if (link.value === "connected") void this.before();
        else if (link.value === "lost") this.interrupt();
      }),
    ];
  }

  get units(): string {
    return unitsOf(this.attribute.meta.peek());
  }

  /** The index of what it was at a time (s); -1 before the first. */
  indexAt(time: number): number {
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.times[middle] as number) <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** What it was at a time, as people read it. */
  textAt(time: number): string {
    const value = this.values[this.indexAt(time)];
    if (value === undefined || Number.isNaN(value)) return "–";
    const meta = this.attribute.meta.peek();
    if (kindOf(meta) === "boolean") return value ? "on" : "off";
    return `${formatNumber(value, meta)} ${this.units}`.trim();
  }

  close(): void {
    for (const leave of this.leaving) leave();
    this.told = () => undefined;
  }

  private take(structure: AttributeStructure): void {
    const time = timeOf(structure);
    const end = this.times.length - 1;
    const last = this.times[end] === this.gap ? this.times[end - 1] : this.times[end];
    if (last !== undefined && time <= last) return; // after a new connection the present value comes once more
    if (this.gap !== null && time <= this.gap) this.forgetGap(); // this clock is ahead of the server's
    this.times.push(time);
    this.values.push(this.number(structure.value, structure.alarm.severity));
    if (this.times.length > MOST * 1.25) this.cut();
    this.told();
  }

  private number(value: unknown, severity: number | undefined): number {
    return severity === INVALID ? NaN : toNumber(value);
  }

  private interrupt(): void {
    const last = this.times[this.times.length - 1];
    if (last === undefined || this.gap !== null) return;
    this.gap = Math.max(Date.now() / 1000, last + 1e-3);
    this.times.push(this.gap);
    this.values.push(NaN);
    this.told();
  }

  private forgetGap(): void {
    const index = this.gap === null ? -1 : this.times.lastIndexOf(this.gap);
    this.gap = null;
    if (index < 0) return;
    this.times.splice(index, 1);
    this.values.splice(index, 1);
  }

  private cut(): void {
    this.times.splice(0, this.times.length - MOST);
    this.values.splice(0, this.values.length - MOST);
  }

  /** What was before this page was opened, or while there was no connection, if the server keeps it. */
  private async before(): Promise<void> {
    const gap = this.gap;
    const found = await past(this.attribute, MOST);
    if (!found || found.times.length === 0) return;
    const values = found.values.map((value, index) => this.number(value, found.severities[index]));
    if (gap !== null && gap === this.gap) {
      if ((found.times[0] as number) <= gap) this.forgetGap(); // it has all of it
      this.gap = null;
    }
    const all: Points = merged({ times: found.times, values }, this);
    this.times = all.times;
    this.values = all.values;
    this.cut();
    this.told();
  }
}
