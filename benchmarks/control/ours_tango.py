"""macduff's Tango server."""

from __future__ import annotations

import json

from macduff.servers.tango import TangoServer

from .ours import process


def main() -> None:
    found, ticker = process()
    with TangoServer(found, port=0) as server:
        print(json.dumps({"device": server.device_address("BENCH")}), flush=True)
        ticker.follow_stdin()


if __name__ == "__main__":
    main()
