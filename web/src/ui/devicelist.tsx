// The devices of the server: found by name, seen by state and health.

import { signal } from "@preact/signals";
import type { ProcessModel, Summary } from "../model/process";
import { addressOf, route } from "../route";
import { Icon } from "./icons";

const wanted = signal("");

export function DeviceList({ process }: { process: ProcessModel }) {
  const words = wanted.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = process.devices.value.filter((device) => matches(device, words));
  const connected = process.session.link.value === "connected";
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
  const text = `${device.name} ${device.label} ${String(device.state.value?.value ?? "")}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function Entry({ device, connected }: { device: Summary; connected: boolean }) {
  const state = String(device.state.value?.value ?? "");
  const health = device.health.value;
  const severity = health?.alarm.severity ?? 0;
  const condition = !connected ? "disconnected" : (["normal", "minor", "major", "invalid"][severity] ?? "invalid");
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
