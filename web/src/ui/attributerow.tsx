// One attribute in a line: name, value, what can be done with it; below it what takes more room.

import { useSignal } from "@preact/signals";
import type { AttributeModel, Condition } from "../model/attribute";
import { isArray, kindOf, type Meta } from "../model/structure";
import { numbersOf, unitsOf } from "../model/values";
import { route } from "../route";
import { About } from "./about";
import { toggle } from "./chart";
import { Icon } from "./icons";
import { Image } from "./image";
import { Control } from "./control";
import { Plot } from "./plot";
import { Table } from "./table";

const FEW = 6; // numbers that are read in their line
const SAID: Record<Condition, string> = {
  normal: "", busy: "being put", edited: "not sent yet: Enter sends, Esc reverts", refused: "refused",
  minor: "minor alarm", major: "major alarm", invalid: "invalid", disconnected: "not connected",
};

export function AttributeRow({ attribute }: { attribute: AttributeModel }) {
  const open = useSignal(false);
  const meta = attribute.meta.value;
  const condition = attribute.condition.value;
  const id = `${attribute.device}-${attribute.name}`;
  const key = `${attribute.device}.${attribute.name}`;
  const said = told(attribute, condition);
  return (
    <div class={`row ${condition}`} data-attribute={attribute.name} data-condition={condition}>
      <label class="name" for={`in-${id}`} title={meta.description}>{meta.label || attribute.name}</label>
      <span class="cell">
        <Control attribute={attribute} id={`in-${id}`} described={said ? `say-${id}` : ""} />
        {unitsOf(meta) && <span class="units">{unitsOf(meta)}</span>}
      </span>
      <span class="mark" title={said || SAID[condition] || condition}><Icon name={condition} label={condition} /></span>
      {chartable(meta) ? (
        <button
          type="button" class="quiet" aria-pressed={route.value.chart.includes(key)} aria-label={`Chart of ${attribute.name}`}
          onClick={() => toggle(key)}
        >
          <Icon name="chart" />
        </button>
      ) : <span />}
      <button
        type="button" class="quiet" aria-expanded={open.value} aria-label={`About ${attribute.name}`}
        onClick={() => (open.value = !open.value)}
      >
        <Icon name="info" />
      </button>
      {said && <p class="say" id={`say-${id}`}>{said}</p>}
      <Large attribute={attribute} />
      {open.value && <About attribute={attribute} />}
    </div>
  );
}

function chartable(meta: Meta): boolean {
  return !isArray(meta) && ["number", "boolean"].includes(kindOf(meta));
}

function told(attribute: AttributeModel, condition: Condition): string {
  const alarm = attribute.alarm.value;
  if (condition === "refused") return attribute.refused.value;
  if (condition === "minor" || condition === "major" || condition === "invalid") return alarm || SAID[condition];
  return condition === "disconnected" ? "" : SAID[condition];
}

/** Arrays and tables as pictures. */
function Large({ attribute }: { attribute: AttributeModel }) {
  const meta = attribute.meta.value;
  if (kindOf(meta) === "table" && !meta.tags.includes("widget:textupdate")) return <Table attribute={attribute} />;
  if (!isArray(meta) || kindOf(meta) !== "number") return null;
  const numbers = numbersOf(attribute.shown.value.value);
  if (!numbers || (numbers.shape.length === 1 && numbers.data.length <= FEW)) return null;
  if (numbers.shape.length === 2) return <Image attribute={attribute} numbers={numbers} />;
  return numbers.shape.length === 1 ? <Plot numbers={numbers} units={unitsOf(meta)} name={attribute.name} /> : null;
}
