// Where somebody is, in the address after #: /DEVICE, or nothing for the list.

import { computed, signal } from "@preact/signals";

const hash = signal(window.location.hash);
window.addEventListener("hashchange", () => {
  hash.value = window.location.hash;
});

export interface Route {
  /** "" on a narrow screen is the list alone. */
  device: string;
  /** Attributes in the chart, as device.attribute. */
  chart: string[];
}

export const route = computed<Route>(() => {
  const [path = "", query = ""] = hash.value.replace(/^#\/?/, "").split("?");
  const chart = new URLSearchParams(query).get("chart");
  return { device: decode(path), chart: chart ? chart.split(",") : [] };
});

export function addressOf(device: string, chart: readonly string[] = []): string {
  const query = chart.length ? `?chart=${chart.map(encodeURIComponent).join(",")}` : "";
  return `#/${encodeURIComponent(device)}${query}`;
}

export function go(device: string, chart: readonly string[] = []): void {
  window.location.hash = addressOf(device, chart);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
