"""A Tango server with pipes, in a process of its own: python -m tests.pipes.server PORT.  It takes PyTango 10.0.4."""

# mypy: disable-error-code="misc, no-redef, untyped-decorator"
# PyTango has no type information.
from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from tests.support import free_port

__all__ = ["CAMERA", "FRAME", "ROI", "PipeProgram", "again"]

ROOT = Path(__file__).parents[2]
CAMERA = "test/camera/one"
ROI: dict[str, Any] = {"x": 0, "y": 10, "width": 100, "gain": 1.5, "label": "all", "mask": [True, False]}
"""What the pipe Roi holds at first."""
FRAME: dict[str, Any] = {
    "number": 7,
    "exposure": 0.25,
    "name": "frame",
    "good": True,
    "state": "MOVING",
    "shape": [3, 2],
    "profile": [0.0, 0.5, 1.0],
    "bytes": [1, 255],
    "marks": ["a", "b"],
    "none": [],
    "camera": {"model": "simulated", "sensor": {"pixels": 6, "pitch": [5.5, 5.5]}},
}
"""What is read from the pipe Frame."""


class PipeProgram:
    """The program from the side of the tests."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    @property
    def camera(self) -> str:
        return f"tango://127.0.0.1:{self.port}/{CAMERA}#dbase=no"

    def start(self) -> Self:
        command = [sys.executable, "-u", "-W", "ignore::DeprecationWarning", "-m", "tests.pipes.server", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "Ready to accept request" in line:
                return self
        self.kill()
        raise AssertionError(f"the server ended: {''.join(said)}")

    def kill(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.communicate(timeout=10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


async def again(use: Any) -> Any:
    """Until it succeeds: Tango connects again a second after it failed to."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await use()
            except Exception:
                await asyncio.sleep(0.1)


# the program


def main() -> None:
    """Serve one camera until it is killed."""
    import tango
    from tango import CmdArgType
    from tango.server import Device, attribute, command, pipe

    class Camera(Device):
        """A device whose pipes hold all that a pipe can hold."""

        Reads = attribute(dtype=int, doc="how often Roi was read")
        Written = attribute(dtype=(str,), max_dim_x=20, doc="what was last written to Roi: names and types")

        def init_device(self) -> None:
            super().init_device()
            self.roi: Any = ("region", dict(ROI))
            self.reads = 0
            self.written: list[str] = []
            self.set_state(tango.DevState.ON)

        def read_Reads(self) -> int:
            return self.reads

        def read_Written(self) -> list[str]:
            return self.written

        @pipe(label="Region of interest")
        def Roi(self) -> Any:
            self.reads += 1
            return self.roi

        @Roi.write
        def Roi(self, blob: Any) -> None:
            name, elements = blob
            if any(element["name"] == "refused" for element in elements):
                raise RuntimeError("no such element")
            self.written = [name, *(f"{element['name']} {element['dtype']!s}" for element in elements)]
            self.roi = blob

        @pipe
        def Frame(self) -> Any:
            sensor = ("Sensor", {"pixels": 6, "pitch": [5.5, 5.5]})
            typed = {
                "number": CmdArgType.DevShort,
                "bytes": CmdArgType.DevVarCharArray,
                "shape": CmdArgType.DevVarLongArray,
                "profile": CmdArgType.DevVarFloatArray,
                "none": CmdArgType.DevVarDoubleArray,
            }
            values = {
                **FRAME,
                "state": tango.DevState.MOVING,
                "camera": ("Camera", {"model": "simulated", "sensor": sensor}),
            }
            return "Frame", [
                {"name": name, "value": value, **({"dtype": typed[name]} if name in typed else {})}
                for name, value in values.items()
            ]

        @pipe
        def Clock(self) -> Any:
            return "Clock", {"now": time.time()}

        @pipe
        def Broken(self) -> Any:
            raise RuntimeError("no sensor")

        @command(dtype_in=int)
        def Shift(self, x: int) -> None:
            """Have another x in Roi, which tells nobody."""
            self.roi = ("region", {**ROI, "x": x})

    arguments = ["MacduffPipes", "test", "-ORBendPoint", f"giop:tcp:127.0.0.1:{sys.argv[1]}", "-nodb", "-dlist", CAMERA]
    tango.server.run((Camera,), args=arguments)


if __name__ == "__main__":
    main()
