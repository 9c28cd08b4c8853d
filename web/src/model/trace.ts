// What an attribute was: from the server's history, then as it changes. Bounded.

import type { AttributeModel } from "./attribute";
import { kindOf, type AttributeStructure } from "./structure";
import { timeOf, toNumber, unitsOf } from "./values";

const MOST = 20_000;
const INVALID = 3;

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
    this.values.push(this.number(structure.value, structure.alarm.severity));
    if (this.times.length > MOST * 1.25) this.cut();
    this.told();
  }

  private number(value: unknown, severity: number | undefined): number {
    if (severity === INVALID) return NaN;
    const meta = this.attribute.meta.peek();
    return kindOf(meta) === "choice" ? (meta.choices ?? []).indexOf(String(value)) : toNumber(value);
  }

  private cut(): void {
    this.times.splice(0, this.times.length - MOST);
    this.values.splice(0, this.values.length - MOST);
  }

  /** What was before this page was opened, if the server keeps it. */
  private async before(): Promise<void> {
    const { device, name } = this.attribute;
    try {
      const answer = await fetch(`/api/${encodeURIComponent(device)}/${encodeURIComponent(name)}/history?count=${MOST}`);
      if (!answer.ok) return;
      const found = (await answer.json()) as { times: number[]; values: unknown[]; severities: number[] };
      const times = found.times.map((time) => time / 1e9); // ns
      const first = this.times[0] ?? Infinity;
      const later = times.findIndex((time) => time >= first);
      const number = later < 0 ? times.length : later;
      const values = found.values.slice(0, number).map((value, index) => this.number(value, found.severities[index]));
      this.times = [...times.slice(0, number), ...this.times];
      this.values = [...values, ...this.values];
      this.cut();
      this.told();
    } catch {
      // a server without history: the chart begins now
    }
  }
}
