// One attribute in a line: name, value, what can be done with it; below it what takes more room.

import { useSignal } from "@preact/signals";
import type { AttributeModel, Condition } from "../model/attribute";
import { isArray, kindOf, type Meta } from "../model/structure";
import { formatTime, formatValue, limitsOf, numbersOf, rangeText, timeOf, unitsOf } from "../model/values";
import { route } from "../route";
import { toggle } from "./chart";
import { Icon } from "./icons";
import { Image } from "./image";
import { Control } from "./control";
import { Plot } from "./plot";
import { Table } from "./table";

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
      <span class="mark" title={said}><Icon name={condition} label={condition} /></span>
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
  if (!numbers || numbers.data.length < 2) return null;
  if (numbers.shape.length === 2) return <Image attribute={attribute} numbers={numbers} />;
  return numbers.shape.length === 1 ? <Plot numbers={numbers} units={unitsOf(meta)} name={attribute.name} /> : null;
}

/** What there is to know of it, and how to say it elsewhere. */
function About({ attribute }: { attribute: AttributeModel }) {
  const { meta, alarm, setpoint, value } = attribute.shown.value;
  const [low, high] = limitsOf(meta);
  const facts: [string, string][] = [
    ["Description", meta.description],
    ["Value", `${formatValue(value, meta)} ${unitsOf(meta)}`],
    ["Set point", setpoint === undefined ? "" : `${formatValue(setpoint, meta)} ${unitsOf(meta)}`],
    ["Since", formatTime(timeOf(attribute.shown.value))],
    ["Alarm", alarm.severity ? alarm.message : ""],
    ["Limits", low === null && high === null ? "" : rangeText(low, high)],
    ["Type", [meta.dtype ?? kindOf(meta), isArray(meta) ? "array" : ""].join(" ").trim()],
    ["Can be put", meta.writeable ? "now" : meta.writable ? "not in this state" : "never"],
    ["Tags", meta.tags.join(", ")],
  ];
  const host = window.location.host;
  const { device, name } = attribute;
  const lines: [string, string][] = [
    ["Python", `macduff.connect("ws://${host}")["${device}"].${name}`],
    ["Shell", `macduff get ${device}.${name} --address ws://${host}`],
    ["PV", `${device}:${name}`],
  ];
  return (
    <div class="about">
      <dl>
        {facts.filter(([, text]) => text.trim()).map(([key, text]) => [<dt>{key}</dt>, <dd>{text}</dd>])}
        {lines.map(([key, line]) => [
          <dt>{key}</dt>,
          <dd><code>{line}</code> <Copy text={line} /></dd>,
        ])}
      </dl>
    </div>
  );
}

function Copy({ text }: { text: string }) {
  const done = useSignal(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    done.value = true;
    window.setTimeout(() => (done.value = false), 1500);
  };
  return (
    <button type="button" class="quiet" aria-label={`Copy ${text}`} onClick={() => void copy()}>
      <Icon name={done.value ? "normal" : "copy"} />
    </button>
  );
}
