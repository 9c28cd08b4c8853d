"""PVAccess: macduff's server beside a bare p4p server and FastCS."""

from __future__ import annotations

import time
from collections.abc import Callable

from p4p.client.thread import Context
from p4p.nt import NTURI

from .control.comparing import compare
from .control.process import serve
from .measuring import Figure, Options


class PvaClient:
    """One kind of server, and p4p's client of it."""

    def __init__(self, who: str) -> None:
        self.served = serve(who, "pva")
        self._fastcs = who == "fastcs"
        self._contexts: list[Context] = []
        self._context = self._connect()
        reading, self._target, self._tick = (
            ("Reading", "BENCH:Target", "BENCH:Tick") if self._fastcs else ("reading", "BENCH:target", "BENCH:tick")
        )
        self._reading = f"BENCH:{reading}"
        self._request = NTURI([]).wrap(self._tick)

    def get(self) -> object:
        return self._context.get(self._reading)

    def put(self, value: float) -> object:
        return self._context.put(self._target, value)

    def call(self) -> object:
        if self._fastcs:  # its commands are puts that may be waited for
            return self._context.put(self._tick, True, request="record[block=true]field(value)")
        return self._context.rpc(self._tick, self._request)

    def _connect(self) -> Context:
        return Context("pva", conf=self.served.told["conf"], useenv=False)

    def subscribe(self, count: int) -> Callable[[], int]:
        seen = [0] * count
        for number in range(count):

            def heard(value: object, number: int = number) -> None:
                seen[number] += 1

            while not seen[number]:  # this client may lose a monitor whose first value comes too early
                context = self._connect()
                context.monitor(self._reading, heard)
                end = time.monotonic() + 2.0
                while not seen[number] and time.monotonic() < end:
                    time.sleep(0.002)
                if seen[number]:
                    self._contexts.append(context)
                else:
                    context.close()
        return lambda: sum(seen)

    def unsubscribe(self) -> None:
        contexts, self._contexts = self._contexts, []
        for context in contexts:
            context.close()


def measure(options: Options) -> list[Figure]:
    """The figures."""
    return compare("PVAccess", PvaClient, options)
