// Files for whoever looks at the page.

import { COLOURS } from "./plotting";

const HEAD = 26; // for what the curves are

export function saveText(name: string, text: string): void {
  save(name, new Blob([text], { type: "text/csv" }));
}

/** A canvas of curves, which has no ground of its own, with their names above it. */
export function savePicture(name: string, canvas: HTMLCanvasElement, dark: boolean, labels: readonly string[]): void {
  const copy = document.createElement("canvas");
  const scale = window.devicePixelRatio;
  copy.width = canvas.width;
  copy.height = canvas.height + HEAD * scale;
  const context = copy.getContext("2d");
  if (!context) return;
  context.fillStyle = dark ? "#1a212a" : "#ffffff";
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, HEAD * scale);
  context.scale(scale, scale);
  context.font = "13px system-ui";
  let left = 12;
  labels.forEach((label, index) => {
    context.fillStyle = COLOURS[index % COLOURS.length] as string;
    context.fillRect(left, 13, 14, 4);
    context.fillStyle = dark ? "#e6ebf1" : "#16202b";
    context.fillText(label, left + 20, 19);
    left += context.measureText(label).width + 40;
  });
  copy.toBlob((blob) => blob && save(name, blob), "image/png");
}

function save(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
