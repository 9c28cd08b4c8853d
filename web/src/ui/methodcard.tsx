// A method as a form: what it takes, a button, its last call by whomever.

import { useSignal, type Signal } from "@preact/signals";
import type { DeviceModel } from "../model/device";
import type { MethodModel } from "../model/method";
import { parse } from "../model/values";
import type { Meta } from "../model/structure";
import { address, Lines, python, pythonOf, quoted } from "./copy";
import { Icon } from "./icons";
import { Last } from "./lastcall";
import { Parameter } from "./parameter";
import { counts, Elapsed } from "./progress";

export function MethodCard({ method, device }: { method: MethodModel; device: DeviceModel }) {
  const { meta } = method.shown.value;
  const typed = useSignal<Record<string, string>>({});
  const wrong = useSignal<Record<string, string>>({});
  const open = useSignal(false);
  const connected = method.session.link.value === "connected";
  const running = method.running.value !== null;
  const takes = Object.entries(meta.takes.elements);
  const missing = meta.takes.required.filter((name) => !(typed.value[name] ?? "").trim() && !(name in meta.defaults));
  const call = (): void => {
    const parameters = read(typed.value, meta.takes.elements, wrong);
    if (parameters) void method.call(parameters);
  };
  // A server takes a second call of what may be replaced; two clicks at once are one.
  const closed = running && !meta.writeable;
  const barred = running ? "" : whyNot(method, device, connected);
  const reason = barred || (missing.length ? `It needs ${missing.join(", ")}` : "");
  const [summary = "", ...more] = meta.description.split("\n\n");
  return (
    <form
      class="method" data-method={method.name} aria-label={method.name}
      onSubmit={(event) => {
        event.preventDefault();
        if (reason || closed) return;
        if (method.running.value === null || performance.now() - method.running.value > TWICE) call();
      }}
    >
      <div class="call">
        <button type="submit" disabled={reason !== "" || closed} title={reason || (closed ? "It is under way" : summary)}>{meta.label || method.name}</button>
        <span class="what">
          {summary.replace(/\.$/, "")}
          {barred && connected && <em> ({barred.charAt(0).toLowerCase() + barred.slice(1)})</em>}
        </span>
        <button
          type="button" class="quiet" aria-expanded={open.value} aria-label={`About ${method.name}`}
          onClick={() => (open.value = !open.value)}
        >
          <Icon name="info" />
        </button>
      </div>
      {takes.length > 0 && (
        <div class="takes">
          {takes.map(([name, element]) => (
            <Parameter key={name} method={method} name={name} meta={element} typed={typed} wrong={wrong} disabled={!connected || method.readOnly.value} />
          ))}
        </div>
      )}
      {open.value && <About method={method} typed={typed.value} more={more} />}
      {running && !counts(device) && <Elapsed since={method.running.value ?? 0} />}
      {method.refused.value && <p class="say refused" role="alert">{method.refused.value}</p>}
      <Last method={method} />
    </form>
  );
}

/** Milliseconds in which a second click means no second call. */
const TWICE = 300;

function whyNot(method: MethodModel, device: DeviceModel, connected: boolean): string {
  if (!connected) return "There is no connection to the server";
  if (method.readOnly.value) return "This server is read-only";
  if (method.shown.value.meta.writeable) return "";
  const state = String(device.attribute("state")?.shown.value.value ?? "this state");
  // At rest only what leads on from other states is not allowed, unless a scan has taken the device.
  if (state === "Idle" && !ELSEWHERE.has(method.name)) return "Not allowed now: it is busy, or held by another device";
  return `Not allowed in ${state}`;
}

const ELSEWHERE = new Set(["reset", "run", "pause", "rewind", "resume"]);

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

/** All of its description, and the same call elsewhere. */
function About({ method, typed, more }: { method: MethodModel; typed: Record<string, string>; more: readonly string[] }) {
  const { device, name } = method;
  const given = Object.entries(typed).filter(([, text]) => text.trim()).map(([key, text]) => [key, valueOf(text, method, key)] as const);
  const shell = given.map(([key, value]) => ` --${key} ${quoted(typeof value === "string" ? value : JSON.stringify(value))}`).join("");
  return (
    <div class="about">
      {more.map((part) => <p>{part}</p>)}
      <dl>
        <Lines
          lines={[
            ["Python", `${pythonOf(device, name)}(${given.map(([key, value]) => `${key}=${python(value)}`).join(", ")})`],
            ["Shell", `macduff call ${quoted(`${device}.${name}`)}${shell} --address ${address()}`],
          ]}
        />
      </dl>
    </div>
  );
}

function valueOf(text: string, method: MethodModel, name: string): unknown {
  try {
    const meta = method.shown.value.meta.takes.elements[name];
    return meta ? parse(text, meta) : text;
  } catch {
    return text;
  }
}
