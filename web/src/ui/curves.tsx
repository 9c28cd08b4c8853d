// A strip chart with its buttons, and what each curve is.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { AttributeModel } from "../model/attribute";
import { dark } from "../theme";
import { toggle } from "./chart";
import { csvOf } from "./curvedata";
import { Icon } from "./icons";
import { COLOURS } from "./plotting";
import { savePicture, saveText } from "./saving";
import { live, span, Strip } from "./strip";

const SPANS: readonly [number, string][] = [[30, "30 s"], [120, "2 min"], [600, "10 min"], [3600, "1 h"]];

interface Props {
  attributes: readonly AttributeModel[];
  /** What the address names and no device has, or has not yet. */
  missing: readonly string[];
}

export function Curves({ attributes, missing }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const strip = useRef<Strip | null>(null);
  const readings = useSignal<readonly string[]>([]);
  const when = useSignal("");
  const isDark = dark.value;
  useEffect(() => {
    if (!box.current || attributes.length === 0) return;
    const made = new Strip(box.current, attributes, isDark, (texts, then) => {
      if (texts.join() !== readings.peek().join()) readings.value = texts;
      when.value = then;
    });
    strip.current = made;
    return () => made.close();
  }, [isDark, attributes.length]);
  return (
    <>
      <Tools strip={() => strip.current} />
      <div class="tools keys">
        {attributes.map((one, index) => (
          <button type="button" class="key" title="Take it off" onClick={() => toggle(`${one.device}.${one.name}`)}>
            <i class={`colour c${index % COLOURS.length}`} /> {one.device}.{one.name} <b>{readings.value[index]}</b> <Icon name="refused" />
          </button>
        ))}
        {missing.map((key) => (
          <button type="button" class="key missing" title="Take it off" onClick={() => toggle(key)}>{key} is not here <Icon name="refused" /></button>
        ))}
        <span class="when">{when}</span>
      </div>
      <div ref={box} class="curves" />
    </>
  );
}

function Tools({ strip }: { strip: () => Strip | null }) {
  const picture = (): void => {
    const now = strip();
    if (now) savePicture("macduff.png", now.plot.ctx.canvas, dark.peek(), now.traces.map((trace) => trace.key));
  };
  const choose = (seconds: number): void => {
    span.value = seconds;
    live.value = true;
  };
  return (
    <div class="tools">
      <span class="choices" role="group" aria-label="Time shown">
        {SPANS.map(([seconds, text]) => (
          <button type="button" aria-pressed={live.value && span.value === seconds} onClick={() => choose(seconds)}>{text}</button>
        ))}
      </span>
      <span class="choices">
        <button type="button" aria-label="Earlier" title="Earlier" onClick={() => strip()?.shift(-0.5)}>‹</button>
        <button type="button" aria-label="Later" title="Later" onClick={() => strip()?.shift(0.5)}>›</button>
      </span>
      <button type="button" aria-pressed={!live.value} onClick={() => (live.value = !live.value)}>{live.value ? "Pause" : "Back to live"}</button>
      <span class="choices saving">
        <button type="button" title="Save the values" onClick={() => saveText("macduff.csv", csvOf(strip()?.traces ?? []))}>CSV</button>
        <button type="button" title="Save the picture" onClick={picture}>PNG</button>
      </span>
    </div>
  );
}
