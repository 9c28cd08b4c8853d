// What there is to know of an attribute, and how to say it elsewhere.

import type { AttributeModel } from "../model/attribute";
import { isArray, kindOf, type Range } from "../model/structure";
import { formatTime, limitsOf, rangeText, timeOf, unitsOf, withUnits } from "../model/values";
import { address, Lines, pythonOf, quoted, type Line } from "./copy";

export function About({ attribute }: { attribute: AttributeModel }) {
  const { meta, alarm, setpoint, value } = attribute.shown.value;
  const range = ([low, high]: Range): string => `${rangeText(low, high)} ${unitsOf(meta)}`.trim();
  const given = (limits: Range | undefined): string => (limits && limits.some((one) => one !== null) ? range(limits) : "");
  const facts: [string, string][] = [
    ["Description", meta.description],
    ["Value", withUnits(value, meta)],
    ["Set point", setpoint === undefined ? "" : withUnits(setpoint, meta)],
    ["Since", formatTime(timeOf(attribute.shown.value))],
    ["Alarm", alarm.severity ? alarm.message : ""],
    ["Takes", attribute.settable ? given(limitsOf(meta)) : ""],
    ["No warning", given(meta.warning)],
    ["No alarm", given(meta.alarm)],
    ["Type", [meta.dtype ?? kindOf(meta), isArray(meta) ? "array" : ""].join(" ").trim()],
    ["Can be put", putWhen(attribute)],
    ["Tags", meta.tags.join(", ")],
  ];
  return (
    <div class="about">
      <dl>
        {facts.filter(([, text]) => text).map(([key, text]) => [<dt>{key}</dt>, <dd>{text}</dd>])}
        <Lines lines={linesOf(attribute)} />
      </dl>
    </div>
  );
}

function putWhen(attribute: AttributeModel): string {
  const { writeable, writable } = attribute.meta.value;
  if (attribute.readOnly.value) return "never: this server is read-only";
  return writeable ? "now" : writable ? "not in this state" : "never";
}

function linesOf({ device, name }: AttributeModel): Line[] {
  return [
    ["Python", pythonOf(device, name)],
    ["Shell", `macduff get ${quoted(`${device}.${name}`)} --address ${address()}`],
    ["PV", `${device}:${name}`],
  ];
}
