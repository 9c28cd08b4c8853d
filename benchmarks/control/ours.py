"""macduff with the device, for the servers that are compared."""

from __future__ import annotations

import sys

from macduff import Attribute, Device, Process, VDouble, publish_method

from .ticker import Ticker

__all__ = ["Bench", "process"]


class Bench(Device):
    """The device."""

    reading = Attribute(VDouble(units="mm"), 0.0)
    target = Attribute(VDouble(units="mm"), 0.0, writable=True)

    @publish_method
    def tick(self) -> int:
        """Say 1."""
        return 1


def process() -> tuple[Process, Ticker]:
    """A started Process with the device, and what updates it."""
    sys.setswitchinterval(0.0005)  # as `macduff serve` does
    bench = Bench("BENCH")
    found = Process("benchmark")
    found.add(bench)
    found.start()
    return found, Ticker(lambda count: bench.reading.update(float(count)))
