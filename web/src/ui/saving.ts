// Files for whoever looks at the page.

export function saveText(name: string, text: string): void {
  save(name, new Blob([text], { type: "text/csv" }));
}

/** A canvas has no ground of its own. */
export function savePicture(name: string, canvas: HTMLCanvasElement, dark: boolean): void {
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext("2d");
  if (!context) return;
  context.fillStyle = dark ? "#1a212a" : "#ffffff";
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  copy.toBlob((blob) => blob && save(name, blob), "image/png");
}

function save(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
