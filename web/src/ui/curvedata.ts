// Traces as the numbers of a chart, and as lines of CSV.

import uPlot from "uplot";
import type { Trace } from "../model/trace";

type Column = (number | null)[];

const BEFORE = 1e-6; // s

/** Where there was no valid value a curve has a hole. */
const HOLES = 1;

/** All on one axis of times, each with its last value before the first; none later than `to`, up to which the last holds. */
export function joined(traces: readonly Trace[], from: number, to: number): uPlot.AlignedData {
  const tables = traces.map((trace) => tableOf(trace, from, to));
  return tables.length === 1 ? (tables[0] as uPlot.AlignedData) : uPlot.join(tables, tables.map(() => [HOLES, HOLES]));
}

function tableOf(trace: Trace, from: number, to: number): uPlot.AlignedData {
  const first = Math.max(0, trace.indexAt(from));
  const times: number[] = [];
  const values: Column = [];
  let last: number | null | undefined;
  for (let index = first; index < trace.times.length; index++) {
    const time = trace.times[index] as number;
    const found = trace.values[index] as number;
    const value = Number.isNaN(found) ? null : found;
    if (value === null && last !== null && last !== undefined) {
      times.push(time - BEFORE); // up to there it held
      values.push(last);
    }
    times.push(time);
    values.push(value);
    last = value;
  }
  if (last !== undefined && (times[times.length - 1] as number) < to) {
    times.push(to);
    values.push(last);
  }
  return [times, values];
}

export function csvOf(traces: readonly Trace[]): string {
  const lines = ["time,attribute,value"];
  for (const trace of traces) {
    trace.times.forEach((time, index) => lines.push(`${isoOf(time)},${trace.key},${trace.values[index]}`));
  }
  return `${lines.join("\n")}\n`;
}

/** With microseconds. */
function isoOf(seconds: number): string {
  const micro = Math.round(seconds * 1e6);
  return new Date(Math.floor(micro / 1000)).toISOString().replace("Z", `${String(micro % 1000).padStart(3, "0")}Z`);
}
