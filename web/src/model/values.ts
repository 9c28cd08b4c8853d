// Values as they come, as people read them, and as they are sent.

import { isArray, kindOf, type AttributeStructure, type Meta } from "./structure";

export type Numbers =
  | Float64Array | Float32Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array
  | BigInt64Array | BigUint64Array;

/** Many numbers: rows after one another, the first dimension the slowest. */
export interface NumberArray {
  shape: number[];
  data: ArrayLike<number>;
}

interface Packed {
  dtype: string;
  shape: number[];
  data: Uint8Array | ArrayLike<number> | unknown[];
}

const VIEWS = {
  float64: Float64Array, float32: Float32Array, int8: Int8Array, uint8: Uint8Array, int16: Int16Array,
  uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array, bool: Uint8Array,
} as const;

function isPacked(value: unknown): value is Packed {
  return typeof value === "object" && value !== null && "dtype" in value && "data" in value;
}

/** An array of numbers or booleans, however it came; null when it is none. */
export function numbersOf(value: unknown): NumberArray | null {
  if (isPacked(value)) return unpacked(value);
  if (!Array.isArray(value)) return null;
  const shape: number[] = [];
  for (let part: unknown = value; Array.isArray(part); part = part[0]) shape.push(part.length);
  const flat = shape.length > 1 ? (value as unknown[]).flat(shape.length - 1) : value;
  return { shape, data: Float64Array.from(flat as unknown[], toNumber) };
}

function unpacked(value: Packed): NumberArray {
  const { dtype, shape, data } = value;
  if (!(data instanceof Uint8Array)) {
    return { shape, data: Float64Array.from((data as unknown[]).flat(Infinity), toNumber) };
  }
  const bytes = data.slice(); // aligned, and no view of a whole frame
  if (dtype === "int64") return { shape, data: Float64Array.from(new BigInt64Array(bytes.buffer), Number) };
  if (dtype === "uint64") return { shape, data: Float64Array.from(new BigUint64Array(bytes.buffer), Number) };
  const View = VIEWS[dtype as keyof typeof VIEWS] ?? Uint8Array;
  return { shape, data: new View(bytes.buffer) };
}

/** JSON says NaN and the infinities as text. */
export function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "string" || typeof value === "bigint" ? Number(value) : NaN;
}

export function unitsOf(meta: Meta): string {
  return meta.display?.units ?? "";
}

/** What malcolm 1.0 says where nobody chose a precision. */
const UNSAID = 8;

/** Digits after the point; null where nobody chose. */
function precisionOf(meta: Meta): number | null {
  const precision = meta.display?.precision ?? null;
  return meta.writable === undefined && precision === UNSAID ? null : precision;
}

/** A number with the precision that its meta asks for, else with what it needs. */
export function formatNumber(value: number, meta: Meta): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  if (meta.dtype && !meta.dtype.startsWith("float")) return String(value);
  const precision = precisionOf(meta);
  if (precision !== null) return value.toFixed(Math.min(precision, 20));
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-4)) return Number(value.toPrecision(7)).toExponential();
  return String(Number(value.toPrecision(7)));
}

/** A value in a line. */
export function formatValue(value: unknown, meta: Meta): string {
  if (value === null || value === undefined) return "–";
  const kind = kindOf(meta);
  if (isArray(meta)) return formatArray(value, meta);
  if (kind === "number") return formatNumber(toNumber(value), meta);
  if (kind === "boolean") return onOff(value);
  if (kind === "table" || kind === "map") return formatColumns(value);
  return String(value);
}

/** A value as it is put into a field: all of it, so that what is sent is what was there and what was changed. */
export function formatInput(value: unknown, meta: Meta): string {
  const kind = kindOf(meta);
  if (!isArray(meta)) return kind === "number" ? formatFully(toNumber(value), meta) : formatValue(value, meta);
  if (kind === "number" || kind === "boolean") {
    const numbers = numbersOf(value);
    if (!numbers || numbers.shape.length !== 1 || numbers.data.length > MOST_TYPED) return formatArray(value, meta);
    return Array.from(numbers.data, (item) => (kind === "boolean" ? onOff(item) : formatFully(item, meta))).join(", ");
  }
  const texts = Array.isArray(value) ? value.map(String) : [];
  return texts.every((text) => PLAIN.test(text)) ? texts.join(", ") : JSON.stringify(texts);
}

/** With the precision that its meta asks for, else with all digits. */
function formatFully(value: number, meta: Meta): string {
  const asked = precisionOf(meta) !== null || !Number.isFinite(value);
  return asked ? formatNumber(value, meta) : String(value);
}

/** Numbers that somebody would type into one line. */
const MOST_TYPED = 1000;
/** What stands between commas as it is. */
const PLAIN = /^[^\s,["]([^,\n]*[^\s,])?$/;

function formatArray(value: unknown, meta: Meta): string {
  if (Array.isArray(value) && value.every((item) => typeof item === "string") && kindOf(meta) !== "number") {
    return value.length === 0 ? "empty" : shorten(value.join(", "));
  }
  const numbers = numbersOf(value);
  if (!numbers) return shorten(String(value));
  if (numbers.shape.length > 1) return numbers.shape.join(" × ");
  if (numbers.data.length > 6) return `${numbers.data.length} values`;
  if (numbers.data.length === 0) return "empty";
  return Array.from(numbers.data, (item) => (kindOf(meta) === "boolean" ? onOff(item) : formatNumber(item, meta))).join(", ");
}

function onOff(value: unknown): string {
  return value ? "on" : "off";
}

function formatColumns(value: unknown): string {
  const columns = Object.entries(value as Record<string, unknown>).filter(([name]) => name !== "typeid");
  const first = columns[0]?.[1];
  const rows = Array.isArray(first) ? first.length : (numbersOf(first)?.shape[0] ?? 0);
  return `${rows} row${rows === 1 ? "" : "s"} of ${columns.map(([name]) => name).join(", ")}`;
}

function shorten(text: string, most = 120): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** For logs: as JSON, cut where it is long. */
export function inLine(value: unknown): string {
  return shorten(JSON.stringify(value) ?? "");
}

export function timeOf(attribute: AttributeStructure): number {
  return attribute.timeStamp.secondsPastEpoch + attribute.timeStamp.nanoseconds / 1e9;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** "14:03:07", in the time of who reads it. */
export function formatClock(seconds: number): string {
  return CLOCK.format(seconds * 1000);
}

/** "14:03:07.125", with the day before it where that is not today. */
export function formatTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const day = date.toDateString() === new Date().toDateString() ? "" : `${formatDay(date)} `;
  return `${day}${formatClock(seconds)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** "2026-11-21". */
export function formatDay(date: Date): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** A value with its units. */
export function withUnits(value: unknown, meta: Meta): string {
  return `${formatValue(value, meta)} ${unitsOf(meta)}`.trim();
}

/** What was typed, as it is to be sent; an Error that says what was expected. */
export function parse(text: string, meta: Meta): unknown {
  const kind = kindOf(meta);
  if (isArray(meta)) return parseArray(text, meta);
  if (kind === "number") return parseNumber(text, meta);
  if (kind === "boolean") return text === "true" || text === "on" || text === "1";
  return text;
}

function parseNumber(text: string, meta: Meta): number {
  const plain = text.trim().replace(/\s*[^\d.eE+-]+$/, ""); // with its units, as it is shown
  const value = plain === "" ? NaN : Number(plain);
  const integer = meta.dtype !== undefined && !meta.dtype.startsWith("float");
  if (Number.isNaN(value)) throw new Error(`expected a number, got "${text}"`);
  if (integer && !Number.isInteger(value)) throw new Error(`expected a whole number, got ${plain}`);
  const [low, high] = limitsOf(meta);
  if ((low !== null && value < low) || (high !== null && value > high)) {
    throw new Error(`expected ${rangeText(low, high)}${unitsOf(meta) && ` ${unitsOf(meta)}`}, got ${plain}`);
  }
  return value;
}

function parseArray(text: string, meta: Meta): unknown[] {
  const parts = partsOf(text);
  const item: Meta = { ...meta, typeid: meta.typeid.replace("ArrayMeta", "Meta") };
  return parts.map((part) => parse(part, item));
}

/** Between commas; or JSON, for texts that have commas of their own. */
function partsOf(text: string): string[] {
  if (text.trim().startsWith("[")) {
    try {
      return (JSON.parse(text) as unknown[]).map(String);
    } catch {
      throw new Error(`expected a list such as 1, 2 or ["one", "two"], got ${shorten(text, 40)}`);
    }
  }
  return text.split(/[,\n]/).map((part) => part.trim()).filter((part) => part !== "");
}

/** What may be put. */
export function limitsOf(meta: Meta): readonly [number | null, number | null] {
  if (meta.control) return meta.control;
  const display = meta.display;
  return display && display.limitLow < display.limitHigh && meta.writable === undefined
    ? [display.limitLow, display.limitHigh] // malcolm 1.0 has no other
    : [null, null];
}

export function rangeText(low: number | null, high: number | null): string {
  if (low === null) return high === null ? "any number" : `at most ${high}`;
  return high === null ? `at least ${low}` : `${low} to ${high}`;
}
