// The devices of a server, and of each as much as the list shows.

import { signal, type Signal } from "@preact/signals";
import type { Change } from "../wire/messages";
import type { Session } from "../wire/session";
import { DeviceModel } from "./device";
import { nextFrame } from "./frame";
import type { AttributeStructure } from "./structure";
import { within } from "./within";

/** What the list shows of a device. */
export interface Summary {
  readonly name: string;
  readonly label: string;
  readonly state: Signal<AttributeStructure | null>;
  readonly health: Signal<AttributeStructure | null>;
}

interface Listed extends Summary {
  /** The server ended what is followed: the device went, and must be followed anew if it is listed again. */
  readonly ended: boolean;
  leave(): void;
}

export class ProcessModel {
  readonly devices: Signal<readonly Summary[]> = signal([]);
  /** Whether the server takes nothing at all. */
  readonly readOnly = signal(false);
  /** Whether the list came at all. */
  readonly known = signal(false);

  private listed = new Map<string, Listed>();
  private readonly models = new Map<string, DeviceModel>();

  constructor(readonly session: Session) {
    session.watch([".", "blocks", "value"], { changed: (changes) => this.changed(changes) }, false);
    session.watch([".", "meta", "writeable"], { changed: (changes) => this.locked(changes) }, false);
  }

  device(name: string): DeviceModel {
    let found = this.models.get(name);
    if (!found) this.models.set(name, (found = new DeviceModel(name, this.session)));
    return found;
  }

  private changed(changes: readonly Change[]): void {
    for (const [, value] of changes) {
      const table = value as { mri?: string[]; label?: string[] };
      this.list(table.mri ?? [], table.label ?? []);
    }
  }

  private locked(changes: readonly Change[]): void {
    for (const [, value] of changes) this.readOnly.value = value === false;
  }

  private list(names: readonly string[], labels: readonly string[]): void {
    const before = this.listed;
    this.listed = new Map();
    names.forEach((name, index) => {
      const known = before.get(name);
      this.listed.set(name, known && !known.ended ? known : this.follow(name, labels[index] ?? name));
      this.models.get(name)?.again();
    });
    for (const [name, one] of before) if (!this.listed.has(name)) one.leave();
    this.devices.value = [...this.listed.values()];
    this.known.value = true;
  }

  private follow(name: string, label: string): Listed {
    const state = signal<AttributeStructure | null>(null);
    const health = signal<AttributeStructure | null>(null);
    const listed = { name, label, state, health, ended: false, leave: () => leaving.forEach((leave) => leave()) };
    const ended = (): void => {
      listed.ended = true;
    };
    const leaving = [this.member(name, "state", state, ended), this.member(name, "health", health, ended)];
    return listed;
  }

  private member(name: string, member: string, told: Signal<AttributeStructure | null>, ended: () => void): () => void {
    let latest: AttributeStructure | null = null;
    const show = (): void => {
      told.value = latest;
    };
    return this.session.watch([name, member], {
      changed: (changes) => {
        for (const [path, value] of changes) latest = within(latest, path, value) as AttributeStructure;
        nextFrame(show);
      },
      ended,
    });
  }
}
