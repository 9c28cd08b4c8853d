"""Start-up and memory of `macduff serve`: the demonstration, and 1, 100 and 1 000 devices."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from http.client import HTTPConnection

import psutil

from .measuring import Figure, Options
from .servers import Server, bare, serve

UP, MEMORY = 1.0, 80.0
SETTLED = 0.5
"""Seconds after which memory is read: what the start leaves behind is done by then."""


def measure(options: Options) -> list[Figure]:
    """Seconds until the port answers (wall and CPU) and resident memory then, the kinds in turn."""
    kinds: dict[str, Callable[[], AbstractContextManager[Server]]] = {
        "the demonstration": lambda: serve(demo=True),
        "1 device": lambda: _stages(1),
        "100 devices": lambda: _stages(options.size(100, 2)),
        "1 000 devices": lambda: _stages(options.size(1000, 3)),
        "bare aiohttp": bare,
    }
    found: dict[str, list[dict[str, float]]] = {name: [] for name in kinds}
    for _ in range(options.rounds):
        for name, start in kinds.items():
            found[name].append(_start(start, options.size(1, 0) * SETTLED))
    figures = []
    for name, runs in found.items():
        demo = name == "the demonstration" and not options.tiny
        cpu = sorted(run["cpu"] for run in runs)[len(runs) // 2]
        ups, memory = [run["up"] for run in runs], [run["memory"] for run in runs]
        figures.append(Figure.of(f"up: {name}", "s", ups, UP if demo else None, parts={"CPU s": cpu}))
        figures.append(Figure.of(f"memory: {name}", "MB", memory, MEMORY if demo else None))
    return figures


def _stages(count: int) -> AbstractContextManager[Server]:
    return serve({"class": "benchmarks.devices.Stage", "name": f"S{index}"} for index in range(count))


def _start(start: Callable[[], AbstractContextManager[Server]], settled: float) -> dict[str, float]:
    with start() as server:
        up, cpu = server.up_in, server.cpu()
        connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.request("GET", "/metrics")
        connection.getresponse().read()
        connection.close()
        time.sleep(settled)
        memory = psutil.Process(server.pid).memory_info().rss / 1e6
    return {"up": up, "cpu": cpu, "memory": memory}
