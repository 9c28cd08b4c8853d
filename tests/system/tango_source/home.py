"""A Process served over PVAccess or Tango, in a program of its own: python -m tests.system.tango_source.home KIND PORT.

Prints its address and its clients' environment in JSON once clients can connect; ends with its standard input.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import numpy as np

from macduff import Attribute, Device, Process, VArray, VDouble, VEnum, publish_method

__all__ = ["Home"]

ROOT = Path(__file__).parents[3]


class Stage(Device):
    """A stage at home."""

    position = Attribute(VDouble(units="mm", precision=3, control=(-5, 5), warning=(-4, 4)), 1.0, "Where it is")
    mode = Attribute(VEnum(["slow", "fast"]), "fast", writable=True)
    trace = Attribute(VArray("float64"), np.array([1.0, 2.0]))

    @position.on_put
    def _go(self, target: float) -> None:
        self.position.update(target)

    @publish_method
    def home(self) -> None:
        """To the middle."""
        self.position.update(0.0)

    @publish_method
    def hold(self) -> None:
        """Until it is aborted."""
        while True:
            self.wait(10.0)

    @publish_method
    def fail(self) -> None:
        """Always fails."""
        raise RuntimeError("the stage is on fire")

    @publish_method
    def scale(self, factor: float) -> float:
        """The position times a factor."""
        return self.position.value * factor


class Home:
    """The program from the side of the tests."""

    def __init__(self, kind: str, port: int = 0) -> None:
        self.kind, self.port = kind, port
        self.address = ""
        self.environment: dict[str, str] = {}
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        command = [sys.executable, "-m", "tests.system.tango_source.home", self.kind, str(self.port)]
        command.append(self.environment.get("EPICS_PVA_BROADCAST_PORT", "0"))  # where clients still search
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = next(line for line in self.process.stdout if line.startswith("{"))
        told: dict[str, Any] = json.loads(line)
        self.address, self.environment = told["address"], told["environment"]
        self.port = int(self.address.rpartition(":")[2])
        return self

    def kill(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.communicate(timeout=10)


def main() -> None:
    kind, port = sys.argv[1], int(sys.argv[2])
    with Process("hutch") as process:
        process.add(Stage("STAGE"))
        if kind == "pva":
            from macduff.servers.pva import PvaServer as Server
        else:
            from macduff.servers.tango import TangoServer as Server  # type: ignore[assignment]  # of the same shape
        options: dict[str, Any] = {"search_port": int(sys.argv[3])} if kind == "pva" else {}
        with Server(process, port=port, **options) as server:
            print(json.dumps({"address": server.address, "environment": server.environment}), flush=True)
            sys.stdin.read()


if __name__ == "__main__":
    main()
