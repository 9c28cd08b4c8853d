// One cell of a table that is edited.

import { kindOf, type Meta } from "../model/structure";

interface Props {
  name: string;
  meta: Meta;
  text: string;
  column: number;
  row: number;
  disabled: boolean;
  wrong: boolean;
  change(text: string): void;
}

export function Cell({ name, meta, text, column, row, disabled, wrong, change }: Props) {
  const shared = { "aria-label": `${name}, row ${row + 1}`, "data-cell": `${row},${column}`, disabled };
  const kind = kindOf(meta);
  if (kind === "boolean") {
    return <input type="checkbox" {...shared} checked={text === "on"} onChange={(event) => change(event.currentTarget.checked ? "on" : "off")} />;
  }
  if (kind === "choice") {
    return (
      <select {...shared} value={text} onChange={(event) => change(event.currentTarget.value)}>
        {(meta.choices ?? []).map((choice) => <option value={choice}>{choice}</option>)}
      </select>
    );
  }
  return (
    <input
      type="text" {...shared} value={text} autocomplete="off" spellcheck={false} aria-invalid={wrong}
      onInput={(event) => change(event.currentTarget.value)}
    />
  );
}
