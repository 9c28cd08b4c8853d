// How far a run is, whoever began it; and how long a call from here takes so far.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { DeviceModel } from "../model/device";
import { toNumber } from "../model/values";

const SURE = 1000; // ms that are watched before anything is said
const RUNS: readonly string[] = ["Running", "Rewinding", "Paused"];

/** Whether the device counts the steps of what it does now. */
export function counts(device: DeviceModel): boolean {
  return numberOf(device, "total_steps") > 0 && RUNS.includes(stateOf(device));
}

/** Steps done and the time that those to come may take: as long as each took since the first that was seen to end. */
export function Progress({ device }: { device: DeviceModel }) {
  const done = numberOf(device, "completed_steps");
  const all = numberOf(device, "total_steps");
  const seen = useRef({ at: 0, first: done, done, each: 0 });
  useNow();
  const { current } = seen;
  if (done !== current.done) {
    const now = performance.now();
    if (current.at === 0 || done < current.done) seen.current = { at: now, first: done, done, each: 0 };
    else if (now - current.at > SURE) seen.current = { ...current, done, each: (now - current.at) / (done - current.first) };
  }
  const { each } = seen.current;
  const left = each > 0 && all > done ? `, about ${spoken(Math.ceil((each * (all - done)) / 1000))} left` : "";
  return (
    <div class="progress">
      <progress value={done} max={all} aria-label="progress" />
      <span>{done} of {all}{stateOf(device) === "Paused" ? ", held" : left}</span>
    </div>
  );
}

/** Of what counts nothing; `since` on the clock of this page (ms). */
export function Elapsed({ since }: { since: number }) {
  const now = useNow();
  return (
    <div class="progress">
      <progress aria-label="progress" />
      <span>{spoken(Math.max(0, (now - since) / 1000))}</span>
    </div>
  );
}

function useNow(): number {
  const now = useSignal(performance.now());
  useEffect(() => {
    const timer = window.setInterval(() => (now.value = performance.now()), 200);
    return () => window.clearInterval(timer);
  }, []);
  return now.value;
}

function numberOf(device: DeviceModel, name: string): number {
  return toNumber(device.attribute(name)?.shown.value.value ?? 0);
}

function stateOf(device: DeviceModel): string {
  return String(device.attribute("state")?.shown.value.value ?? "");
}

function spoken(seconds: number): string {
  const whole = Math.floor(seconds);
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
