"""A Process with a web server, run by the tests of mounted devices: python -m tests.system.mount.home PORT [SHAPE].

Prints its port once it listens. SHAPE "other" gives the stage another type and other members.
"""

from __future__ import annotations

import sys

import numpy as np

from macduff import Attribute, Device, PausableDevice, VArray, VDouble, VEnum, VInt, publish_method
from macduff.core import Process
from macduff.devices import Detector
from macduff.servers.web import WebServer


class Stage(Device):
    """A stage at home."""

    position = Attribute(VDouble(units="mm", precision=3, control=(-5, 5), warning=(-4, 4)), 0.0, "Where it is")
    mode = Attribute(VEnum(["slow", "fast"]), "slow", writable=True)
    trace = Attribute(VArray(np.dtype("float64")), np.zeros(3))

    @position.on_put
    def _go(self, target: float) -> None:
        self.position.update(target)
        self.trace.update(np.full(3, target))

    @publish_method
    def scale(self, factor: float, offset: float = 0.0) -> float:
        """The position times a factor."""
        return self.position.value * factor + offset

    @publish_method
    def fail(self) -> None:
        """Always fails."""
        raise RuntimeError("the stage is on fire")

    @publish_method
    def hold(self) -> None:
        """Until it is aborted."""
        while True:
            self.wait(10.0)


class OtherStage(Device):
    """The same name, another shape."""

    position = Attribute(VInt(units="steps"), 7, writable=True)
    temperature = Attribute(VDouble(units="K"), 300.0)


class Slow(PausableDevice):
    """Steps that wait for nobody."""

    steps = Attribute(VInt(), 200, parameter=True)

    def do_configure(self) -> None:
        self.total_steps.update(self.steps.value)

    def do_run(self) -> None:
        while self.completed_steps.value < self.total_steps.value:
            self.checkpoint(timeout=0.01)
            self.completed_steps.update(self.completed_steps.value + 1)


def main() -> None:
    port, shape = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    process = Process()
    process.add(OtherStage("STAGE") if shape == "other" else Stage("STAGE"))
    process.add(Detector("DET"))
    process.add(Slow("SLOW"))
    with process, WebServer(process, port=port) as server:
        print(server.address.rpartition(":")[2], flush=True)
        for line in sys.stdin:
            if line.strip() == "remove":
                process.remove("STAGE", force=True)
            elif line.strip() == "add":
                process.add(Stage("STAGE"))
            print("done", flush=True)


if __name__ == "__main__":
    main()
