"""A p4p server in a process of its own: python -m tests.system.pva_source.server PORT SEARCH_PORT PREFIX KIND.

It does what it is told on standard input, a line of JSON each: {"post": {"X": 3.5}, "time": 1.5}.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

import numpy as np
from p4p import Type, Value
from p4p.nt import NTEnum, NTNDArray, NTScalar, NTTable
from p4p.server import Server, StaticProvider
from p4p.server.thread import SharedPV

from tests.support import free_port

__all__ = ["PvaProgram", "environment"]

ROOT = Path(__file__).parents[3]
TIME = 1_700_000_000.25
"""The time stamp, in s, of the first values of the PVs that the program makes."""
_PVI = "epics:nt/NTPVI:1.0"


class PvaProgram:
    """The program from the side of the tests; kill and start it as often as you like."""

    def __init__(self, prefix: str, kind: str = "all") -> None:
        self.prefix, self.kind = prefix, kind
        self.port, self.search_port = free_port(), free_port(socket.SOCK_DGRAM)
        self.process: subprocess.Popen[str] | None = None

    def start(self, kind: str = "") -> Self:
        command = [sys.executable, "-m", "tests.system.pva_source.server", str(self.port), str(self.search_port)]
        self.process = subprocess.Popen(
            [*command, self.prefix, kind or self.kind],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "up"
        return self

    def tell(self, **orders: Any) -> Any:
        """Have it do something; what it answers."""
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.write(json.dumps(orders) + "\n")
        self.process.stdin.flush()
        return json.loads(self._line())

    def _line(self) -> str:
        assert self.process is not None and self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line, "the server ended"
        return line

    def kill(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


def environment(*search_ports: int) -> dict[str, str]:
    """What makes PVAccess look at these servers of 127.0.0.1 and nowhere else."""
    return {
        "EPICS_PVA_ADDR_LIST": " ".join(f"127.0.0.1:{port}" for port in search_ports),
        "EPICS_PVA_AUTO_ADDR_LIST": "NO",
        "EPICS_PVA_BROADCAST_PORT": str(search_ports[0]),
        "EPICS_PVA_INTF_ADDR_LIST": "127.0.0.1",
        "EPICS_PVA_NAME_SERVERS": "",
    }


# the program


class Handler:
    """Takes every put but those that it is told to refuse, or to hold until it is told to let go."""

    def __init__(self) -> None:
        self.refuse = ""
        self.hold: threading.Event | None = None
        self.took: list[Any] = []

    def put(self, pv: SharedPV, op: Any) -> None:
        if self.hold is not None:
            self.hold.wait(30)
        if self.refuse:
            op.done(error=self.refuse)
            return
        value = op.value()
        raw = getattr(value, "raw", None)
        if raw is None:  # no number, text or label: as it came
            pv.post(value)
        else:
            self.took.append(raw["value.index" if raw.getID() == "epics:nt/NTEnum:1.0" else "value"])
            pv.post(value, timestamp=time.time())
        op.done()

    def rpc(self, pv: SharedPV, op: Any) -> None:
        op.done(error="no RPC here")


def _pvs() -> dict[str, SharedPV]:
    number = NTScalar("d", display=True, control=True, valueAlarm=True)
    first = {
        "value": 3.0, "display.units": "mm", "display.limitLow": -10, "display.limitHigh": 10, "display.format": "%.3f",
        "control.limitLow": 0, "control.limitHigh": 5, "valueAlarm.lowWarningLimit": -4,
        "valueAlarm.highWarningLimit": 4, "valueAlarm.lowWarningSeverity": 1, "valueAlarm.highWarningSeverity": 1,
    }  # fmt: skip
    made = {
        "X": (number, first),
        "X_RBV": (number, {**first, "value": 2.5, "alarm.severity": 1, "alarm.status": 1, "alarm.message": "near"}),
        "I": (NTScalar("i", display=True), 7),
        "FLAG": (NTScalar("?"), True),
        "TEXT": (NTScalar("s"), "käse"),
        "MODE": (NTEnum(), {"index": 1, "choices": ["slow", "fast"]}),
        "WAVE": (NTScalar("ad"), [1.0, 2.0]),
        "NAMES": (NTScalar("as"), ["a", "b"]),
        "LONG": (NTScalar("ab"), np.frombuffer(b"long text\0rubbish", np.int8)),
        "TABLE": (NTTable([("x", "d"), ("name", "s")]), [{"x": 1.0, "name": "one"}, {"x": 2.0, "name": "two"}]),
        "IMAGE": (NTNDArray(), np.arange(12, dtype=np.uint16).reshape(3, 4)),
    }
    pvs: dict[str, SharedPV] = {}
    for name, (nt, initial) in made.items():
        pvs[name] = SharedPV(handler=Handler(), nt=nt, initial=initial, timestamp=TIME)
    point = Type([("x", "d"), ("label", "s"), ("path", "ad")])
    pvs["POINT"] = SharedPV(
        handler=Handler(), initial=Value(Type([("value", point)]), {"value": {"x": 1.5, "label": "p"}})
    )
    scalar = ("S", "epics:nt/NTScalar:1.0", [("value", "d")])
    pvs["GROUP"] = SharedPV(
        handler=Handler(), initial=Value(Type([("a", scalar), ("b", scalar)]), {"a": {"value": 4.0}})
    )
    pvs["ODD"] = SharedPV(handler=Handler(), initial=Value(Type([("value", "v")])))
    return pvs


def _pvi(prefix: str, entries: dict[str, dict[str, str]]) -> SharedPV:
    spec = [(name, ("S", None, [(role, "s") for role in entry])) for name, entry in entries.items()]
    return SharedPV(initial=Value(Type([("value", ("S", None, spec))], id=_PVI), {"value": entries}))


def _entries(prefix: str) -> dict[str, dict[str, str]]:
    return {
        "x": {"r": f"{prefix}X_RBV", "w": f"{prefix}X"},
        "state": {"r": f"{prefix}MODE"},
        "mode": {"rw": f"{prefix}MODE"},
        "image": {"r": f"{prefix}IMAGE"},
        "odd": {"r": f"{prefix}ODD"},
        "wrong": {"q": f"{prefix}ODD"},
        "go": {"x": f"{prefix}FLAG"},
        "sub": {"d": f"{prefix}SUB:PVI"},
    }


def _others() -> dict[str, SharedPV]:
    """The same names, other types."""
    return {
        "X": SharedPV(handler=Handler(), nt=NTScalar("i", display=True), initial={"value": 40, "display.units": "um"},
                      timestamp=time.time()),
        "MODE": SharedPV(handler=Handler(), nt=NTEnum(), initial={"index": 2, "choices": ["a", "b", "c"]}),
        "WAVE": SharedPV(handler=Handler(), nt=NTScalar("as"), initial=["text", "now"]),
    }  # fmt: skip


class Program:
    def __init__(self, prefix: str, kind: str) -> None:
        self.prefix = prefix
        self.provider = StaticProvider("test")
        self.pvs = _others() if kind == "other" else _pvs()
        for name, pv in self.pvs.items():
            self.provider.add(prefix + name, pv)
        if kind != "other":
            self.pvi(_entries(prefix))
            self.provider.add(
                f"{prefix}SUB:PVI", _pvi(prefix, {"i": {"rw": f"{prefix}I"}, "names": {"r": f"{prefix}NAMES"}})
            )

    def pvi(self, entries: dict[str, dict[str, str]]) -> None:
        name = f"{self.prefix}PVI"
        if "PVI" in self.pvs:
            self.provider.remove(name)
            self.pvs["PVI"].close(destroy=True)
        self.pvs["PVI"] = _pvi(self.prefix, entries)
        self.provider.add(name, self.pvs["PVI"])

    def obey(self, order: dict[str, Any]) -> Any:
        stamp = order.get("time", time.time())
        for name, value in order.get("post", {}).items():
            pv = self.pvs[name]
            if isinstance(value, dict) and set(value) & {"display.units", "control.limitHigh"}:
                pv.post(value)
            elif name == "IMAGE":
                pv.post(np.array(value["pixels"], value["dtype"]), timestamp=stamp)
            else:
                pv.post(value, timestamp=stamp)
        if "large" in order:
            self.pvs["IMAGE"].post(np.zeros((order["large"], order["large"]), np.uint8), timestamp=stamp)
        for name in order.get("burst", ()):
            for number in range(200):
                self.pvs[name].post(float(number), timestamp=stamp)
        for name, text in order.get("refuse", {}).items():
            self.pvs[name]._handler.refuse = text
        for name, hold in order.get("hold", {}).items():
            handler = self.pvs[name]._handler
            if hold:
                handler.hold = threading.Event()
            elif handler.hold is not None:
                handler.hold.set()
        if order.get("again"):
            self.pvi(_entries(self.prefix))
        if "pvi" in order:
            self.pvi(order["pvi"])
        if "took" in order:
            return [str(value) for value in self.pvs[order["took"]]._handler.took]
        return None


def main() -> None:
    port, search, prefix, kind = sys.argv[1:5]
    program = Program(prefix, kind)
    conf = {
        "EPICS_PVAS_INTF_ADDR_LIST": "127.0.0.1", "EPICS_PVAS_SERVER_PORT": port, "EPICS_PVAS_BROADCAST_PORT": search,
        "EPICS_PVAS_AUTO_BEACON_ADDR_LIST": "NO", "EPICS_PVAS_BEACON_ADDR_LIST": "127.0.0.1",
    }  # fmt: skip
    with Server(providers=[program.provider], conf=conf, useenv=False):
        print("up", flush=True)
        for line in sys.stdin:
            print(json.dumps(program.obey(json.loads(line))), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
