"""macduff's PVAccess server."""

from __future__ import annotations

import json

from macduff.servers.pva import PvaServer

from .ours import process


def main() -> None:
    found, ticker = process()
    with PvaServer(found, port=0) as server:
        print(json.dumps({"conf": server.environment}), flush=True)
        ticker.follow_stdin()


if __name__ == "__main__":
    main()
