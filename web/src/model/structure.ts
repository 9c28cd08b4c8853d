// Devices as the wire describes them.

export interface Alarm {
  severity: number;
  status: number;
  message: string;
}

export interface TimeStamp {
  secondsPastEpoch: number;
  nanoseconds: number;
}

export type Range = readonly [number | null, number | null];

export interface Meta {
  typeid: string;
  description: string;
  tags: string[];
  /** Whether it would be accepted now. */
  writeable: boolean;
  label: string;
  dtype?: string;
  choices?: string[];
  display?: { limitLow: number; limitHigh: number; precision: number | null; units: string };
  elements?: Record<string, Meta>;
  /** Ours: whether it can ever be put; limits; dimensions. */
  writable?: boolean;
  parameter?: boolean;
  control?: Range;
  warning?: Range;
  alarm?: Range;
  ndim?: number;
  shape?: number[];
}

export interface AttributeStructure {
  typeid: string;
  value: unknown;
  setpoint?: unknown;
  alarm: Alarm;
  timeStamp: TimeStamp;
  meta: Meta;
}

export interface MapMeta {
  elements: Record<string, Meta>;
  required: string[];
}

export interface MethodMeta {
  typeid: string;
  takes: MapMeta;
  returns: MapMeta;
  defaults: Record<string, unknown>;
  description: string;
  tags: string[];
  writeable: boolean;
  label: string;
}

export interface MethodLog {
  value: Record<string, unknown>;
  present: string[];
  alarm: Alarm;
  timeStamp: TimeStamp;
}

export interface MethodStructure {
  typeid: string;
  meta: MethodMeta;
  took: MethodLog;
  returned: MethodLog;
}

export interface BlockMeta {
  description: string;
  tags: string[];
  label: string;
  fields: string[];
  /** False for a server that takes nothing at all. */
  writeable?: boolean;
}

export type Field = AttributeStructure | MethodStructure;
export type Block = { typeid: string; meta: BlockMeta } & Record<string, Field | BlockMeta | string>;

export function isMethod(field: Field): field is MethodStructure {
  return field.typeid.startsWith("malcolm:core/Method:");
}

/** "number", "boolean", "string", "choice", "table" or "map", whether of one or of many. */
export function kindOf(meta: Meta): "number" | "boolean" | "string" | "choice" | "table" | "map" {
  const name = meta.typeid.replace(/^malcolm:core\//, "").toLowerCase();
  for (const kind of ["number", "boolean", "choice", "table"] as const) if (name.startsWith(kind)) return kind;
  return name.startsWith("string") ? "string" : "map";
}

export function isArray(meta: Meta): boolean {
  return meta.typeid.includes("ArrayMeta");
}

export function widgetOf(meta: { tags: readonly string[] }): string {
  return meta.tags.find((tag) => tag.startsWith("widget:"))?.slice(7) ?? "";
}

export function groupOf(meta: { tags: readonly string[] }): string {
  return meta.tags.find((tag) => tag.startsWith("group:"))?.slice(6) ?? "";
}
