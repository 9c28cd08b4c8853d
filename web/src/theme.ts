// Dark or light: as the system says, until somebody says otherwise.

import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const KEY = "macduff.theme";
const stored = read();
export const theme = signal<Theme>(stored === "light" || stored === "dark" ? stored : "system");
const system = window.matchMedia("(prefers-color-scheme: dark)");
/** Whether it is dark now; charts are drawn by it. */
export const dark = signal(isDark());

system.addEventListener("change", () => {
  dark.value = isDark();
});

effect(() => {
  dark.value = isDark();
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // a browser that stores nothing still shows the page
  }
});

function isDark(): boolean {
  return theme.value === "system" ? system.matches : theme.value === "dark";
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
