"""Attribute updates per second of CPU time, that of the Process thread included; by who listens and what is checked."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from .measuring import Figure, Options

ROOT = Path(__file__).parent.parent
BLOCK = 20_000
"""Updates of each kind in turn: short enough that the machine is the same for all."""

TARGETS = {"without listeners": 1.0, "1 listener": 0.6}


def measure(options: Options) -> list[Figure]:
    """Million updates per CPU-second, in a process of its own."""
    count = options.size(10 * options.rounds, 1)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    block = options.size(BLOCK, 200)
    command = [sys.executable, "-m", "benchmarks.bench_updates", str(count), str(block)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, list[float]] = json.loads(done.stdout)
    figures = []
    for name, costs in found.items():
        parts = {"us each": statistics.median(costs)}
        rates = [1 / cost for cost in costs]
        target = None if options.tiny else TARGETS.get(name)
        figures.append(Figure.of(name, "M/s", rates, target, at_most=False, parts=parts))
    return figures


class Sink:
    """A listener's queue that takes everything and keeps the newest."""

    def __init__(self) -> None:
        self.heard = threading.Event()
        self.last: Any = None
        self.wanted: float | None = None

    def put(self, item: Any) -> None:
        self.last = item
        if self.wanted is not None and item[0].name == "Changes":
            reading = item[2].get("position")
            if reading is not None and reading.value == self.wanted:
                self.heard.set()


def costs(count: int, block: int) -> dict[str, list[float]]:
    """Microseconds of CPU time an update, of all threads, until every listener has heard the last one."""
    from macduff import Attribute, Device, Process, VDouble

    class Stage(Device):
        """A stage with nobody inside."""

        position = Attribute(VDouble(units="mm", precision=4), 0.0, "Where it is")
        guarded = Attribute(VDouble(units="mm", warning=(-1e9, 1e9), alarm=(-1e12, 1e12)), 0.0, "With alarm limits")

    sys.setswitchinterval(0.0005)  # as `macduff serve` does
    found: dict[str, list[float]] = {}
    with Process() as process:
        kinds: dict[str, Callable[[], float]] = {"a mutex, a clock and a tuple alone": partial(_yardstick, block)}
        listeners = {"without listeners": 0, "1 listener": 1, "10 listeners": 10}
        for name, number in listeners.items():
            stage, sinks = Stage(f"S{number}"), [Sink() for _ in range(number)]
            process.add(stage)
            for sink in sinks:
                process.listen(sink, stage.name, "position")
            kinds[name] = partial(_updates, stage.position, sinks, block)
        every, sink = Stage("EVERY"), Sink()
        process.add(every)
        process.listen(sink, every.name, "position", every=True)
        kinds["1 listener to every one"] = partial(_updates, every.position, [sink], block)
        guarded = Stage("GUARDED")
        process.add(guarded)
        kinds["alarm limits, without listeners"] = partial(_updates, guarded.guarded, [], block)
        for _ in range(count):
            for name, run in kinds.items():
                found.setdefault(name, []).append(run() / block * 1e6)
    return found


def _updates(attribute: Any, sinks: list[Sink], block: int) -> float:
    update, value = attribute.update, attribute.value
    last = value + block
    for sink in sinks:
        sink.heard.clear()
        sink.wanted = last
    before = time.process_time()
    for _ in range(block):
        value += 1.0
        update(value)
    for sink in sinks:
        assert sink.heard.wait(20), "the last update was not heard of"
    return time.process_time() - before


def _yardstick(block: int) -> float:
    """The least that such an update could be in Python."""

    class Bare:
        def __init__(self) -> None:
            self.mutex = threading.Lock()
            self.sequence = 0
            self.now: tuple[float, None, int, int] | None = None

        def update(self, value: float) -> None:
            with self.mutex:
                self.sequence = sequence = self.sequence + 1
                self.now = (value, None, time.time_ns(), sequence)

    update, value = Bare().update, 0.0
    before = time.process_time()
    for _ in range(block):
        value += 1.0
        update(value)
    return time.process_time() - before


if __name__ == "__main__":
    print(json.dumps(costs(int(sys.argv[1]), int(sys.argv[2]))))
