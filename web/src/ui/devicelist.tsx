// The devices of the server: found by name, seen by state and health.

import { signal } from "@preact/signals";
import type { ProcessModel, Summary } from "../model/process";
import { addressOf, route } from "../route";
import { Icon } from "./icons";

const wanted = signal("");
const alarmed = signal(false);

export function DeviceList({ process }: { process: ProcessModel }) {
  const words = wanted.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wrong = process.devices.value.filter((device) => conditionOf(device) !== "normal");
  const only = alarmed.value && wrong.length > 0;
  const shown = (only ? wrong : process.devices.value).filter((device) => matches(device, words));
  const connected = process.session.link.value === "connected";
  const worst = ["invalid", "major", "minor"].find((condition) => wrong.some((device) => conditionOf(device) === condition)) ?? "minor";
  return (
    <nav class="list" aria-label="Devices">
      <label class="search">
        <span class="unseen">Search devices</span>
        <Icon name="search" />
        <input
          type="search" placeholder="Search" title="by name or state" value={wanted.value}
          onInput={(event) => (wanted.value = event.currentTarget.value)}
        />
      </label>
      {wrong.length > 0 && (
        <button type="button" class={`alarmed ${worst}`} aria-pressed={only} onClick={() => (alarmed.value = !only)}>
          <Icon name={worst} /> {wrong.length} in alarm
        </button>
      )}
      <ul>
        {shown.map((device) => <Entry key={device.name} device={device} connected={connected} />)}
      </ul>
      {process.known.value && shown.length === 0 && (
        <p class="none">{words.length ? "No device is called so." : "This server has no devices yet."}</p>
      )}
    </nav>
  );
}

function matches(device: Summary, words: readonly string[]): boolean {
  const text = `${device.name} ${device.label} ${String(device.state.value?.value ?? "")} ${conditionOf(device)}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function conditionOf(device: Summary): string {
  return (["normal", "minor", "major", "invalid"] as const)[device.health.value?.alarm.severity ?? 0] ?? "invalid";
}

function Entry({ device, connected }: { device: Summary; connected: boolean }) {
  const state = String(device.state.value?.value ?? "");
  const health = device.health.value;
  const severity = health?.alarm.severity ?? 0;
  const condition = connected ? conditionOf(device) : "disconnected";
  return (
    <li>
      <a href={addressOf(device.name, route.value.chart)} aria-current={route.value.device === device.name ? "page" : undefined}>
        <span class={`mark ${condition}`}>
          <Icon name={condition} label={condition === "normal" ? "healthy" : condition} />
        </span>
        <span class="names">
          <b>{device.name}</b>
          {device.label !== device.name && <small>{device.label}</small>}
          {severity > 0 && <small class="why">{String(health?.value)}</small>}
        </span>
        {state && <span class="state" data-state={state}>{state}</span>}
      </a>
    </li>
  );
}
