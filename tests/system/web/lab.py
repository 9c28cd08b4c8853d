"""A laboratory to serve in tests; as a program it serves it in a process of its own and prints its address."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
import threading
import time
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any

import numpy

from macduff.core import Attribute, Device, Process, creatable, publish_method
from macduff.limits import DEFAULTS
from macduff.servers.web import WebServer
from macduff.values import VAction, VArray, VBool, VDouble, VEnum, VInt, VMap, VString, VTable

__all__ = ["Bench", "Mode", "Spare"]

PAIR = VMap({"x": VDouble(units="mm"), "n": VInt()})


class Mode(Enum):
    SLOW = "slow"
    FAST = "fast"


class Bench(Device):
    """One attribute of each kind, and methods that end in each way."""

    position = Attribute(VDouble(units="mm", precision=4, display=(-10, 10), warning=(-8, 8)), 0.0, "Where it is")
    velocity = Attribute(VDouble(units="mm/s", control=(0.01, 5)), 1.0, "How fast it goes", writable=True)
    counter = Attribute(VInt(bits=16, units="counts", control=(0, None)), 0, "How many", writable=True)
    title = Attribute(VString(), "", "What is written on it", writable=True)
    mode = Attribute(VEnum(Mode), Mode.SLOW, "How it goes", writable=True)
    on = Attribute(VBool(), False, "Whether it is on", writable=True)
    wave = Attribute(VArray("float64", units="V"), numpy.zeros(3), "A signal", writable=True)
    image = Attribute(VArray("uint16", shape=(2, 3)), description="A picture", writable=True)
    rows = Attribute(VTable({"x": VDouble(units="mm"), "name": str}), description="A table", writable=True)
    pair = Attribute(PAIR, description="Two numbers", writable=True)
    press = Attribute(VAction(), description="Counts how often it was pressed")
    presses = Attribute(VInt(), 0, "How often")
    load = Attribute(VArray("float64"), description="Something large")

    @press.on_put
    def _press(self, _: None) -> None:
        self.presses.update(self.presses.value + 1)

    @publish_method
    def add(self, a: float, b: float = 1.0) -> float:
        """Add two numbers.

        The second is 1 when it is not given.
        """
        return a + b

    @publish_method
    def shift(self, by: Annotated[float, VDouble(units="mm", control=(-1, 1))]) -> None:
        """Move a little (mm)."""
        self.position.update(self.position.value + by)

    @publish_method
    def split(self, value: float) -> Annotated[Mapping[str, Any], PAIR]:
        """A number as two."""
        return {"x": value, "n": round(value) if math.isfinite(value) else 0}

    @publish_method
    def echo(self, values: Annotated[Any, VArray("float64")]) -> Annotated[Any, VArray("float64")]:
        """The same again."""
        return values

    @publish_method
    def fail(self) -> None:
        """Go wrong."""
        raise RuntimeError("the motor is on fire")

    @publish_method
    def nap(self, seconds: Annotated[float, VDouble(units="s", control=(0, 100))]) -> float:
        """Wait, in short steps that are counted; return how long (s)."""
        for _ in range(round(seconds / 0.02)):
            self.wait(0.02)
            self.presses.update(self.presses.value + 1)
        return seconds

    @publish_method
    def fill(self, size: int) -> None:
        """Make the load so large."""
        self.load.update(numpy.random.default_rng(1).random(size))


@creatable
class Spare(Device):
    """Created by clients."""

    level = Attribute(VInt(), 0, writable=True)

    def __init__(self, name: str, level: int = 3) -> None:
        super().__init__(name)
        self.level.update(level)


def tick(bench: Bench, rate: float, bulk: int, over: threading.Event) -> None:
    """Update position and wave (`bulk` numbers) so many times a second until it is over."""
    step = 0
    wave = numpy.random.default_rng(1).random(bulk)
    while not over.wait(1 / rate):
        step += 1
        bench.position.update(step / 1000 % 8)
        if bulk:
            wave[0] = step
            bench.wave.update(wave)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--devices", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0.0, help="updates a second of the first device's position")
    parser.add_argument("--bulk", type=int, default=0, help="numbers in its wave, updated as often")
    parser.add_argument("--limits", type=json.loads, default={})
    options = parser.parse_args()
    limits = dataclasses.replace(DEFAULTS, **options.limits)
    over = threading.Event()
    with Process(limits=limits) as process, WebServer(process, port=0, limits=limits) as server:
        benches = [Bench("BENCH" if index == 0 else f"BENCH{index}") for index in range(options.devices)]
        for bench in benches:
            process.add(bench)
        process.block.offer(Spare)
        ticker = threading.Thread(target=tick, args=(benches[0], options.rate, options.bulk, over))
        if options.rate:
            ticker.start()
        print(server.address, time.time(), flush=True)
        sys.stdin.read()  # until whoever started us closes it
        over.set()
        if options.rate:
            ticker.join()


if __name__ == "__main__":
    main()
