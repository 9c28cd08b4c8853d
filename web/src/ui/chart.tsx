// Which curves are drawn: any numbers of any devices, as the address names them.

import { useComputed } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { AttributeModel } from "../model/attribute";
import type { ProcessModel } from "../model/process";
import { go, route } from "../route";
import { Curves } from "./curves";

export function Chart({ process }: { process: ProcessModel }) {
  const keys = route.value.chart;
  const found = useComputed(() => route.value.chart.map((key) => attributeOf(process, key)));
  const devices = [...new Set(keys.map((key) => partsOf(key)[0]))].join(",");
  useEffect(() => {
    const leaving = devices.split(",").filter(Boolean).map((name) => process.device(name).use());
    return () => leaving.forEach((leave) => leave());
  }, [devices]);
  const home = useRef<HTMLElement>(null);
  useEffect(() => {
    const { current } = home;
    if (current && current.getBoundingClientRect().top < 0) current.scrollIntoView(); // whoever asked for it is further down
  }, []);
  const ready = found.value.filter((one) => one instanceof AttributeModel);
  const missing = keys.filter((_, index) => !found.value[index]);
  return (
    <section class="card chart" ref={home} aria-label="Chart">
      <Curves key={ready.map((one) => `${one.device}.${one.name}`).join(",")} attributes={ready} missing={missing} />
    </section>
  );
}

/** Device and attribute; the name of a device may have dots. */
function partsOf(key: string): [string, string] {
  const dot = key.lastIndexOf(".");
  return [key.slice(0, Math.max(0, dot)), key.slice(dot + 1)];
}

function attributeOf(process: ProcessModel, key: string): AttributeModel | null {
  const [device, name] = partsOf(key);
  return process.device(device).attribute(name);
}

/** Put an attribute on the chart, or take it off. */
export function toggle(key: string): void {
  const { device, chart } = route.peek();
  go(device, chart.includes(key) ? chart.filter((other) => other !== key) : [...chart, key]);
}
