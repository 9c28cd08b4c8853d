"""A laboratory for clients, as a program: serves its devices on a port, prints it, and does what its stdin says.

Lines on stdin: `add NAME`, `remove NAME`, `burst COUNT`; each is answered by a line "done".
"""

from __future__ import annotations

import sys
import time
from typing import Literal, TypedDict

import numpy
import numpy.typing as npt

from macduff import Attribute, Device, Process, VArray, VDouble, VEnum, VInt, VString, VTable, publish_method
from macduff.servers.web import WebServer
from macduff.values import Table


class Sums(TypedDict):
    """What `scale` finds."""

    total: float
    first: float


class Stage(Device):
    """A linear stage."""

    position = Attribute(VDouble(units="mm", precision=4, display=(-10, 10)), 0.0, "Where it is")
    velocity = Attribute(VDouble(units="mm/s", control=(0.01, 5)), 1.0, "How fast it goes", writable=True)
    mode = Attribute(VEnum(["slow", "fast"]), "slow", writable=True)
    image = Attribute(VArray("uint16", 2), numpy.zeros((2, 3), "uint16"), writable=True)
    points = Attribute(VTable({"x": VDouble(units="mm"), "name": str}), writable=True)
    count = Attribute(VInt(), 0, "Calls of hold and disobey")
    doing = Attribute(VString(), "nothing")
    patience = Attribute(VDouble(units="s"), 0.0, "How long a put of this takes to be done", writable=True)

    @patience.on_put
    def _set_patience(self, value: float) -> None:
        self.doing.update("put")
        self.wait(value)
        self.patience.update(value)
        self.doing.update("nothing")

    @publish_method(busy="replace")
    def move(self, target: float, rate: float = 100.0) -> float:
        """Go to target (mm) and return where it ended (mm)."""
        while abs(left := target - self.position.value) > 1e-9:
            self.position.update(self.position.value + max(-rate / 100, min(rate / 100, left)))
            self.wait(0.01)
        return self.position.value

    @publish_method
    def hold(self) -> None:
        """Go on until aborted."""
        self.doing.update("hold")
        self.count.update(self.count.value + 1)
        while True:
            self.wait(1)

    @publish_method
    def disobey(self) -> None:
        """Go on for a while after an abort, which is not proper."""
        self.doing.update("disobey")
        self.count.update(self.count.value + 1)
        time.sleep(1.0)

    @publish_method(busy="allow")
    def scale(self, image: npt.NDArray[numpy.uint16], by: Literal["one", "two"] = "one") -> Sums:
        """The image's sum, times one or two, and that of its first line."""
        factor = 2.0 if by == "two" else 1.0
        return {"total": factor * float(image.sum()), "first": factor * float(image[0])}

    @publish_method
    def fail(self) -> None:
        """Raise."""
        raise RuntimeError("no such luck")


def main(port: int) -> None:
    with Process() as process:
        stage = Stage("STAGE")
        process.add(stage)
        stage.points.update(Table({"x": [], "name": []}))
        with WebServer(process, port=port) as server:
            print(server.address.rpartition(":")[2], flush=True)
            for line in sys.stdin:
                command, _, argument = line.strip().partition(" ")
                if command == "add":
                    process.add(Stage(argument))
                elif command == "remove":
                    process.remove(argument, force=True)
                elif command == "burst":
                    for number in range(1, int(argument) + 1):
                        stage.position.update(float(number))
                print("done", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
