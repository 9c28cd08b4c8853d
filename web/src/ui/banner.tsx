// Says that the connection is gone, for as long as it is.

import type { Session } from "../wire/session";

export function Banner({ session }: { session: Session }) {
  const link = session.link.value;
  const first = session.epoch.value === 0;
  if (link === "connected" || (link === "connecting" && first)) return null;
  return (
    <div class="banner" role="alert">
      <span>
        {first ? "The server cannot be reached." : "The connection to the server is gone."} What you see may be old.
        It is tried again by itself.
      </span>
      <button type="button" onClick={() => session.retry()}>Try now</button>
    </div>
  );
}
