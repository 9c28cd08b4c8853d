"""A laboratory for what a shell shows of its devices, as a program: serves them on a port and prints it.

Its devices go on when somebody lets them: SCAN does as many steps as `allowed`, SLIDER goes as far as `gate`. Lines on
stdin: `release` ends what STUBBORN does; each is answered by a line "done".
"""

from __future__ import annotations

import sys
import threading

import numpy as np

from macduff import Attribute, Device, DState, PausableDevice, Process, VArray, VDouble, VInt, publish_method
from macduff.servers.web import WebServer

released = threading.Event()


class Scan(PausableDevice):
    """Goes through its steps."""

    steps = Attribute(VInt(), 50, "How many a run has", parameter=True)
    allowed = Attribute(VInt(), 0, "How many may be done", writable=True)

    def do_configure(self) -> DState:
        self.total_steps.update(self.steps.value)
        return DState.Ready

    def do_run(self) -> DState:
        while self.completed_steps.value < self.total_steps.value:
            self.checkpoint(0.01)
            if self.completed_steps.value < self.allowed.value:
                self.completed_steps.update(self.completed_steps.value + 1)
        return DState.Ready


class Slider(Device):
    """A slider."""

    position = Attribute(VDouble(units="mm", precision=4), 0.0, "Where it is")
    gate = Attribute(VDouble(units="mm", control=(0, 100)), 1.0, "How far it may go", writable=True)
    heat = Attribute(VDouble(units="degC", precision=1, warning=(None, 40), alarm=(None, 60)), 20.0, writable=True)
    image = Attribute(VArray(np.uint8, 2), np.arange(12, dtype=np.uint8).reshape(3, 4), "What it sees")

    @publish_method(like={"target": "position"})
    def move(self, target: float) -> float:
        """Go to target (mm) and return where it ended (mm)."""
        while self.position.value < target:
            self.wait(0.01)
            self.position.update(min(target, self.gate.value))
        return self.position.value


class Stubborn(Device):
    """Does not do what it is told."""

    abort_grace = 600.0

    @publish_method
    def disobey(self) -> None:
        """Go on after an abort, until it is released."""
        released.wait()


def main(port: int) -> None:
    with Process() as process:
        for device in (Scan("SCAN"), Slider("SLIDER"), Stubborn("STUBBORN")):
            process.add(device)
        with WebServer(process, port=port) as server:
            print(server.address.rpartition(":")[2], flush=True)
            for line in sys.stdin:
                assert line.strip() == "release"
                released.set()
                print("done", flush=True)
        released.set()


if __name__ == "__main__":
    main(int(sys.argv[1]))
