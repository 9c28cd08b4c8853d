// One attribute: what the server says, and what somebody is typing.

import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { Refused, type Change } from "../wire/messages";
import type { Session } from "../wire/session";
import { nextFrame } from "./frame";
import { noted } from "./log";
import { widgetOf, type AttributeStructure, type Meta } from "./structure";
import { formatInput, formatValue, inLine, parse } from "./values";
import { within } from "./within";

/** The eight states in which an attribute is seen. */
export type Condition =
  | "normal" | "busy" | "edited" | "refused" | "minor" | "major" | "invalid" | "disconnected";

/** The cells of a table as text: columns of rows. */
export type Cells = readonly (readonly string[])[];

export type Listener = (structure: AttributeStructure) => void;

export class AttributeModel {
  /** What is shown; a new object whenever something of it changed, so what shows a part of it takes that part's own. */
  readonly shown: Signal<AttributeStructure>;
  /** The value as text, which is put into the page without anything being drawn anew. */
  readonly text: ReadonlySignal<string>;
  /** What an input is to hold: the set point where there is one. */
  readonly setpoint: ReadonlySignal<string>;
  /** Whether what it is now is not what was asked for. */
  readonly apart: ReadonlySignal<boolean>;
  readonly alarm: ReadonlySignal<string>;
  /** What somebody typed and has not sent; null when nobody does. An update of the server leaves it alone. */
  readonly edit = signal<string | null>(null);
  /** The same for a table: column by column. */
  readonly cells = signal<Cells | null>(null);
  readonly busy = signal(false);
  /** Why the last put was refused. */
  readonly refused = signal("");
  readonly meta: ReadonlySignal<Meta>;
  readonly condition: ReadonlySignal<Condition>;

  /** What came last: changed in place, for it may change many times before it is shown. */
  private latest: AttributeStructure;
  private readonly severity: ReadonlySignal<number>;
  /** Whether there is a value that listeners were not told. */
  private fresh = false;
  private readonly listeners = new Set<Listener>();
  private readonly show = (): void => {
    this.shown.value = { ...this.latest };
  };

  constructor(
    readonly device: string,
    readonly name: string,
    structure: AttributeStructure,
    readonly session: Session,
    /** Whether the server takes nothing at all. */
    readonly readOnly: ReadonlySignal<boolean>,
  ) {
    this.latest = { ...structure };
    this.shown = signal(structure);
    this.meta = computed(() => this.shown.value.meta);
    this.text = computed(() => formatValue(this.shown.value.value, this.meta.value));
    this.setpoint = computed(() => {
      const { setpoint, value } = this.shown.value;
      return formatInput(setpoint ?? value, this.meta.value);
    });
    this.apart = computed(() => {
      const { setpoint, value } = this.shown.value;
      return setpoint !== undefined && formatInput(value, this.meta.value) !== this.setpoint.value;
    });
    this.alarm = computed(() => this.shown.value.alarm.message);
    this.severity = computed(() => this.shown.value.alarm.severity);
    this.condition = computed(() => this.conditionNow());
  }

  /** The whole of it, as after a connection was made anew. */
  replace(structure: AttributeStructure): void {
    this.latest = { ...structure };
    this.changed();
  }

  /** One change; `path` is within the attribute. */
  apply(path: readonly string[], value: unknown): void {
    const [member, ...rest] = path;
    if (member === undefined) return this.replace(value as AttributeStructure);
    const latest = this.latest as unknown as Record<string, unknown>;
    latest[member] = rest.length ? within(latest[member], rest, value) : value;
    this.changed(member);
  }

  /** Told of each value that came, whether it will be shown or not. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What came last, which may not be shown yet. */
  get now(): AttributeStructure {
    return this.latest;
  }

  /** Whether it can be put at all from here; whether now is another question. */
  get settable(): boolean {
    const meta = this.meta.value;
    return !this.readOnly.value && (meta.writable ?? (meta.writeable && widgetOf(meta) !== "textupdate"));
  }

  /** Told every change of the value, where those that are shown may be merged: for charts. */
  every(listener: Listener): () => void {
    let latest = this.latest;
    const changed = (changes: readonly Change[]): void => {
      for (const [path, value] of changes) latest = within(latest, path, value) as AttributeStructure;
      listener(latest); // the first is what it was when this began, which may be new too
    };
    return this.session.watch([this.device, this.name], { changed }, true, true);
  }

  /** Send what was typed; it stays where it is when it is refused, here or by the server. */
  async send(text: string): Promise<void> {
    try {
      await this.put(parse(text, this.meta.value));
      if (this.edit.value === text) this.edit.value = null;
    } catch (error) {
      this.refused.value = error instanceof Error ? error.message : String(error);
    }
  }

  /** Put a value; raises what refused it. */
  async put(value: unknown): Promise<void> {
    this.refused.value = "";
    this.busy.value = true;
    try {
      await noted(`${this.device}.${this.name} = ${inLine(value)}`, this.session.put([this.device, this.name], value));
    } catch (error) {
      this.refused.value = error instanceof Refused ? error.message : String(error);
      throw error;
    } finally {
      this.busy.value = false;
    }
  }

  /** Forget what was typed. */
  revert(): void {
    this.edit.value = null;
    this.cells.value = null;
    this.refused.value = "";
  }

  /** All that one message said of it was applied: value and time stamp go together. */
  settle(): void {
    if (!this.fresh) return;
    this.fresh = false;
    for (const listener of this.listeners) listener(this.latest);
  }

  private changed(member = ""): void {
    if (member === "value" || member === "") this.fresh = true;
    nextFrame(this.show);
  }

  private conditionNow(): Condition {
    if (this.session.link.value !== "connected") return "disconnected";
    if (this.busy.value) return "busy";
    if (this.refused.value) return "refused";
    if (this.edit.value !== null || this.cells.value !== null) return "edited";
    return (["normal", "minor", "major", "invalid"] as const)[this.severity.value] ?? "invalid";
  }
}
