// What all curves share: colours that hold on light and dark, axes.

import uPlot from "uplot";

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
  return labels.map((label, index) => ({ ...look(dark), size: index ? 58 : 34, ...labelled(label) }));
}

/** A scale for each unit; the first two have an axis. */
export function timeAxes(dark: boolean, units: readonly string[]): Pick<uPlot.Options, "axes" | "scales"> {
  const scales = [...new Set(units)];
  return {
    scales: { x: { time: true, auto: false }, ...Object.fromEntries(scales.map((unit) => [scaleOf(unit), { auto: true }])) },
    axes: [
      { ...look(dark), size: 46 },
      ...scales.slice(0, 2).map((unit, index): uPlot.Axis => ({
        ...look(dark), scale: scaleOf(unit), size: 58, side: index ? 1 : 3, ...labelled(unit),
        ...(index ? { grid: { show: false } } : {}),
      })),
    ],
  };
}

/** stepped: it holds its value until the next one, as a set point does. */
export function seriesOf(label: string, unit: string, index: number, stepped: boolean): uPlot.Series {
  return {
    label, scale: scaleOf(unit), stroke: COLOURS[index % COLOURS.length] as string, width: 1.6, spanGaps: true,
    points: { show: false }, ...(stepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
  };
}

function scaleOf(unit: string): string {
  return `y ${unit}`;
}
