// The digit left of the caret, one more or one less: as a wheel with a position for each digit would.

export interface Stepped {
  text: string;
  /** Where the same digit ends now. */
  caret: number;
}

/** Null where there is no plain number, or no room within the limits. */
export function stepped(
  text: string, caret: number, by: 1 | -1, [low, high]: readonly [number | null, number | null],
): Stepped | null {
  if (!/^[+-]?\d+(\.\d*)?$/.test(text)) return null;
  const point = text.includes(".") ? text.indexOf(".") : text.length;
  const decimals = Math.max(0, text.length - point - 1);
  const place = placeAt(text, caret, point);
  const value = Number(text) + by * 10 ** place;
  if ((low !== null && value < low && by < 0) || (high !== null && value > high && by > 0)) return null;
  const made = value.toFixed(decimals);
  const end = made.includes(".") ? made.indexOf(".") : made.length;
  return { text: made, caret: Math.max(place >= 0 ? end - place : end - place + 1, 1) };
}

/** The power of ten of the digit that ends at the caret: of the first one, if it stands before all. */
function placeAt(text: string, caret: number, point: number): number {
  const first = /^[+-]/.test(text) ? 2 : 1;
  const at = Math.max(caret, first);
  return at <= point ? point - at : at === point + 1 ? 0 : point - at + 1;
}
