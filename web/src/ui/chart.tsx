// Strip charts: any numbers of any devices over time, live until somebody looks closer.

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { AttributeModel } from "../model/attribute";
import type { ProcessModel } from "../model/process";
import { Trace } from "../model/trace";
import { go, route } from "../route";
import { dark } from "../theme";
import { COLOURS, seriesOf, timeAxes } from "./plotting";
import { savePicture, saveText } from "./saving";

const SPANS: readonly [number, string][] = [[30, "30 s"], [120, "2 min"], [600, "10 min"], [3600, "1 h"]];
const PAUSE = 80;
const HEIGHT = 270;

export function Chart({ process }: { process: ProcessModel }) {
  const keys = route.value.chart;
  const found = useComputed(() => route.value.chart.map((key) => attributeOf(process, key)));
  const devices = [...new Set(keys.map((key) => key.split(".")[0] ?? ""))].join(",");
  useEffect(() => {
    const leaving = devices.split(",").filter(Boolean).map((name) => process.device(name).use());
    return () => leaving.forEach((leave) => leave());
  }, [devices]);
  const ready = found.value.filter((one) => one instanceof AttributeModel);
  return (
    <section class="card chart" aria-label="Chart">
      <Curves key={ready.map((one) => `${one.device}.${one.name}`).join(",")} attributes={ready} />
    </section>
  );
}

function attributeOf(process: ProcessModel, key: string): AttributeModel | null {
  const [device = "", name = ""] = key.split(".");
  return process.device(device).attribute(name);
}

/** Put an attribute on the chart, or take it off. */
export function toggle(key: string): void {
  const { device, chart } = route.peek();
  go(device, chart.includes(key) ? chart.filter((other) => other !== key) : [...chart, key]);
}

function Curves({ attributes }: { attributes: readonly AttributeModel[] }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const traces = useRef<Trace[]>([]);
  const span = useSignal(120);
  const live = useSignal(true);
  const isDark = dark.value;
  useEffect(() => {
    const home = box.current;
    if (!home || attributes.length === 0) return;
    let dirty = true;
    traces.current = attributes.map((one) => new Trace(one, () => (dirty = true)));
    const made = new uPlot(
      {
        width: home.clientWidth, height: HEIGHT, ...timeAxes(isDark, traces.current.map((trace) => trace.units)),
        series: [{}, ...traces.current.map((trace, index) => seriesOf(trace.key, trace.units, index, trace.stepped))],
        cursor: { drag: { x: true, y: false } },
        hooks: { setSelect: [() => (live.value = false)] },
      },
      [[]],
      home,
    );
    plot.current = made;
    const draw = (): void => {
      if (live.value && (dirty || document.visibilityState === "visible")) follow(made, traces.current, span.value);
      dirty = false;
    };
    draw();
    const timer = window.setInterval(draw, PAUSE);
    const watch = new ResizeObserver(() => made.setSize({ width: home.clientWidth, height: HEIGHT }));
    watch.observe(home);
    return () => {
      window.clearInterval(timer);
      watch.disconnect();
      made.destroy();
      for (const trace of traces.current) trace.close();
    };
  }, [isDark, attributes.length]);
  return (
    <>
      <div class="tools">
        <span class="choices" role="group" aria-label="Time shown">
          {SPANS.map(([seconds, text]) => (
            <button type="button" aria-pressed={span.value === seconds} onClick={() => { span.value = seconds; live.value = true; }}>{text}</button>
          ))}
        </span>
        <button type="button" aria-pressed={!live.value} onClick={() => (live.value = !live.value)}>{live.value ? "Pause" : "Back to live"}</button>
        <button type="button" onClick={() => saveText("macduff.csv", csvOf(traces.current))}>CSV</button>
        <button type="button" onClick={() => plot.current && savePicture("macduff.png", plot.current.ctx.canvas, isDark)}>PNG</button>
        <span class="keys">
          {attributes.map((one, index) => (
            <button type="button" class="key" title="take off" onClick={() => toggle(`${one.device}.${one.name}`)}>
              <i class={`colour c${index % COLOURS.length}`} /> {one.device}.{one.name} ×
            </button>
          ))}
        </span>
      </div>
      <div ref={box} class="curves" />
    </>
  );
}

function follow(plot: uPlot, traces: readonly Trace[], span: number): void {
  const newest = Math.max(...traces.map((trace) => trace.times[trace.times.length - 1] ?? 0), Date.now() / 1000);
  const from = newest - span;
  plot.setData(joined(traces, from, newest), false);
  plot.setScale("x", { min: from, max: newest });
}

/** All on one axis of times, each with its last value before the first. */
function joined(traces: readonly Trace[], from: number, to: number): uPlot.AlignedData {
  const tables = traces.map((trace) => {
    let first = trace.times.length;
    while (first > 0 && (trace.times[first - 1] as number) >= from) first--;
    first = Math.max(0, first - 1);
    const times = trace.times.slice(first);
    const values: (number | null)[] = trace.values.slice(first);
    return [times, values] as uPlot.AlignedData;
  });
  for (const [times, values] of tables as unknown as [number[], (number | null)[]][]) {
    const last = values[values.length - 1];
    if (last === undefined || (times[times.length - 1] as number) >= to) continue;
    times.push(to); // it holds until it changes
    values.push(last);
  }
  return tables.length === 1 ? (tables[0] as uPlot.AlignedData) : uPlot.join(tables, tables.map(() => [0, 0]));
}

function csvOf(traces: readonly Trace[]): string {
  const lines = ["time,attribute,value"];
  for (const trace of traces) {
    trace.times.forEach((time, index) => {
      lines.push(`${new Date(time * 1000).toISOString()},${trace.key},${trace.values[index]}`);
    });
  }
  return `${lines.join("\n")}\n`;
}
