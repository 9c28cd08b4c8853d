// What was asked from this page, newest first.

import { log } from "../model/log";
import { formatTime } from "../model/values";

export function Log() {
  const entries = log.value;
  const failed = entries.filter((entry) => entry.error).length;
  return (
    <details class="card log">
      <summary>Calls from this page{entries.length > 0 && ` (${entries.length}${failed ? `, ${failed} failed` : ""})`}</summary>
      {entries.length === 0 && <p class="none">Nothing was asked yet.</p>}
      <ol>
        {entries.map((entry) => (
          <li class={entry.error ? "refused" : ""}>
            <time>{formatTime(entry.time)}</time> <code>{entry.what}</code>{" "}
            <span class="came">{entry.took === null ? "under way" : entry.error || `done in ${entry.took.toFixed(0)} ms`}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
