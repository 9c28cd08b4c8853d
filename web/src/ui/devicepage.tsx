// One device: its state, its attributes by groups, its methods.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { AttributeModel } from "../model/attribute";
import type { DeviceModel } from "../model/device";
import { MethodModel } from "../model/method";
import { groupOf } from "../model/structure";
import type { ProcessModel } from "../model/process";
import { route } from "../route";
import { AttributeRow } from "./attributerow";
import { Chart } from "./chart";
import { Log } from "./log";
import { Icon } from "./icons";
import { MethodCard } from "./methodcard";
import { counts, Progress } from "./progress";
import { StateDiagram } from "./statediagram";

const ALWAYS = new Set(["state", "health", "status"]);
const MANY = 15; // attributes that are found without searching

export function DevicePage({ device, process }: { device: DeviceModel; process: ProcessModel }) {
  useEffect(() => device.use(), [device]);
  useEffect(() => {
    document.title = `${device.name} – macduff`;
    window.scrollTo(0, 0);
    return () => {
      document.title = "macduff";
    };
  }, [device]);
  const wanted = useSignal("");
  const meta = device.meta.value;
  if (device.gone.value) return <Gone device={device} />;
  if (!meta) return <p class="waiting">Waiting for {device.name}…</p>;
  const fields = [...device.fields.value.values()];
  const attributes = fields.filter((field) => field instanceof AttributeModel);
  const methods = fields.filter((field) => field instanceof MethodModel);
  const [summary = "", ...more] = meta.description.split("\n\n");
  return (
    <article class="device">
      <header class="head">
        <a class="back" href="#/" aria-label="All devices"><Icon name="back" /></a>
        <div>
          <h1>{device.name}{meta.label && meta.label !== device.name && <small> {meta.label}</small>}</h1>
          {summary && <p class="summary" title={more.join("\n\n")}>{summary}</p>}
        </div>
      </header>
      <Standing device={device} />
      {route.value.chart.length > 0 && <Chart process={process} />}
      {attributes.length > MANY && (
        <label class="search">
          <span class="unseen">Search attributes</span>
          <Icon name="search" />
          <input type="search" placeholder={`Search ${attributes.length} attributes`} value={wanted.value} onInput={(event) => (wanted.value = event.currentTarget.value)} />
        </label>
      )}
      {groups(attributes.filter((one) => matches(one, wanted.value))).map(([title, members]) => (
        <section class="card" key={title}>
          {title && <h2>{title}</h2>}
          <div class="rows">{members.map((one) => <AttributeRow key={one.name} attribute={one} />)}</div>
        </section>
      ))}
      {methods.length > 0 && (
        <section class="card methods">
          <h2>Methods</h2>
          {inOrder(methods).map((method) => <MethodCard key={method.name} method={method} device={device} />)}
        </section>
      )}
      <Log />
    </article>
  );
}

function Gone({ device }: { device: DeviceModel }) {
  return (
    <div class="welcome">
      <h1>{device.name} is not here</h1>
      <p>{device.gone.value}</p>
      <p>It is shown again when the server has it. <a href="#/">All devices</a></p>
    </div>
  );
}

/** As the device has them; what is rarely wanted last, and abort is above. */
function inOrder(methods: readonly MethodModel[]): MethodModel[] {
  const wanted = methods.filter((method) => method.name !== "abort" && method.name !== "reset");
  return [...wanted, ...methods.filter((method) => method.name === "reset")];
}

/** What it is doing, and whether that is well. */
function Standing({ device }: { device: DeviceModel }) {
  const state = device.attribute("state");
  const health = device.attribute("health");
  const status = device.attribute("status")?.shown.value;
  const connected = state?.condition.value !== "disconnected";
  const wrong = health && health.shown.value.alarm.severity > 0;
  return (
    <section class="standing">
      {state && <StateDiagram device={device} state={state} />}
      {state && connected && counts(device) && <Progress key={state.text.value} device={device} />}
      {status && String(status.value) !== "" && <p class="status">{String(status.value)}</p>}
      {wrong && (
        <p class={`health ${health.condition.value}`} role="status">
          <Icon name={health.condition.value} label={health.condition.value} /> {String(health.shown.value.value)}
        </p>
      )}
    </section>
  );
}

function matches(attribute: AttributeModel, wanted: string): boolean {
  if (!wanted.trim()) return true;
  const meta = attribute.meta.peek();
  const text = `${attribute.name} ${meta.label} ${groupOf(meta)} ${meta.description}`.toLowerCase();
  return wanted.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** By their tags `group:NAME`, in the order of the device; first those of none. */
function groups(attributes: readonly AttributeModel[]): [string, AttributeModel[]][] {
  const found = new Map<string, AttributeModel[]>([["", []]]);
  for (const one of attributes) {
    if (ALWAYS.has(one.name)) continue;
    const meta = one.meta.peek();
    const title = groupOf(meta) || (meta.parameter ? "Parameters of a run" : "");
    const members = found.get(title);
    if (members) members.push(one);
    else found.set(title, [one]);
  }
  return [...found].filter(([, members]) => members.length > 0);
}
