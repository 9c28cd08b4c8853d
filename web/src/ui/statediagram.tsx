// The states that the device has been seen to have, with the present one; Abort is always in reach.

import type { AttributeModel } from "../model/attribute";
import type { DeviceModel } from "../model/device";

/** The way of a run, and beside it what can happen at any time. */
const WAY = ["Idle", "Configuring", "Ready", "Running", "Paused", "Rewinding"];
const ASIDE = ["Aborting", "Aborted", "Resetting", "Fault"];

export function StateDiagram({ device, state }: { device: DeviceModel; state: AttributeModel }) {
  const now = state.text.value;
  const choices = new Set(state.meta.value.choices ?? []);
  const runs = device.method("configure") !== null;
  const way = WAY.filter((name) => choices.has(name) && (runs || name === "Idle" || name === "Running"));
  const aside = ASIDE.filter((name) => choices.has(name) && (runs || name !== "Resetting"));
  const abort = device.method("abort");
  const stale = state.condition.value === "disconnected";
  return (
    <div class="machine" data-stale={stale}>
      <div class="ways">
        <ol class="states" aria-label="State">
          {way.map((name) => <State key={name} name={name} now={now} />)}
        </ol>
        <ol class="states aside" aria-label="State, out of the way of a run">
          {aside.map((name) => <State key={name} name={name} now={now} />)}
        </ol>
      </div>
      {abort && (
        <button
          type="button" class="abort" disabled={stale || !abort.shown.value.meta.writeable}
          title={abort.readOnly.value ? "This server is read-only" : abort.shown.value.meta.writeable ? "Stop what it does" : `There is nothing to abort in ${now}`}
          onClick={() => void abort.call({})}
        >
          Abort
        </button>
      )}
    </div>
  );
}

function State({ name, now }: { name: string; now: string }) {
  return <li class="state" data-state={name} aria-current={name === now ? "true" : undefined}>{name}</li>;
}
