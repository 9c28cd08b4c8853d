// A 1-D array as a curve.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { NumberArray } from "../model/values";
import { dark } from "../theme";
import { axes, COLOURS } from "./plotting";

export function Plot({ numbers, units, name }: { numbers: NumberArray; units: string; name: string }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const isDark = dark.value;
  useEffect(() => {
    const home = box.current;
    if (!home) return;
    const made = new uPlot(
      {
        width: home.clientWidth, height: 180, legend: { show: false }, cursor: { drag: { x: true, y: false } },
        scales: { x: { time: false } }, axes: axes(isDark, ["", units]),
        series: [{}, { label: name, stroke: COLOURS[0] as string, width: 1.5 }],
      },
      [[], []],
      home,
    );
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: home.clientWidth, height: 180 }));
    watch.observe(home);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [isDark, units, name]);
  useEffect(() => {
    const values = Array.from(numbers.data);
    plot.current?.setData([values.map((_, index) => index), values.map((value) => (Number.isNaN(value) ? null : value))]);
  }, [numbers, isDark]);
  return <div class="plot" ref={box} role="img" aria-label={`${name}, ${numbers.data.length} values`} />;
}
