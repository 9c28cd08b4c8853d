// What shows a value, and takes another one where it can be put.

import { useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { AttributeModel } from "../model/attribute";
import { isArray, kindOf } from "../model/structure";
import { limitsOf, rangeText } from "../model/values";
import { stepped } from "./stepping";

interface Props {
  attribute: AttributeModel;
  id: string;
  /** The id of what says more of its state; "" for nothing. */
  described: string;
}

export function Control(props: Props) {
  const meta = props.attribute.meta.value;
  const kind = kindOf(meta);
  const { settable } = props.attribute;
  if (kind === "boolean" && !isArray(meta)) return settable ? <Check {...props} /> : <Led {...props} />;
  if (!settable || kind === "table" || kind === "map") {
    return <output id={props.id} class="value" aria-describedby={props.described || undefined}>{props.attribute.text}</output>;
  }
  if (kind === "choice" && !isArray(meta)) return <Choice {...props} />;
  return <Input {...props} />;
}

function Led({ attribute, id }: Props) {
  const on = Boolean(attribute.shown.value.value);
  return <output id={id} class="led" data-on={on}>{on ? "on" : "off"}</output>;
}

function Check({ attribute, id, described }: Props) {
  const { meta, value, setpoint } = attribute.shown.value;
  return (
    <>
      <input
        id={id} type="checkbox" role="switch" checked={Boolean(setpoint ?? value)} disabled={!usable(attribute)}
        aria-describedby={described || undefined} title={why(attribute) || meta.description}
        onChange={(event) => {
          attribute.put(event.currentTarget.checked).catch(() => undefined); // the row says why, and shows what it is
        }}
      />
      <Readback attribute={attribute} />
    </>
  );
}

function Choice({ attribute, id, described }: Props) {
  const { meta, value, setpoint } = attribute.shown.value;
  return (
    <>
      <select
        id={id} value={String(setpoint ?? value)} disabled={!usable(attribute)} aria-describedby={described || undefined}
        title={why(attribute) || meta.description}
        onChange={(event) => {
          attribute.put(event.currentTarget.value).catch(() => undefined);
        }}
      >
        {(meta.choices ?? []).map((choice) => <option value={choice}>{choice}</option>)}
      </select>
      <Readback attribute={attribute} />
    </>
  );
}

function Input({ attribute, id, described }: Props) {
  const meta = attribute.meta.value;
  const typed = attribute.edit.value;
  const held = useSignal<string | null>(null); // whoever is about to type is not disturbed
  const numeric = kindOf(meta) === "number" && !isArray(meta);
  return (
    <>
      <input
        id={id} type="text" inputMode={numeric ? "decimal" : "text"} autocomplete="off" spellcheck={false}
        class={numeric ? "number" : ""} value={typed ?? held.value ?? attribute.setpoint.value} disabled={!usable(attribute)}
        aria-invalid={attribute.refused.value !== ""} aria-describedby={described || undefined}
        title={why(attribute) || hint(attribute)}
        onFocus={() => (held.value = attribute.setpoint.peek())}
        onBlur={() => (held.value = null)}
        onInput={(event) => {
          attribute.edit.value = event.currentTarget.value;
          attribute.refused.value = "";
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") void attribute.send(event.currentTarget.value).then(() => (held.value = null));
          else if (event.key === "Escape") {
            held.value = attribute.setpoint.peek();
            attribute.revert();
          } else if (numeric) step(event, attribute);
        }}
      />
      <Readback attribute={attribute} />
    </>
  );
}

/** Arrow up and down change the digit left of the caret; nothing is sent by it. */
function step(event: JSX.TargetedKeyboardEvent<HTMLInputElement>, attribute: AttributeModel): void {
  const up = event.key === "ArrowUp";
  if ((!up && event.key !== "ArrowDown") || event.ctrlKey || event.altKey || event.metaKey) return;
  const input = event.currentTarget;
  const done = stepped(input.value, input.selectionStart ?? input.value.length, up ? 1 : -1, limitsOf(attribute.meta.peek()));
  event.preventDefault(); // the caret stays in the digit
  if (!done) return;
  attribute.refused.value = "";
  attribute.edit.value = input.value = done.text;
  input.setSelectionRange(done.caret, done.caret);
}

/** What it is now, where that is not what was asked for. */
function Readback({ attribute }: { attribute: AttributeModel }) {
  const differs = useComputed(() => attribute.edit.value !== null || attribute.apart.value);
  return differs.value ? <output class="readback" title="what it is now">now {attribute.text}</output> : null;
}

function usable(attribute: AttributeModel): boolean {
  return attribute.meta.value.writeable && attribute.condition.value !== "disconnected";
}

function why(attribute: AttributeModel): string {
  if (attribute.condition.value === "disconnected") return "There is no connection to the server";
  return attribute.meta.value.writeable ? "" : "It cannot be put in this state";
}

function hint(attribute: AttributeModel): string {
  const meta = attribute.meta.value;
  const [low, high] = limitsOf(meta);
  const range = low === null && high === null ? "" : ` (${rangeText(low, high)})`;
  return `${meta.description}${range}`;
}
