// What an attribute was: from the server's history, then as it changes. Bounded.

import type { AttributeModel } from "./attribute";
import { kindOf, type AttributeStructure } from "./structure";
import { timeOf, toNumber, unitsOf } from "./values";

const MOST = 20_000;

export class Trace {
  times: number[] = [];
  values: number[] = [];
  readonly key: string;
  private readonly leave: () => void;
  private told: () => void = () => undefined;

  constructor(
    readonly attribute: AttributeModel,
    changed: () => void,
  ) {
    this.key = `${attribute.device}.${attribute.name}`;
    this.told = changed;
    this.take(attribute.shown.peek());
    this.leave = attribute.listen((structure) => this.take(structure));
    void this.before();
  }

  get units(): string {
    return unitsOf(this.attribute.meta.peek());
  }

  /** Whether it changes only when it is put. */
  get stepped(): boolean {
    const meta = this.attribute.meta.peek();
    return Boolean(meta.writable) || kindOf(meta) !== "number";
  }

  close(): void {
    this.leave();
    this.told = () => undefined;
  }

  private take(structure: AttributeStructure): void {
    const time = timeOf(structure);
    const last = this.times[this.times.length - 1];
    if (last !== undefined && time <= last) return; // after a new connection the present value comes once more
    this.times.push(time);
    this.values.push(this.number(structure));
    if (this.times.length > MOST * 1.25) this.cut();
    this.told();
  }

  private number(structure: AttributeStructure): number {
    if (structure.alarm.severity === 3) return NaN;
    if (kindOf(structure.meta) === "choice") return (structure.meta.choices ?? []).indexOf(String(structure.value));
    return toNumber(structure.value);
  }

  private cut(): void {
    this.times.splice(0, this.times.length - MOST);
    this.values.splice(0, this.values.length - MOST);
  }

  /** What was before this page was opened, if the server keeps it. */
  private async before(): Promise<void> {
    const { device, name } = this.attribute;
    try {
      const answer = await fetch(`/api/${encodeURIComponent(device)}/${encodeURIComponent(name)}/history`);
      if (!answer.ok) return;
      const found = (await answer.json()) as { times: number[]; values: unknown[] };
      const first = this.times[0] ?? Infinity;
      const older = found.times.findIndex((time) => time >= first);
      const number = older < 0 ? found.times.length : older;
      this.times = [...found.times.slice(0, number), ...this.times];
      this.values = [...found.values.slice(0, number).map(toNumber), ...this.values];
      this.cut();
      this.told();
    } catch {
      // a server without history: the chart begins now
    }
  }
}
