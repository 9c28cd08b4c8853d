"""Tango: macduff's server beside a bare PyTango server and FastCS."""

from __future__ import annotations

import sys
from collections.abc import Callable

import tango

from .control.comparing import compare
from .control.process import Served, serve
from .measuring import Figure, Options


class TangoClient:
    """One kind of server, and PyTango's client of it."""

    def __init__(self, who: str) -> None:
        self.served = serve(who, "tango")
        self._device = self.served.told["device"]
        self._proxy = tango.DeviceProxy(self._device)
        self._events = who != "fastcs"  # it pushes none
        self._subscribers: list[Served] = []
        names = ("Reading", "Target", "Tick") if who == "fastcs" else ("reading", "target", "tick")
        self._reading, self._target, self._tick = names

    def get(self) -> object:
        return self._proxy.read_attribute(self._reading)

    def put(self, value: float) -> object:
        return self._proxy.write_attribute(self._target, value)

    def call(self) -> object:
        return self._proxy.command_inout(self._tick)

    def subscribe(self, count: int) -> Callable[[], int] | None:
        if not self._events:
            return None
        command = [sys.executable, "-m", "benchmarks.control.tango_subscriber", self._device, self._reading]
        self._subscribers = [Served(command) for _ in range(count)]

        def so_far() -> int:
            for subscriber in self._subscribers:
                subscriber.say("")
            return sum(subscriber.answer()["events"] for subscriber in self._subscribers)

        return so_far

    def unsubscribe(self) -> None:
        subscribers, self._subscribers = self._subscribers, []
        for subscriber in subscribers:
            subscriber.close()


def measure(options: Options) -> list[Figure]:
    """The figures."""
    return compare("Tango", TangoClient, options)
