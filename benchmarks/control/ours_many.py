"""macduff with very many devices on one control system: python -m benchmarks.control.ours_many PROTOCOL COUNT

Takes lines "add" and "remove" on stdin: one device more, or that one away; answers {} when the Process has done it.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from typing import Any

from macduff import Attribute, Device, Process, VDouble

SERVERS = {"pva": "PvaServer", "ca": "CaServer", "tango": "TangoServer"}


class Ten(Device):
    """Ten attributes."""

    a0 = Attribute(VDouble(units="mm"), 0.0)
    a1 = Attribute(VDouble(units="mm"), 0.0)
    a2 = Attribute(VDouble(units="mm"), 0.0)
    a3 = Attribute(VDouble(units="mm"), 0.0)
    a4 = Attribute(VDouble(units="mm"), 0.0, writable=True)
    a5 = Attribute(VDouble(units="mm"), 0.0, writable=True)
    a6 = Attribute(VDouble(units="mm"), 0.0, writable=True)
    a7 = Attribute(VDouble(units="mm"), 0.0, writable=True)
    a8 = Attribute(VDouble(units="mm"), 0.0, writable=True)
    a9 = Attribute(VDouble(units="mm"), 0.0, writable=True)


def main() -> None:
    protocol, count = sys.argv[1], int(sys.argv[2])
    process = Process("bench")
    for number in range(count):
        process.add(Ten(f"D{number}"))
    process.start()
    server: Any = getattr(import_module(f"macduff.servers.{protocol}"), SERVERS[protocol])(process, port=0)
    began = time.monotonic()
    server.start()
    told = {"server s": time.monotonic() - began, "address": server.address, "environment": server.environment}
    print(json.dumps(told), flush=True)
    for line in sys.stdin:
        if line.strip() == "add":
            process.add(Ten("ONE"))
        else:
            process.remove("ONE")
        print("{}", flush=True)
    server.stop()


if __name__ == "__main__":
    main()
