// Lines to take elsewhere, each with a button that copies it.

import { useSignal } from "@preact/signals";
import { Icon } from "./icons";

export type Line = readonly [what: string, line: string];

export function Lines({ lines }: { lines: readonly Line[] }) {
  return (
    <>
      {lines.map(([what, line]) => [
        <dt>{what}</dt>,
        <dd class="line"><Copy what={what} text={line} /> <code>{line}</code></dd>,
      ])}
    </>
  );
}

function Copy({ what, text }: { what: string; text: string }) {
  const done = useSignal("");
  const copy = async (): Promise<void> => {
    done.value = (await copied(text)) ? "copied" : "not allowed: select it";
    window.setTimeout(() => (done.value = ""), 1500);
  };
  return (
    <span class="copy">
      <button type="button" class="quiet" aria-label={`Copy the line for ${what}`} title="Copy" onClick={() => void copy()}>
        <Icon name={done.value === "copied" ? "normal" : "copy"} />
      </button>
      <span role="status">{done.value}</span>
    </span>
  );
}

/** Only pages over https or of this machine may use the clipboard; others select a text and have it copied. */
async function copied(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  const before = document.activeElement;
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return done;
}

/** Where the server is, as the command line and the client take it. */
export function address(): string {
  const { protocol, host } = window.location;
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}`;
}

/** As Python writes it. */
export function python(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : `float("${String(value).toLowerCase()}")`;
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  return JSON.stringify(value);
}

/** As a shell takes it. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A device or a member of it, in Python: `device.position`, or getattr where it is no name of Python's. */
export function pythonOf(device: string, member: string): string {
  return `import macduff; macduff.connect("${address()}")[${JSON.stringify(device)}].${member}`;
}
