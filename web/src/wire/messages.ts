// What goes over the wire.

import type { Readings } from "./readings";

export type Path = readonly string[];

export interface Request {
  typeid: string;
  id: number;
  path?: Path;
  value?: unknown;
  parameters?: Record<string, unknown>;
  delta?: boolean;
  policy?: "latest" | "every";
  period?: number;
  columns?: boolean;
}

/** A change: where, from what is subscribed, and what is there now. */
export type Change = readonly [path: readonly string[], value: unknown];

export interface Message {
  typeid: string;
  id: number;
  value?: unknown;
  changes?: Change[];
  readings?: Readings | null;
  message?: string;
  kind?: string;
  device?: string | null;
  member?: string | null;
  state?: string | null;
  allowed?: string[];
  dropped?: number;
}

export const GET = "malcolm:core/Get:1.0";
export const PUT = "malcolm:core/Put:1.0";
export const POST = "malcolm:core/Post:1.0";
export const SUBSCRIBE = "malcolm:core/Subscribe:1.0";
export const UNSUBSCRIBE = "malcolm:core/Unsubscribe:1.0";
export const RETURN = "malcolm:core/Return:1.0";
export const ERROR = "malcolm:core/Error:1.0";
export const UPDATE = "malcolm:core/Update:1.0";
export const DELTA = "malcolm:core/Delta:1.0";

/** What a server refused, or that it could not be asked. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly kind: string;

  constructor(message: string, kind = "") {
    super(message);
    this.kind = kind;
  }

  static of(message: Message): Refused {
    const text = message.message ?? "the server gave no reason";
    const kind = message.kind ?? text.split(":", 1)[0] ?? "";
    return new Refused(text.startsWith(`${kind}: `) ? text.slice(kind.length + 2) : text, kind);
  }
}
