"""1 000 devices of 10 attributes on PVAccess and Tango: start, memory, and how soon a client has one that was added."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import psutil

from .control.process import Served
from .measuring import Figure, Options


def measure(options: Options) -> list[Figure]:
    """The figures."""
    count = options.size(1000, 20)
    figures = []
    for protocol, client in (("pva", pva), ("tango", tango)):
        with Served([sys.executable, "-m", "benchmarks.control.ours_many", protocol, str(count)]) as served:
            megabytes = psutil.Process(served.pid).memory_info().rss / 1e6
            added, removed = client(served, options.size(10, 2))
        name = f"{protocol}: {count} devices"
        figures += [
            Figure.of(f"{name}, up in", "s", [served.up_in], parts={"of it the server": served.told["server s"]}),
            Figure.of(f"{name}, memory", "MB", [megabytes]),
            Figure.of(f"{name}, one added, until a client has read it", "ms", added, 1000.0),
            Figure.of(f"{name}, one removed, until a client knows", "ms", removed),
        ]
    return figures


def milliseconds(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return (time.monotonic() - began) * 1e3


def pva(served: Served, times: int) -> tuple[list[float], list[float]]:
    from p4p.client.thread import Context, Disconnected

    added, removed = [], []
    for _ in range(times):
        with Context("pva", conf=served.told["environment"], useenv=False) as context:
            gone: list[object] = []

            def read(context: Context = context) -> None:
                served.say("add")
                served.answer()
                context.get("ONE:a0", timeout=10)

            added.append(milliseconds(read))
            context.monitor("ONE:a0", gone.append, notify_disconnect=True)
            while not gone or isinstance(gone[-1], Disconnected):
                time.sleep(0.001)

            def lose(gone: list[object] = gone) -> None:
                served.say("remove")
                served.answer()
                while not isinstance(gone[-1], Disconnected):
                    time.sleep(0.0005)

            removed.append(milliseconds(lose))
    return added, removed


def tango(served: Served, times: int) -> tuple[list[float], list[float]]:
    import tango as library

    added, removed = [], []
    name = f"{served.told['address']}/bench/macduff/one#dbase=no"
    for _ in range(times):

        def read() -> None:
            served.say("add")
            served.answer()
            while True:
                try:
                    library.DeviceProxy(name).read_attribute("a0")
                    return
                except library.DevFailed:
                    time.sleep(0.0005)

        def lose() -> None:
            proxy = library.DeviceProxy(name)
            served.say("remove")
            served.answer()
            try:
                while True:
                    proxy.read_attribute("a0")
                    time.sleep(0.0005)
            except library.DevFailed:
                return

        added.append(milliseconds(read))
        removed.append(milliseconds(lose))
    return added, removed
