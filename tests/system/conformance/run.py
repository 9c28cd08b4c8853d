"""All cases over one protocol, as JSON on stdout: python -m tests.system.conformance.run websocket

A process of its own for each protocol's client: their libraries keep threads and global state.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Any

from .cases import CASES, outcome
from .probe import Bench, Probe

PROBES = {
    "websocket": ("websocket", "WebsocketProbe", "web"),
    "http": ("http", "HttpProbe", "web"),
    "pvaccess": ("pvaccess", "PvaProbe", "pva"),
    "channel-access": ("channel_access", "CaProbe", "ca"),
    "tango": ("tango", "TangoProbe", "tango"),
}


def main(protocol: str) -> dict[str, str]:
    module, name, server = PROBES[protocol]
    bench = Bench()
    try:
        os.environ.update(bench.listening[server]["environment"])
        probe: Any = getattr(import_module(f"tests.system.conformance.{module}"), name)(bench)
        try:
            return table(probe, bench)
        finally:
            probe.close()
    finally:
        bench.close()


def table(probe: Probe, bench: Bench) -> dict[str, str]:
    found: dict[str, str] = {}
    for case in CASES:
        try:
            found[f"{case.group}: {case.title}"] = outcome(case, probe, bench)
        except Exception as error:
            found[f"{case.group}: {case.title}"] = f"FAILED {type(error).__name__}: {error}"
    return found


if __name__ == "__main__":
    json.dump(main(sys.argv[1]), sys.stdout, indent=1)
