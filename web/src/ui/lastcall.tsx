// The last call of a method, by whomever: when, with what, what came of it.

import type { MethodModel } from "../model/method";
import type { MethodLog, Meta } from "../model/structure";
import { formatTime, withUnits } from "../model/values";

export function Last({ method }: { method: MethodModel }) {
  const { meta, took, returned } = method.shown.value;
  const began = timeOf(took);
  const ended = timeOf(returned);
  if (!began && !ended) return null;
  const failed = returned.alarm.severity > 0 && ended >= began;
  if (failed && method.refused.value) return null; // it says the same
  const given = parts(took, meta.takes.elements);
  return (
    <p class={failed ? "last refused" : "last"}>
      Last call {formatTime(began || ended)}{given.length > 0 && ` with ${given.join(", ")}`}
      {underWay(method) ? ": under way" : failed ? `: ${returned.alarm.message}` : <Result method={method} />}
      {began > 0 && ended >= began && <span class="took"> after {duration(ended - began)}</span>}
    </p>
  );
}

function Result({ method }: { method: MethodModel }) {
  const { meta, returned } = method.shown.value;
  const { elements } = meta.returns;
  const single = Object.keys(elements).join() === "return";
  const texts = single ? returned.present.map((name) => shown(returned.value[name], elements[name])) : parts(returned, elements);
  return texts.length ? <>: returned <output>{texts.join(", ")}</output></> : <>: done</>;
}

function parts(log: MethodLog, elements: Record<string, Meta>): string[] {
  return log.present.map((name) => `${name} ${shown(log.value[name], elements[name])}`);
}

function shown(value: unknown, meta: Meta | undefined): string {
  return meta ? withUnits(value, meta) : String(value);
}

/** Whether it was called and has not returned. */
function underWay(method: MethodModel): boolean {
  const { took, returned } = method.shown.value;
  return timeOf(took) > timeOf(returned);
}

function timeOf({ timeStamp }: MethodLog): number {
  return timeStamp.secondsPastEpoch + timeStamp.nanoseconds / 1e9;
}

function duration(seconds: number): string {
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
