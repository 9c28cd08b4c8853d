// What was asked of the server from this page, and what came of it.

import { signal } from "@preact/signals";

export interface Entry {
  readonly time: number;
  readonly what: string;
  /** ms; null while it is under way. */
  readonly took: number | null;
  /** "" when it was done. */
  readonly error: string;
}

const MOST = 100;

export const log = signal<readonly Entry[]>([]);

/** Keep in mind that it was asked; what it came to is told when it did. */
export async function noted<T>(what: string, work: Promise<T>): Promise<T> {
  const time = Date.now() / 1000;
  const began = performance.now();
  const entry: Entry = { time, what, took: null, error: "" };
  log.value = [entry, ...log.value].slice(0, MOST);
  const end = (error: string): void => {
    const done = { ...entry, took: performance.now() - began, error };
    log.value = log.value.map((one) => (one === entry ? done : one));
  };
  try {
    const result = await work;
    end("");
    return result;
  } catch (error) {
    end(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
