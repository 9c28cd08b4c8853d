// One device, subscribed to as a whole while somebody looks at it.

import { computed, signal, type Signal } from "@preact/signals";
import type { Change, Refused } from "../wire/messages";
import type { Session } from "../wire/session";
import { AttributeModel } from "./attribute";
import { MethodModel } from "./method";
import { isMethod, type Block, type BlockMeta, type Field } from "./structure";

export type FieldModel = AttributeModel | MethodModel;

export class DeviceModel {
  readonly meta: Signal<BlockMeta | null> = signal(null);
  readonly fields: Signal<ReadonlyMap<string, FieldModel>> = signal(new Map());
  /** Whether the server takes nothing at all. */
  readonly readOnly = computed(() => this.meta.value?.writeable === false);
  /** Why there is nothing to see: it does not exist, or was removed. */
  readonly gone = signal("");

  private users = 0;
  private leave: (() => void) | null = null;

  constructor(
    readonly name: string,
    private readonly session: Session,
  ) {}

  /** Follow it until the function that this returns is called. */
  use(): () => void {
    this.users++;
    this.follow();
    let using = true;
    return () => {
      if (!using) return;
      using = false;
      if (--this.users > 0) return;
      this.leave?.();
      this.leave = null;
    };
  }

  attribute(name: string): AttributeModel | null {
    const found = this.fields.value.get(name);
    return found instanceof AttributeModel ? found : null;
  }

  method(name: string): MethodModel | null {
    const found = this.fields.value.get(name);
    return found instanceof MethodModel ? found : null;
  }

  private changed(changes: readonly Change[]): void {
    const touched = new Set<AttributeModel>();
    for (const [path, value] of changes) {
      const [name, ...rest] = path;
      if (name === undefined) this.replace(value as Block);
      else if (name === "meta") this.describe(rest, value);
      else {
        const field = this.fields.peek().get(name);
        field?.apply(rest, value);
        if (field instanceof AttributeModel) touched.add(field);
      }
    }
    for (const attribute of touched) attribute.settle();
  }

  private describe(path: readonly string[], value: unknown): void {
    const [member] = path;
    if (member === undefined) this.meta.value = value as BlockMeta;
    else if (this.meta.value) this.meta.value = { ...this.meta.value, [member]: value };
  }

  private replace(block: Block): void {
    const before = this.fields.value;
    const fields = new Map<string, FieldModel>();
    for (const name of block.meta.fields) {
      const field = block[name] as Field | undefined;
      if (field) fields.set(name, this.field(name, field, before.get(name)));
    }
    this.gone.value = "";
    this.meta.value = block.meta;
    this.fields.value = fields;
  }

  private field(name: string, field: Field, known: FieldModel | undefined): FieldModel {
    if (isMethod(field)) {
      if (!(known instanceof MethodModel)) return new MethodModel(this.name, name, field, this.session, this.readOnly);
      known.replace(field);
      return known;
    }
    if (!(known instanceof AttributeModel)) return new AttributeModel(this.name, name, field, this.session, this.readOnly);
    known.replace(field);
    return known;
  }

  private ended(reason: Refused | null): void {
    this.leave = null;
    this.gone.value = reason?.message ?? "the server ended the subscription";
  }

  /** Ask for it again: it was listed. */
  again(): void {
    if (this.users > 0) this.follow();
  }

  private follow(): void {
    this.leave ??= this.session.watch([this.name], {
      changed: (changes) => this.changed(changes),
      ended: (reason) => this.ended(reason),
    });
  }
}
