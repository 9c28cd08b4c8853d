// The frame of the page: what is always there, and the device that is looked at.

import type { ProcessModel } from "../model/process";
import { route } from "../route";
import { theme, type Theme } from "../theme";
import { DeviceList } from "./devicelist";
import { DevicePage } from "./devicepage";
import { Banner } from "./banner";

export function App({ process }: { process: ProcessModel }) {
  const { device } = route.value;
  return (
    <div class="app" data-open={device ? "device" : "list"}>
      <header class="top">
        <a class="brand" href="#/">macduff</a>
        {process.readOnly.value && <span class="readonly" title="This server takes no values and no calls">read-only</span>}
        <ThemeChoice />
      </header>
      <Banner session={process.session} />
      <DeviceList process={process} />
      <main id="main" tabIndex={-1}>
        {device ? <DevicePage key={device} device={process.device(device)} process={process} /> : <Welcome process={process} />}
      </main>
    </div>
  );
}

const THEMES: readonly [Theme, string][] = [["system", "system"], ["light", "light"], ["dark", "dark"]];

function ThemeChoice() {
  return (
    <label class="theme">
      <span>Theme</span>
      <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
        {THEMES.map(([value, text]) => <option value={value}>{text}</option>)}
      </select>
    </label>
  );
}

function Welcome({ process }: { process: ProcessModel }) {
  const number = process.devices.value.length;
  return (
    <div class="welcome">
      <h1>{process.known.value ? `${number} device${number === 1 ? "" : "s"}` : "Looking for devices…"}</h1>
      <p>Choose one from the list to see it and to use it.</p>
      <p>
        The same devices are there for programs: <a href="/api">/api</a>, <a href="/api/openapi.json">OpenAPI</a>.
      </p>
    </div>
  );
}
