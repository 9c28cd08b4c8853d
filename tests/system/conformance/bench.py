"""The device on all servers at once, in a process of its own: python -m tests.system.conformance.bench

Prints one line of JSON, server -> {"address", "environment"}, then does what its stdin says, a line "done" for each:
`remove`, `add`, `other` (the same name, another shape), `abort`.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from typing import Any

from macduff.core import Process
from macduff.servers.ca import CaServer
from macduff.servers.pva import PvaServer
from macduff.servers.tango import TangoServer
from macduff.servers.web import WebServer
from tests.system.conformance.device import Conformance, Other

NAME = "CONF"


def main() -> None:
    process = Process("conformance")
    process.add(Conformance(NAME))
    with ExitStack() as stack:
        stack.enter_context(process)
        servers: dict[str, Any] = {
            "web": WebServer(process, port=0),
            "pva": PvaServer(process, port=0),
            "ca": CaServer(process, port=0),
            "tango": TangoServer(process, port=0),
        }
        for server in servers.values():
            stack.enter_context(server)
        listening = {
            kind: {"address": server.address, "environment": getattr(server, "environment", {})}
            for kind, server in servers.items()
        }
        print(json.dumps(listening), flush=True)
        for line in sys.stdin:
            obey(process, line.strip())
            print("done", flush=True)


def obey(process: Process, command: str) -> None:
    if command == "abort":
        process.view(NAME).abort()
        return
    if NAME in process.devices:
        process.remove(NAME, force=True)
    if command == "add":
        process.add(Conformance(NAME))
    elif command == "other":
        process.add(Other(NAME))


if __name__ == "__main__":
    main()
