"""A Tango server with one motor and no database: python tango_server.py PORT"""

# mypy: disable-error-code="misc, untyped-decorator"
# PyTango has no type information.
from __future__ import annotations

import sys
import time

from tango import AttrWriteType, DevState
from tango.server import Device, attribute, command, run

DEVICE = "lab/motor/1"
RW = AttrWriteType.READ_WRITE


class Motor(Device):
    """It goes `Velocity` mm in a second, and says MOVING until it is there."""

    Position = attribute(dtype=float, access=RW, unit="mm", format="%8.3f", min_value=-10, max_value=10)
    Velocity = attribute(dtype=float, access=RW, unit="mm/s")
    Spectrum = attribute(dtype=(int,), max_dim_x=8)
    Low_Limit = attribute(dtype=float, unit="mm")
    LowLimit = attribute(dtype=bool, doc="whether it is there")
    Reads = attribute(dtype=int, doc="how often Position was read")

    def init_device(self) -> None:
        super().init_device()
        self.velocity, self.reads = 10.0, 0
        self.begin, self.end, self.begun = 0.0, 0.0, time.monotonic()
        self.set_state(DevState.ON)

    def now(self) -> float:
        gone = (time.monotonic() - self.begun) * self.velocity
        way = self.end - self.begin
        return self.end if gone >= abs(way) else self.begin + (gone if way > 0 else -gone)

    def dev_state(self) -> DevState:
        return DevState.ON if self.now() == self.end else DevState.MOVING

    def read_Position(self) -> float:
        self.reads += 1
        return self.now()

    def write_Position(self, value: float) -> None:
        self.begin, self.end, self.begun = self.now(), value, time.monotonic()

    def read_Velocity(self) -> float:
        return self.velocity

    def write_Velocity(self, value: float) -> None:
        self.velocity = value

    def read_Spectrum(self) -> list[int]:
        return [1, 2, 3]

    def read_Low_Limit(self) -> float:
        return -10.0

    def read_LowLimit(self) -> bool:
        return self.now() <= -10.0

    def read_Reads(self) -> int:
        return self.reads

    @command
    def Stop(self) -> None:
        self.begin = self.end = self.now()

    @command(dtype_in=float, dtype_out=float)
    def Double(self, value: float) -> float:
        return 2 * value


if __name__ == "__main__":
    run((Motor,), args=["Motor", "example", "-ORBendPoint", f"giop:tcp:127.0.0.1:{sys.argv[1]}",
                        "-nodb", "-dlist", f"Motor::{DEVICE}"])  # fmt: skip
