// How far a run is, where the device counts steps; else how long it takes so far.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { DeviceModel } from "../model/device";
import { toNumber } from "../model/values";

export function Progress({ device, since }: { device: DeviceModel; since: number }) {
  const now = useSignal(performance.now());
  useEffect(() => {
    const timer = window.setInterval(() => (now.value = performance.now()), 200);
    return () => window.clearInterval(timer);
  }, []);
  const first = useRef<number | null>(null);
  const done = toNumber(device.attribute("completed_steps")?.shown.value.value ?? 0);
  const all = toNumber(device.attribute("total_steps")?.shown.value.value ?? 0);
  const seconds = Math.max(0, (now.value - since) / 1000);
  if (first.current === null || done < first.current) first.current = done; // a run begins at none, a resumed one does not
  return (
    <div class="progress">
      {all > 0 ? <progress value={done} max={all} aria-label="progress" /> : <progress aria-label="progress" />}
      <span>{all > 0 && `${done} of ${all}, `}{spoken(seconds)}{left(done - first.current, all - done, seconds)}</span>
    </div>
  );
}

/** As long as it took so far for each step. */
function left(done: number, more: number, seconds: number): string {
  return done > 0 && more > 0 ? `, about ${spoken(Math.ceil((seconds / done) * more))} left` : "";
}

function spoken(seconds: number): string {
  const whole = Math.floor(seconds);
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
