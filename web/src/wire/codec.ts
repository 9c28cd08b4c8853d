// The three ways of speaking: our own in msgpack, the same as JSON, and malcolm 1.0, which other servers speak.

import { decode, encode } from "@msgpack/msgpack";
import type { Message, Request } from "./messages";

export interface Dialect {
  readonly name: string;
  /** Whether our own members may be said: set points, policies, what an error is about. */
  readonly ours: boolean;
  write(request: Request): string | Uint8Array<ArrayBuffer>;
  read(frame: string | ArrayBuffer): Message[];
}

const MSGPACK: Dialect = {
  name: "macduff.msgpack.1",
  ours: true,
  write: (request) => encode([request]) as Uint8Array<ArrayBuffer>,
  read: (frame) => decode(new Uint8Array(frame as ArrayBuffer), { useBigInt64: false }) as Message[],
};

function json(name: string, ours: boolean): Dialect {
  return {
    name,
    ours,
    write: (request) => JSON.stringify(request),
    read: (frame) => {
      const found = JSON.parse(frame as string) as Message | Message[];
      return Array.isArray(found) ? found : [found];
    },
  };
}

const STRICT = json("malcolm.1", false);
const DIALECTS: readonly Dialect[] = [MSGPACK, json("macduff.1", true), STRICT];

/** What to offer a server, the best first. */
export const OFFERED: readonly string[] = DIALECTS.map((dialect) => dialect.name);

/** The dialect that the server chose; malcolm 1.0 where it chose none. */
export function dialectOf(chosen: string): Dialect {
  return DIALECTS.find((dialect) => dialect.name === chosen) ?? STRICT;
}
