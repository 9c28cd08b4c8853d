// One method: what it takes, its last call by anybody, and the call from here.

import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { Session } from "../wire/session";
import { nextFrame } from "./frame";
import { noted } from "./log";
import type { MethodStructure } from "./structure";
import { inLine } from "./values";
import { within } from "./within";

function given(parameters: Record<string, unknown>): string {
  return Object.entries(parameters).map(([name, value]) => `${name}=${inLine(value)}`).join(", ");
}

export class MethodModel {
  readonly shown: Signal<MethodStructure>;
  /** Whether a call from here is under way, and since when (ms). */
  readonly running = signal<number | null>(null);
  readonly refused = signal("");
  readonly result = signal<unknown>(undefined);

  private latest: MethodStructure;
  private turn = 0;
  private readonly show = (): void => {
    this.shown.value = { ...this.latest };
  };

  constructor(
    readonly device: string,
    readonly name: string,
    structure: MethodStructure,
    readonly session: Session,
    /** Whether the server takes nothing at all. */
    readonly readOnly: ReadonlySignal<boolean>,
  ) {
    this.latest = structure;
    this.shown = signal(structure);
  }

  replace(structure: MethodStructure): void {
    this.latest = structure;
    nextFrame(this.show);
  }

  apply(path: readonly string[], value: unknown): void {
    const [member, ...rest] = path;
    if (member === undefined) return this.replace(value as MethodStructure);
    this.latest = { ...this.latest, [member]: within(this.latest[member as keyof MethodStructure], rest, value) };
    nextFrame(this.show);
  }

  /** Call it; where one from here is under way still, what is shown from now on is this one's. */
  async call(parameters: Record<string, unknown>): Promise<void> {
    const turn = ++this.turn;
    this.refused.value = "";
    this.result.value = undefined;
    this.running.value = performance.now();
    let result: unknown;
    let refused = "";
    try {
      result = (await noted(`${this.device}.${this.name}(${given(parameters)})`, this.session.call([this.device, this.name], parameters))) ?? null;
    } catch (error) {
      refused = error instanceof Error ? error.message : String(error);
    }
    if (turn !== this.turn) return;
    this.result.value = result;
    this.refused.value = refused;
    this.running.value = null;
  }
}
