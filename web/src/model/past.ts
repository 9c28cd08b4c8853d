// The server's history of an attribute, and how it is joined to what came since.

import type { AttributeModel } from "./attribute";

export interface Points {
  times: number[];
  values: number[];
}

export interface Past {
  times: number[];
  values: unknown[];
  severities: number[];
}

/** s. The same moment comes in ns from the history and as seconds and ns with a change: neither is exact as a number. */
const SAME = 1e-6;

/** At most so many of the last readings; null where the server keeps none. */
export async function past({ device, name, session }: AttributeModel, count: number): Promise<Past | null> {
  if (!session.dialect.peek().ours) return null; // a server of another kind has no such address
  try {
    const answer = await fetch(`/api/${encodeURIComponent(device)}/${encodeURIComponent(name)}/history?count=${count}`);
    if (!answer.ok) return null;
    const found = (await answer.json()) as Past;
    return { ...found, times: found.times.map((time) => time / 1e9) }; // ns
  } catch {
    return null; // what there is begins now
  }
}

/** Both in the order of time, each moment once; `live` wins. */
export function merged(history: Points, live: Points): Points {
  const times: number[] = [];
  const values: number[] = [];
  let next = 0;
  const add = (from: Points, index: number): void => {
    times.push(from.times[index] as number);
    values.push(from.values[index] as number);
  };
  history.times.forEach((time, index) => {
    while (next < live.times.length && (live.times[next] as number) < time - SAME) add(live, next++);
    const known = live.times[next];
    if (known === undefined || known > time + SAME) add(history, index);
  });
  while (next < live.times.length) add(live, next++);
  return { times, values };
}
