"""A laboratory for shells, as a program: serves its devices on a port, prints it, and does what its stdin says.

Lines on stdin: `add CLASS NAME`, `remove NAME`; each is answered by a line "done".
"""

from __future__ import annotations

import sys
from typing import Literal

from macduff import Attribute, Device, Process, VDouble, VEnum, publish_method
from macduff.servers.web import WebServer


class Stage(Device):
    """A linear stage."""

    position = Attribute(VDouble(units="mm", precision=3), 0.0, "Where it is")
    velocity = Attribute(VDouble(units="mm/s", control=(0.01, 5)), 1.0, "How fast it goes", writable=True)
    mode = Attribute(VEnum(["slow", "fast"]), "slow", "How it moves", writable=True)
    heat = Attribute(VDouble(units="degC", warning=(None, 40)), 20.0, writable=True)

    @publish_method
    def move(self, target: float, rate: float = 100.0) -> float:
        """Go to target (mm) and return where it ended (mm)."""
        while abs(left := target - self.position.value) > 1e-9:
            self.position.update(self.position.value + max(-rate / 100, min(rate / 100, left)))
            self.wait(0.01)
        return self.position.value

    @publish_method
    def scale(self, by: Literal["one", "two"] = "one") -> float:
        """One or two."""
        return 2.0 if by == "two" else 1.0

    @publish_method
    def fail(self) -> None:
        """Raise."""
        raise RuntimeError("the belt is torn")


class Camera(Device):
    """A camera."""

    exposure = Attribute(VDouble(units="s"), 0.1, "How long", writable=True)


class Pump(Device):
    """A pump that is switched off."""

    def do_connect(self) -> None:
        raise OSError("no answer")


CLASSES = {"Stage": Stage, "Camera": Camera, "Pump": Pump}


def main(port: int) -> None:
    with Process() as process:
        process.add(Stage("STAGE"))
        process.add(Stage("BL01:Y"))
        process.add(Camera("CAM"))
        with WebServer(process, port=port) as server:
            print(server.address.rpartition(":")[2], flush=True)
            for line in sys.stdin:
                match line.split():
                    case ["add", kind, name]:
                        process.add(CLASSES[kind](name))
                    case ["remove", name]:
                        process.remove(name, force=True)
                print("done", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
