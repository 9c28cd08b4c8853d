// One parameter of a method, with its default where nothing is typed.

import type { Signal } from "@preact/signals";
import type { MethodModel } from "../model/method";
import { isArray, kindOf, type Meta } from "../model/structure";
import { formatValue, limitsOf, rangeText, unitsOf } from "../model/values";

interface Props {
  method: MethodModel;
  name: string;
  meta: Meta;
  typed: Signal<Record<string, string>>;
  wrong: Signal<Record<string, string>>;
  disabled: boolean;
}

export function Parameter({ method, name, meta, typed, wrong, disabled }: Props) {
  const { defaults, takes } = method.shown.value.meta;
  const id = `${method.device}-${method.name}-${name}`;
  const shown = typed.value[name] ?? "";
  const preset = name in defaults ? formatValue(defaults[name], meta) : "";
  const take = (text: string): void => {
    typed.value = { ...typed.value, [name]: text };
    wrong.value = { ...wrong.value, [name]: "" };
  };
  const single = !isArray(meta);
  const options = single && kindOf(meta) === "boolean" ? ["on", "off"] : single ? (meta.choices ?? []) : [];
  const said = wrong.value[name];
  return (
    <div class="parameter">
      <label for={id} title={meta.description}>{meta.label || name}{takes.required.includes(name) ? " *" : ""}</label>
      <span class="cell">
        {options.length ? (
          <select id={id} value={shown || preset} disabled={disabled} onChange={(event) => take(event.currentTarget.value)}>
            {!preset && <option value="" />}
            {options.map((option) => <option value={option}>{option}</option>)}
          </select>
        ) : (
          <input
            id={id} type="text" value={shown} placeholder={preset} disabled={disabled} autocomplete="off" spellcheck={false}
            aria-invalid={Boolean(said)} aria-describedby={said ? `say-${id}` : undefined} title={hint(meta)}
            class={kindOf(meta) === "number" && single ? "number" : ""}
            onInput={(event) => take(event.currentTarget.value)}
          />
        )}
        {unitsOf(meta) && <span class="units">{unitsOf(meta)}</span>}
      </span>
      {said && <p class="say refused" id={`say-${id}`}>{said}</p>}
    </div>
  );
}

function hint(meta: Meta): string {
  const [low, high] = limitsOf(meta);
  return low === null && high === null ? meta.description : `${meta.description} (${rangeText(low, high)} ${unitsOf(meta)})`.trim();
}
