// A table as a grid: a column for each of its columns; edited as a whole, then sent as a whole.

import { useSignal } from "@preact/signals";
import type { AttributeModel } from "../model/attribute";
import type { Meta } from "../model/structure";
import { formatNumber, numbersOf, parse, unitsOf } from "../model/values";

const MOST_ROWS = 200;
type Cells = string[][];

export function Table({ attribute }: { attribute: AttributeModel }) {
  const { meta, value, setpoint } = attribute.shown.value;
  const edited = useSignal<Cells | null>(null);
  const columns = Object.entries(meta.elements ?? {});
  const settable = (meta.writable ?? meta.writeable) && meta.writeable && attribute.condition.value !== "disconnected";
  const cells = edited.value ?? textOf((settable ? setpoint ?? value : value) as Record<string, unknown>, columns);
  const rows = Math.max(0, ...cells.map((column) => column.length));
  const shown = Math.min(rows, MOST_ROWS);
  const change = (column: number, row: number, text: string): void => {
    edited.value = cells.map((old, index) => (index === column ? old.map((cell, at) => (at === row ? text : cell)) : old));
    attribute.refused.value = "";
  };
  const resize = (by: (column: string[]) => string[]): void => {
    edited.value = cells.map(by);
  };
  const send = async (): Promise<void> => {
    try {
      await attribute.put(Object.fromEntries(columns.map(([name, column], index) => [name, parsed(cells[index] ?? [], column, name)])));
      edited.value = null;
    } catch (error) {
      attribute.refused.value = error instanceof Error ? error.message : String(error);
    }
  };
  return (
    <div class="grid">
      <div class="table" tabIndex={0} role="region" aria-label={attribute.name}>
        <table>
          <thead>
            <tr>{columns.map(([name, column]) => <th scope="col" title={column.description}>{column.label || name}{unitsOf(column) && <span class="units"> {unitsOf(column)}</span>}</th>)}{settable && <th><span class="unseen">Remove</span></th>}</tr>
          </thead>
          <tbody>
            {Array.from({ length: shown }, (_, row) => (
              <tr key={row}>
                {cells.map((column, index) => (
                  <td>
                    {settable
                      ? <input type="text" aria-label={`${columns[index]?.[0] ?? ""}, row ${row + 1}`} value={column[row] ?? ""} onInput={(event) => change(index, row, event.currentTarget.value)} />
                      : column[row] ?? ""}
                  </td>
                ))}
                {settable && <td><button type="button" class="quiet" aria-label={`Remove row ${row + 1}`} onClick={() => resize((column) => column.filter((_cell, at) => at !== row))}>×</button></td>}
              </tr>
            ))}
          </tbody>
        </table>
        {rows > shown && <p class="none">and {rows - shown} rows more</p>}
      </div>
      {settable && (
        <p class="tools">
          <button type="button" onClick={() => resize((column) => [...column, column[column.length - 1] ?? ""])}>Add a row</button>
          <button type="button" disabled={!edited.value} onClick={() => void send()}>Send</button>
          <button type="button" disabled={!edited.value} onClick={() => { edited.value = null; attribute.revert(); }}>Revert</button>
        </p>
      )}
    </div>
  );
}

function textOf(data: Record<string, unknown>, columns: readonly [string, Meta][]): Cells {
  return columns.map(([name, column]) => {
    const plain = data[name];
    if (Array.isArray(plain)) return plain.map(String);
    const numbers = numbersOf(plain);
    return numbers ? Array.from(numbers.data, (item) => formatNumber(item, column)) : [];
  });
}

function parsed(cells: readonly string[], column: Meta, name: string): unknown[] {
  const item: Meta = { ...column, typeid: column.typeid.replace("ArrayMeta", "Meta") };
  return cells.map((cell, row) => {
    try {
      return parse(cell, item);
    } catch (error) {
      throw new Error(`${name}, row ${row + 1}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}
