// The picture of a strip chart: it follows the present, or stays where somebody looks.

import { signal } from "@preact/signals";
import uPlot from "uplot";
import type { AttributeModel } from "../model/attribute";
import { Trace } from "../model/trace";
import { formatTime } from "../model/values";
import { joined } from "./curvedata";
import { seriesOf, timeAxes } from "./plotting";

const PAUSE = 80; // ms between two drawings
const STILL = 1000; // and where nobody follows
const FINE = 1200; // what moves by less than this part of a chart is not drawn again
const HEIGHT = 270;
const NARROW = 480;

/** s of the past; outlives a chart, which is made anew when a curve comes or goes. */
export const span = signal(120);
export const live = signal(true);
let looked: readonly [number, number] | null = null;

export class Strip {
  readonly plot: uPlot;
  readonly traces: readonly Trace[];
  private dirty = true;
  private drawn = 0;
  private readonly leaving: (() => void)[];

  /** `told` gets what each curve was where the pointer is, and when that was; or what it is now. */
  constructor(
    private readonly home: HTMLElement,
    attributes: readonly AttributeModel[],
    dark: boolean,
    private readonly told: (readings: readonly string[], when: string) => void,
  ) {
    this.traces = attributes.map((one) => new Trace(one, () => (this.dirty = true)));
    this.plot = this.made(dark);
    const [min, max] = looked ?? [Date.now() / 1000 - span.peek(), Date.now() / 1000];
    this.show(min, max);
    const timer = window.setInterval(() => this.draw(), PAUSE);
    const watch = new ResizeObserver(() => this.plot.setSize({ width: home.clientWidth, height: HEIGHT }));
    watch.observe(home);
    const wheel = (event: WheelEvent): void => this.wheel(event);
    home.addEventListener("wheel", wheel, { passive: false });
    this.leaving = [
      live.subscribe(() => this.again()),
      span.subscribe(() => this.again()),
      () => window.clearInterval(timer),
      () => watch.disconnect(),
      () => home.removeEventListener("wheel", wheel),
    ];
  }

  close(): void {
    looked = live.peek() ? null : this.range;
    for (const leave of this.leaving) leave();
    this.plot.destroy();
    for (const trace of this.traces) trace.close();
  }

  /** Move by a part of what is shown. */
  shift(part: number): void {
    const [min, max] = this.range;
    live.value = false;
    this.show(min + (max - min) * part, max + (max - min) * part);
  }

  private get range(): readonly [number, number] {
    const { min, max } = this.plot.scales["x"] ?? {};
    return [min ?? 0, max ?? 0];
  }

  private made(dark: boolean): uPlot {
    return new uPlot(
      {
        width: this.home.clientWidth, height: HEIGHT, ...timeAxes(dark, this.traces.map((trace) => trace.units), this.home.clientWidth < NARROW),
        series: [{}, ...this.traces.map((trace, index) => seriesOf(trace.key, trace.units, index))],
        cursor: { drag: { x: true, y: false }, points: { show: false } }, legend: { show: false },
        hooks: { setSelect: [() => (live.value = false)], setCursor: [() => this.read()] },
      },
      [[]],
      this.home,
    );
  }

  private again(): void {
    this.dirty = true;
    this.drawn = 0;
  }

  private draw(): void {
    if (document.visibilityState !== "visible") return;
    const now = Date.now();
    const pause = live.peek() ? (this.dirty ? 0 : (span.peek() * 1000) / FINE) : this.dirty ? STILL : Infinity;
    if (now - this.drawn < pause) return;
    if (!live.peek()) return this.show(...this.range);
    const newest = Math.max(now / 1000, ...this.traces.map((trace) => trace.times[trace.times.length - 1] ?? 0));
    this.show(newest - span.peek(), newest);
    this.read();
  }

  private show(from: number, to: number): void {
    this.dirty = false;
    this.drawn = Date.now();
    const all = !live.peek(); // for whoever looks back
    this.plot.setData(joined(this.traces, all ? 0 : from, all ? this.drawn / 1000 : to), false);
    this.plot.setScale("x", { min: from, max: to });
  }

  private read(): void {
    const { left } = this.plot.cursor;
    const at = left === undefined || left < 0 ? null : this.plot.posToVal(left, "x");
    this.told(this.traces.map((trace) => trace.textAt(at ?? Infinity)), at === null ? "" : `at ${formatTime(at)}`);
  }

  /** Closer or further, around what is under the pointer; only with Ctrl, so that the page still scrolls. */
  private wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const [min, max] = this.range;
    const centre = this.plot.posToVal(this.plot.cursor.left ?? 0, "x");
    const factor = event.deltaY > 0 ? 1.25 : 0.8;
    live.value = false;
    this.show(centre - (centre - min) * factor, centre + (max - centre) * factor);
  }
}
