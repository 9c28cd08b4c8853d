// What all curves share: colours that hold on light and dark, axes.

import uPlot from "uplot";
import { formatClock, formatDay } from "../model/values";

export const COLOURS = ["#3b82f6", "#f97316", "#10b981", "#e11d48", "#a855f7", "#ca9a04", "#0891b2", "#db2777"] as const;
const FONT = "12px system-ui";

function look(dark: boolean): Pick<uPlot.Axis, "stroke" | "grid" | "ticks" | "font"> {
  const grid = { stroke: dark ? "#2c3642" : "#e3e8ee", width: 1 };
  return { stroke: dark ? "#aeb8c4" : "#4a5563", grid, ticks: grid, font: FONT };
}

function labelled(label: string): Partial<uPlot.Axis> {
  return label ? { label, labelSize: 18, labelFont: FONT } : {};
}

export function axes(dark: boolean, labels: readonly [string, string]): uPlot.Axis[] {
  const [across, up] = labels;
  return [
    { ...look(dark), size: 34, incrs: WHOLE, ...labelled(across) },
    { ...look(dark), size: widthOf, values: textsOf, ...labelled(up) },
  ];
}

/** Steps from index to index. */
const WHOLE = [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));

/** Numbers as short as they can be. */
function textsOf(_plot: uPlot, splits: number[]): string[] {
  return splits.map((value) => {
    const size = Math.abs(value);
    return size >= 1e6 || (size > 0 && size < 1e-4) ? value.toExponential(2).replace(/\.?0+e/, "e") : String(Number(value.toPrecision(6)));
  });
}

/** Room for the longest of them. */
function widthOf(_plot: uPlot, texts: string[] | null): number {
  return 24 + 7 * Math.max(2, ...(texts ?? []).map((text) => text.length));
}

/** A scale for each unit; the first two have an axis, whose unit is told where there is room. */
export function timeAxes(dark: boolean, units: readonly string[], narrow: boolean): Pick<uPlot.Options, "axes" | "scales"> {
  const scales = [...new Set(units)];
  return {
    scales: {
      x: { time: true, auto: false },
      ...Object.fromEntries(scales.map((unit, index) => [scaleOf(unit), { auto: true, range: rangeFor(index, scales.length) }])),
    },
    axes: [
      { ...look(dark), size: 34, space: 70, values: (_plot, splits, _axis, _space, step) => timesOf(splits, step) },
      ...scales.slice(0, 2).map((unit, index): uPlot.Axis => ({
        ...look(dark), scale: scaleOf(unit), size: widthOf, values: textsOf, side: index ? 1 : 3, ...labelled(narrow ? "" : unit),
        ...(index ? { grid: { show: false } } : {}),
      })),
    ],
  };
}

/** As much as is needed of day, hours, minutes, seconds. */
function timesOf(splits: readonly number[], step: number): string[] {
  return splits.map((time) => {
    const clock = formatClock(time);
    if (step >= 86_400) return formatDay(new Date(time * 1000));
    if (step >= 60) return clock.slice(0, 5);
    return step >= 1 ? clock : `${clock}.${(time % 1).toFixed(3).slice(2)}`;
  });
}

/** Some room above and below. What does not change is in the middle, at another height for each scale. */
function rangeFor(index: number, scales: number): uPlot.Scale.Range {
  const below = (index + 1) / (scales + 1);
  return (_plot, low, high) => {
    if (low === null || high === null) return [null, null];
    if (low < high) return uPlot.rangeNum(low, high, 0.1, true);
    const room = Math.abs(low) || 1;
    return [low - room * below, low + room * (1 - below)];
  };
}

/** It holds its value until the next one: that is what is known. */
export function seriesOf(label: string, unit: string, index: number): uPlot.Series {
  return {
    label, scale: scaleOf(unit), stroke: COLOURS[index % COLOURS.length] as string, width: 1.6, spanGaps: false,
    points: { show: false }, ...(uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
  };
}

function scaleOf(unit: string): string {
  return `y ${unit}`;
}
