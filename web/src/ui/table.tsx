// A table as a grid: edited as a whole, then sent as a whole. Enter sends, Esc reverts, arrows go from row to row.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { JSX } from "preact";
import type { AttributeModel, Cells } from "../model/attribute";
import { kindOf } from "../model/structure";
import { cellsOf, columnsOf, rowsOf, tableOf, withCell, WrongCell, type Columns } from "../model/table";
import { unitsOf } from "../model/values";
import { Cell } from "./cell";

const MOST_ROWS = 200;

export function Table({ attribute }: { attribute: AttributeModel }) {
  const { meta, value, setpoint } = attribute.shown.value;
  const held = useSignal<Cells | null>(null); // whoever is about to type is not disturbed
  const wrong = useSignal<WrongCell | null>(null);
  const home = useRef<HTMLDivElement>(null);
  const wanted = useRef(""); // what is to have the focus once it is there
  const columns = columnsOf(meta);
  const { settable } = attribute;
  const usable = settable && meta.writeable && attribute.condition.value !== "disconnected";
  const edited = attribute.cells.value;
  const cells = edited ?? held.value ?? cellsOf(settable ? setpoint ?? value : value, columns);
  const rows = rowsOf(cells);
  const shown = Math.min(rows, MOST_ROWS);
  useEffect(() => {
    if (wanted.current) home.current?.querySelector<HTMLElement>(wanted.current)?.focus();
    wanted.current = "";
  });
  const edit = (now: Cells, focus = ""): void => {
    attribute.cells.value = now;
    attribute.refused.value = "";
    wrong.value = null;
    wanted.current = focus;
  };
  const send = async (): Promise<void> => {
    const sent = attribute.cells.peek();
    if (!sent) return;
    try {
      await attribute.put(tableOf(sent, columns));
      held.value = null;
      if (attribute.cells.peek() === sent) attribute.cells.value = null;
    } catch (error) {
      wrong.value = error instanceof WrongCell ? error : null;
      attribute.refused.value = error instanceof Error ? error.message : String(error);
    }
  };
  const revert = (): void => {
    held.value = null;
    wrong.value = null;
    attribute.revert();
  };
  const key = (event: JSX.TargetedKeyboardEvent<HTMLDivElement>): void => {
    const target = event.target as HTMLElement;
    if (target instanceof HTMLButtonElement) return;
    if (event.key === "Enter") void send();
    else if (event.key === "Escape") revert();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event, target);
  };
  return (
    <div class="grid" ref={home}>
      <div
        class="table" tabIndex={0} role="region" aria-label={attribute.name} onKeyDown={key}
        onFocusIn={() => (held.value ??= cells)}
        onFocusOut={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget as Node | null)) held.value = null;
        }}
      >
        <table>
          <thead>
            <Heads columns={columns} more={settable} />
          </thead>
          <tbody>
            {Array.from({ length: shown }, (_, row) => (
              <tr key={row}>
                {columns.map(([name, column], index) => (
                  <td class={kindOf(column)}>
                    {settable ? (
                      <Cell
                        name={name} meta={column} text={cells[index]?.[row] ?? ""} column={index} row={row} disabled={!usable}
                        wrong={wrong.value?.column === index && wrong.value.row === row}
                        change={(text) => edit(withCell(cells, index, row, text))}
                      />
                    ) : cells[index]?.[row]}
                  </td>
                ))}
                {settable && (
                  <td class="end">
                    <button
                      type="button" class="quiet" aria-label={`Remove row ${row + 1}`} disabled={!usable} data-remove={row}
                      onClick={() => edit(cells.map((column) => column.filter((_cell, at) => at !== row)), rows > 1 ? `[data-remove="${Math.min(row, rows - 2)}"]` : ".add")}
                    >
                      ×
                    </button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
        {rows > shown && <p class="none">and {rows - shown} rows more</p>}
      </div>
      {settable && (
        <p class="tools">
          <button type="button" class="add" disabled={!usable} onClick={() => edit(cells.map((column) => [...column, column[column.length - 1] ?? ""]), `[data-cell="${rows},0"]`)}>Add a row</button>
          <button type="button" disabled={!usable || !edited} onClick={() => void send()}>Send</button>
          <button type="button" disabled={!edited} onClick={revert}>Revert</button>
        </p>
      )}
      {settable && setpoint !== undefined && <Readback wanted={cellsOf(setpoint ?? value, columns)} cells={cellsOf(value, columns)} columns={columns} />}
    </div>
  );
}

function Heads({ columns, more }: { columns: Columns; more: boolean }) {
  return (
    <tr>
      {columns.map(([name, column]) => (
        <th scope="col" class={kindOf(column)} title={column.description}>
          {column.label || name}{unitsOf(column) && <span class="units"> {unitsOf(column)}</span>}
        </th>
      ))}
      {more && <td />}
    </tr>
  );
}

/** What it is now, where that is not what was asked for. */
function Readback({ wanted, cells, columns }: { wanted: Cells; cells: Cells; columns: Columns }) {
  if (JSON.stringify(wanted) === JSON.stringify(cells)) return null;
  return (
    <div class="table readback" tabIndex={0} role="region" aria-label="What it is now">
      <table>
        <caption>now</caption>
        <thead><Heads columns={columns} more={false} /></thead>
        <tbody>
          {Array.from({ length: Math.min(rowsOf(cells), MOST_ROWS) }, (_, row) => (
            <tr key={row}>{columns.map(([, column], index) => <td class={kindOf(column)}>{cells[index]?.[row]}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function step(event: JSX.TargetedKeyboardEvent<HTMLDivElement>, from: HTMLElement): void {
  const [row = "", column = ""] = (from.dataset["cell"] ?? "").split(",");
  if (!column || from instanceof HTMLSelectElement) return;
  const to = Number(row) + (event.key === "ArrowDown" ? 1 : -1);
  event.currentTarget.querySelector<HTMLElement>(`[data-cell="${to},${column}"]`)?.focus();
  event.preventDefault();
}
