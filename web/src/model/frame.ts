// What changed is shown once a frame, however often it changed meanwhile.

const DIRTY = new Set<() => void>();
let waiting = false;
const HIDDEN_PAUSE = 250;

/** Have it done with the next frame; the same function once only. */
export function nextFrame(show: () => void): void {
  DIRTY.add(show);
  if (waiting) return;
  waiting = true;
  if (document.visibilityState === "visible") requestAnimationFrame(flush);
  else window.setTimeout(flush, HIDDEN_PAUSE); // a hidden page gets no frames
}

function flush(): void {
  waiting = false;
  const all = [...DIRTY];
  DIRTY.clear();
  for (const show of all) show();
}
