"""A PyTango server with motors, in a process of its own: python -m tests.system.bluesky_tango.server PORT KIND.

KIND is `events` for motors that push their state, else they push nothing.
"""

# mypy: disable-error-code="misc, untyped-decorator"
# PyTango has no type information.
from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

import tango
import tango.server
from tango import AttrWriteType, DevState
from tango.server import Device, attribute, command

from tests.support import free_port

__all__ = ["MOTORS", "OTHER", "STATION", "MotorProgram"]

ROOT = Path(__file__).parents[3]
MOTORS = ("test/motor/one", "test/motor/two", "test/motor/three")
OTHER, STATION = "test/other/one", "test/station/one"
RW = AttrWriteType.READ_WRITE


class MotorProgram:
    """The program from the side of the tests."""

    def __init__(self, kind: str = "events") -> None:
        self.kind, self.port = kind, free_port()
        self.process: subprocess.Popen[str] | None = None

    def device(self, name: str = MOTORS[0]) -> str:
        return f"tango://127.0.0.1:{self.port}/{name}#dbase=no"

    def start(self) -> Self:
        command = [sys.executable, "-u", "-m", "tests.system.bluesky_tango.server", str(self.port), self.kind]
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


# the program


class Motor(Device):
    """A simulated axis: it takes its time for a way, and says MOVING while it does."""

    pushes = False

    Position = attribute(
        dtype=float, access=RW, unit="mm", format="%8.3f", min_value=-1000, max_value=1000, doc="where it is",
    )  # fmt: skip
    Velocity = attribute(dtype=float, access=RW, unit="mm/s")
    Lag = attribute(dtype=float, access=RW, unit="s", doc="from the write to the beginning of the way")
    Reads = attribute(dtype=int, doc="how often the position was read")
    Stops = attribute(dtype=int, doc="how often it was told to stop")

    def init_device(self) -> None:
        super().init_device()
        self.start = self.end = 0.0
        self.begun = time.monotonic()
        self.velocity, self.lag, self.reads, self.stops = 10.0, 0.0, 0, 0
        self.timer: threading.Timer | None = None
        self.guard = threading.RLock()
        self.set_state(DevState.ON)
        if self.pushes:
            self.set_change_event("State", True, False)

    def now(self) -> float:
        gone = max(0.0, time.monotonic() - self.begun) * self.velocity
        way = self.end - self.start
        return self.end if gone >= abs(way) else self.start + (gone if way > 0 else -gone)

    def read_Position(self) -> float:
        self.reads += 1
        return self.now() if self.get_state() == DevState.MOVING else self.start

    def write_Position(self, value: float) -> None:
        with self.guard:
            if self.get_state() == DevState.MOVING:
                raise RuntimeError("it is moving")
            self.end = value
            if self.lag > 0:
                self.later(self.lag, self.begin)
            else:
                self.begin()

    def later(self, seconds: float, function: Any) -> None:
        def run() -> None:
            with tango.EnsureOmniThread():
                function()

        self.timer = threading.Timer(seconds, run)
        self.timer.daemon = True
        self.timer.start()

    def begin(self) -> None:
        with self.guard:
            self.begun = time.monotonic()
            self.tell(DevState.MOVING)
            duration = abs(self.end - self.start) / self.velocity
            if duration < 1e-4:
                self.arrive()
            else:
                self.later(duration, self.arrive)

    def arrive(self) -> None:
        with self.guard:
            if self.get_state() == DevState.MOVING:
                self.start = self.end
                self.tell(DevState.ON)

    def tell(self, state: DevState) -> None:
        self.set_state(state)
        if self.pushes:
            self.push_change_event("State", state)

    def read_Velocity(self) -> float:
        return self.velocity

    def write_Velocity(self, value: float) -> None:
        self.velocity = value

    def read_Lag(self) -> float:
        return self.lag

    def write_Lag(self, value: float) -> None:
        self.lag = value

    def read_Reads(self) -> int:
        return self.reads

    def read_Stops(self) -> int:
        return self.stops

    @command
    def Stop(self) -> None:
        with self.guard:
            self.stops += 1
            if self.timer is not None:
                self.timer.cancel()
            if self.get_state() == DevState.MOVING:
                self.start = self.end = self.now()
                self.tell(DevState.ON)

    @command
    def Break(self) -> None:
        with self.guard:
            if self.timer is not None:
                self.timer.cancel()
            self.start = self.end = self.now()
            self.tell(DevState.FAULT)


class PushingMotor(Motor):
    """The same, which pushes its state."""

    pushes = True


class Other(Device):
    """Names that are hard to tell apart, an attribute that cannot be read, commands with arguments."""

    lim_ited_value = attribute(dtype=float, access=RW)
    CamelCase = attribute(dtype=int, access=RW)
    a_b = attribute(dtype=int)
    ab_ = attribute(dtype=int)
    fixed = attribute(dtype=float)
    broken = attribute(dtype=float)
    wave = attribute(dtype=(float,), max_dim_x=5, access=RW)
    touched = attribute(dtype=int, doc="how often any attribute was read")

    def init_device(self) -> None:
        super().init_device()
        self.values: dict[str, Any] = {"lim_ited_value": 1.5, "CamelCase": 2, "wave": [1.0, 2.0]}
        self.count = 0
        self.set_state(DevState.ON)

    def read_lim_ited_value(self) -> float:
        self.count += 1
        return float(self.values["lim_ited_value"])

    def write_lim_ited_value(self, value: float) -> None:
        self.values["lim_ited_value"] = value

    def read_CamelCase(self) -> int:
        self.count += 1
        return int(self.values["CamelCase"])

    def write_CamelCase(self, value: int) -> None:
        self.values["CamelCase"] = value

    def read_a_b(self) -> int:
        return 1

    def read_ab_(self) -> int:
        return 2

    def read_fixed(self) -> float:
        return 4.5

    def read_broken(self) -> float:
        self.count += 1
        raise RuntimeError("no sensor")

    def read_wave(self) -> Any:
        return self.values["wave"]

    def write_wave(self, value: Any) -> None:
        self.values["wave"] = value

    def read_touched(self) -> int:
        return self.count

    @command(dtype_in=float, dtype_out=float)
    def Double(self, value: float) -> float:
        return 2 * value

    @command
    def Reset(self) -> None:
        self.values["lim_ited_value"] = 0.0


class Station(Device):
    """What the page about Tango devices in plans takes as its example."""

    Pressure = attribute(dtype=float, unit="mbar", format="%6.1f")
    PressureMbar = attribute(dtype=float, unit="mbar")
    Gain = attribute(dtype=int, access=RW, min_value=1, max_value=10)
    gain = 1

    def read_Pressure(self) -> float:
        return 1013.25 / self.gain

    read_PressureMbar = read_Pressure

    def read_Gain(self) -> int:
        return self.gain

    def write_Gain(self, value: int) -> None:
        self.gain = value

    @command(dtype_in=float, dtype_out=float)
    def Scale(self, factor: float) -> float:
        return factor * self.gain

    @command
    def Reset(self) -> None:
        self.gain = 1

    @command
    def ResetAll(self) -> None:
        self.gain = 1


def main() -> None:
    port, kind = sys.argv[1:3]
    motor = PushingMotor if kind == "events" else Motor
    arguments = [
        "MacduffMotors", "test", "-ORBendPoint", f"giop:tcp:127.0.0.1:{port}", "-nodb", "-dlist",
        ",".join([*(f"{motor.__name__}::{name}" for name in MOTORS), f"Other::{OTHER}", f"Station::{STATION}"]),
    ]  # fmt: skip
    tango.server.run((motor, Other, Station), args=arguments)


if __name__ == "__main__":
    main()
