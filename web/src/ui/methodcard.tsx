// A method as a form: what it takes, a button, its last call by whomever.

import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { DeviceModel } from "../model/device";
import type { MethodModel } from "../model/method";
import { isArray, kindOf, type Meta } from "../model/structure";
import { formatTime, formatValue, parse, toNumber, unitsOf } from "../model/values";

export function MethodCard({ method, device }: { method: MethodModel; device: DeviceModel }) {
  const { meta } = method.shown.value;
  const typed = useSignal<Record<string, string>>({});
  const wrong = useSignal<Record<string, string>>({});
  const connected = device.attribute("state")?.condition.value !== "disconnected";
  const running = method.running.value !== null;
  const takes = Object.entries(meta.takes.elements);
  const missing = meta.takes.required.filter((name) => !(typed.value[name] ?? "").trim() && !(name in meta.defaults));
  const call = (): void => {
    const parameters = read(typed.value, meta.takes.elements, wrong);
    if (parameters) void method.call(parameters);
  };
  const reason = !connected ? "There is no connection to the server" : !meta.writeable ? notNow(device) : missing.length ? `It needs ${missing.join(", ")}` : "";
  return (
    <form
      class="method" data-method={method.name} aria-label={method.name}
      onSubmit={(event) => {
        event.preventDefault();
        if (!reason) call();
      }}
    >
      <div class="call">
        <button type="submit" disabled={reason !== "" || running} title={reason || meta.description}>{meta.label || method.name}</button>
        <span class="what">
          {(meta.description.split("\n\n")[0] ?? "").replace(/\.$/, "")}
          {connected && !meta.writeable && !running && <em> ({reason.charAt(0).toLowerCase() + reason.slice(1)})</em>}
        </span>
      </div>
      {takes.length > 0 && (
        <div class="takes">
          {takes.map(([name, element]) => (
            <Parameter key={name} method={method} name={name} meta={element} typed={typed} wrong={wrong} disabled={!connected} />
          ))}
        </div>
      )}
      {running && <Progress device={device} since={method.running.value ?? 0} />}
      {method.refused.value && <p class="say refused" role="alert">{method.refused.value}</p>}
      <Last method={method} />
    </form>
  );
}

function notNow(device: DeviceModel): string {
  return `Not allowed in ${String(device.attribute("state")?.shown.value.value ?? "this state")}`;
}

interface ParameterProps {
  method: MethodModel;
  name: string;
  meta: Meta;
  typed: Signal<Record<string, string>>;
  wrong: Signal<Record<string, string>>;
  disabled: boolean;
}

function Parameter({ method, name, meta, typed, wrong, disabled }: ParameterProps) {
  const { defaults, takes } = method.shown.value.meta;
  const id = `${method.device}-${method.name}-${name}`;
  const shown = typed.value[name] ?? "";
  const preset = name in defaults ? formatValue(defaults[name], meta) : "";
  const take = (text: string): void => {
    typed.value = { ...typed.value, [name]: text };
    wrong.value = { ...wrong.value, [name]: "" };
  };
  const choice = kindOf(meta) === "choice" && !isArray(meta);
  const options = kindOf(meta) === "boolean" && !isArray(meta) ? ["on", "off"] : (meta.choices ?? []);
  return (
    <div class="parameter">
      <label for={id} title={meta.description}>{meta.label || name}{takes.required.includes(name) ? " *" : ""}</label>
      <span class="cell">
        {choice || options.length ? (
          <select id={id} value={shown || preset} disabled={disabled} onChange={(event) => take(event.currentTarget.value)}>
            {!preset && <option value="" />}
            {options.map((option) => <option value={option}>{option}</option>)}
          </select>
        ) : (
          <input
            id={id} type="text" value={shown} placeholder={preset} disabled={disabled} autocomplete="off" spellcheck={false}
            aria-invalid={Boolean(wrong.value[name])} class={kindOf(meta) === "number" && !isArray(meta) ? "number" : ""}
            onInput={(event) => take(event.currentTarget.value)}
          />
        )}
        {unitsOf(meta) && <span class="units">{unitsOf(meta)}</span>}
      </span>
      {wrong.value[name] && <p class="say refused">{wrong.value[name]}</p>}
    </div>
  );
}

/** What was typed; null, and told, where it is wrong. What was left alone has its default, on the server. */
function read(
  typed: Record<string, string>, elements: Record<string, Meta>, wrong: Signal<Record<string, string>>,
): Record<string, unknown> | null {
  const parameters: Record<string, unknown> = {};
  const found: Record<string, string> = {};
  for (const [name, text] of Object.entries(typed)) {
    const meta = elements[name];
    if (!meta || !text.trim()) continue;
    try {
      parameters[name] = parse(text, meta);
    } catch (error) {
      found[name] = error instanceof Error ? error.message : String(error);
    }
  }
  wrong.value = found;
  return Object.keys(found).length ? null : parameters;
}

/** How far a run is, where the device counts steps; else how long it takes so far. */
function Progress({ device, since }: { device: DeviceModel; since: number }) {
  const now = useSignal(performance.now());
  useEffect(() => {
    const timer = window.setInterval(() => (now.value = performance.now()), 200);
    return () => window.clearInterval(timer);
  }, []);
  const done = toNumber(device.attribute("completed_steps")?.shown.value.value ?? 0);
  const all = toNumber(device.attribute("total_steps")?.shown.value.value ?? 0);
  const seconds = (now.value - since) / 1000;
  return (
    <div class="progress">
      {all > 0 ? <progress value={done} max={all} aria-label="progress" /> : <progress aria-label="progress" />}
      <span>{all > 0 && `${done} of ${all}, `}{seconds.toFixed(0)} s{left(done, all, seconds)}</span>
    </div>
  );
}

/** As long as it took so far for each step. */
function left(done: number, all: number, seconds: number): string {
  return done > 0 && all > done ? `, about ${Math.ceil((seconds / done) * (all - done))} s left` : "";
}

function Last({ method }: { method: MethodModel }) {
  const { meta, took, returned } = method.shown.value;
  if (!returned.timeStamp.secondsPastEpoch && !took.timeStamp.secondsPastEpoch) return null;
  const given = took.present.map((name) => `${name} ${text(took.value[name], meta.takes.elements[name])}`).join(", ");
  const result = returned.present.map((name) => text(returned.value[name], meta.returns.elements[name])).join(", ");
  const failed = returned.alarm.severity > 0;
  const ended = returned.timeStamp.secondsPastEpoch + returned.timeStamp.nanoseconds / 1e9;
  const began = took.timeStamp.secondsPastEpoch + took.timeStamp.nanoseconds / 1e9;
  return (
    <p class={failed ? "last refused" : "last"}>
      {formatTime(began)}{given && ` with ${given}`}
      {ended < began ? ": under way" : failed ? `: ${returned.alarm.message}` : result ? `: ${result}` : ""}
    </p>
  );
}

function text(value: unknown, meta: Meta | undefined): string {
  return meta ? formatValue(value, meta) : String(value);
}
