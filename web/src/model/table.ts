// Tables as cells of text, and back.

import type { Cells } from "./attribute";
import { kindOf, type Meta } from "./structure";
import { formatNumber, numbersOf, parse } from "./values";

export type Columns = readonly (readonly [name: string, meta: Meta])[];

/** What is wrong in one cell. */
export class WrongCell extends Error {
  constructor(
    readonly column: number,
    readonly row: number,
    message: string,
  ) {
    super(message);
  }
}

export function columnsOf(meta: Meta): Columns {
  return Object.entries(meta.elements ?? {});
}

export function cellsOf(value: unknown, columns: Columns): Cells {
  const data = (value ?? {}) as Record<string, unknown>;
  return columns.map(([name, column]) => {
    const plain = data[name];
    if (kindOf(column) === "boolean") return Array.from(numbersOf(plain)?.data ?? [], (item) => (item ? "on" : "off"));
    if (Array.isArray(plain) && kindOf(column) !== "number") return plain.map(String);
    return Array.from(numbersOf(plain)?.data ?? [], (item) => formatNumber(item, column));
  });
}

/** The whole table, as it is sent; WrongCell. */
export function tableOf(cells: Cells, columns: Columns): Record<string, unknown[]> {
  return Object.fromEntries(columns.map(([name, meta], column) => {
    const item: Meta = { ...meta, typeid: meta.typeid.replace("ArrayMeta", "Meta") };
    return [name, (cells[column] ?? []).map((cell, row) => {
      try {
        return parse(cell, item);
      } catch (error) {
        throw new WrongCell(column, row, `${name}, row ${row + 1}: ${error instanceof Error ? error.message : String(error)}`);
      }
    })];
  }));
}

export function rowsOf(cells: Cells): number {
  return Math.max(0, ...cells.map((column) => column.length));
}

export function withCell(cells: Cells, column: number, row: number, text: string): Cells {
  return cells.map((old, index) => (index === column ? old.map((cell, at) => (at === row ? text : cell)) : old));
}
