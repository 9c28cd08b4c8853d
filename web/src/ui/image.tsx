// A 2-D array as a picture: colours by value, the newest frame wins.

import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { AttributeModel } from "../model/attribute";
import type { NumberArray } from "../model/values";
import { colourMap, MAPS, type MapName } from "./colours";

export function Image({ attribute, numbers }: { attribute: AttributeModel; numbers: NumberArray }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const map = useSignal<MapName>("viridis");
  const at = useSignal<readonly [number, number] | null>(null);
  const rate = useSignal(0);
  const [rows = 0, columns = 0] = numbers.shape;
  const held = useSignal<readonly [number, number] | null>(null);
  const [low, high] = held.value ?? rangeOf(numbers.data);
  const frames = useRef(0); // shown since it was last counted
  useEffect(() => paint(canvas.current, numbers, low, high, map.value), [numbers, map.value, low, high]);
  useEffect(() => {
    frames.current++;
  }, [numbers]);
  useEffect(() => {
    frames.current = 0;
    const timer = window.setInterval(() => {
      rate.value = frames.current;
      frames.current = 0;
    }, 1000);
    return () => window.clearInterval(timer);
  }, [attribute]);
  const point = (event: PointerEvent): void => {
    at.value = pixelAt(event.currentTarget as HTMLElement, event, rows, columns);
  };
  const [row, column] = at.value ?? [0, 0];
  const under = at.value && row < rows && column < columns ? `row ${row}, column ${column}: ${numbers.data[row * columns + column]}` : "";
  return (
    <figure class="picture">
      <canvas
        ref={canvas} width={columns} height={rows} role="img" aria-label={`${attribute.name}, ${rows} by ${columns}`}
        onPointerMove={point} onPointerLeave={() => (at.value = null)}
      />
      <figcaption>
        <span>{rows} × {columns}</span>
        <span class="scale" data-map={map.value}>{short(low)} <i class={map.value} /> {short(high)}</span>
        <button
          type="button" class="hold" aria-pressed={held.value !== null} title="keep this range for the frames to come"
          onClick={() => (held.value = held.value ? null : [low, high])}
        >
          {held.value ? "range held" : "hold range"}
        </button>
        <span>{rate.value} frames/s</span>
        <label>
          <span class="unseen">Colour map</span>
          <select value={map.value} onChange={(event) => (map.value = event.currentTarget.value as MapName)}>
            {MAPS.map((name) => <option value={name}>{name}</option>)}
          </select>
        </label>
        <output class="under">{under}</output>
      </figcaption>
    </figure>
  );
}

/** Row and column under the pointer: the picture is in the middle of its box, with room beside or above it. */
function pixelAt(canvas: HTMLElement, event: PointerEvent, rows: number, columns: number): readonly [number, number] | null {
  const box = canvas.getBoundingClientRect();
  const scale = Math.min(box.width / columns, box.height / rows);
  const column = Math.floor((event.clientX - box.left - (box.width - columns * scale) / 2) / scale);
  const row = Math.floor((event.clientY - box.top - (box.height - rows * scale) / 2) / scale);
  return column >= 0 && row >= 0 && column < columns && row < rows ? [row, column] : null;
}

function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "–";
}

function rangeOf(data: ArrayLike<number>): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let index = 0; index < data.length; index++) {
    const value = data[index] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function paint(
  canvas: HTMLCanvasElement | null, numbers: NumberArray, low: number, high: number, map: MapName,
): void {
  const context = canvas?.getContext("2d");
  const [rows = 0, columns = 0] = numbers.shape;
  if (!context || rows === 0 || columns === 0) return;
  const picture = context.createImageData(columns, rows);
  const pixels = new Uint32Array(picture.data.buffer);
  const colours = colourMap(map);
  const factor = high > low ? 255 / (high - low) : 0;
  for (let index = 0; index < pixels.length; index++) {
    const place = ((numbers.data[index] as number) - low) * factor;
    pixels[index] = colours[place < 0 ? 0 : place > 255 ? 255 : place | 0] as number;
  }
  context.putImageData(picture, 0, 0);
}
