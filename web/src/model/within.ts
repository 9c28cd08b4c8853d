/** A copy of `target` with `value` at `path`. */
export function within(target: unknown, path: readonly string[], value: unknown): unknown {
  const [member, ...rest] = path;
  if (member === undefined) return value;
  const known = (target ?? {}) as Record<string, unknown>;
  return { ...known, [member]: within(known[member], rest, value) };
}
