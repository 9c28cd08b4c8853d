"""A Tango server of motors that arrive at once and of detectors, which push changes: says where it is on stdout."""

# mypy: disable-error-code="misc, untyped-decorator"
# PyTango has no type information.
from __future__ import annotations

import json
import socket
import threading

import tango
from tango import AttrWriteType, DevState
from tango.server import Device, attribute, command, run

CHANNELS = 8


class Axis(Device):
    """Each move begins with MOVING and ends with ON, both pushed, as far apart as threads are."""

    readback = attribute(dtype=float, unit="mm", format="%8.3f")
    setpoint = attribute(dtype=float, access=AttrWriteType.READ_WRITE, unit="mm", format="%8.3f")
    velocity = attribute(dtype=float, access=AttrWriteType.READ_WRITE, unit="mm/s", format="%8.3f")
    position = attribute(dtype=float, access=AttrWriteType.READ_WRITE, unit="mm", format="%8.3f")

    def init_device(self) -> None:
        super().init_device()
        self.place = 0.0
        self.wanted = threading.Event()
        self.set_state(DevState.ON)
        for name in ("State", "readback", "position"):
            self.set_change_event(name, True, False)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        with tango.EnsureOmniThread():
            while self.wanted.wait():
                self.wanted.clear()
                self.push_change_event("readback", self.place)
                self.push_change_event("position", self.place)
                self.set_state(DevState.ON)
                self.push_change_event("State", DevState.ON)

    def read_readback(self) -> float:
        return self.place

    def read_position(self) -> float:
        return self.place

    def read_setpoint(self) -> float:
        return self.place

    def write_setpoint(self, value: float) -> None:
        self.set_state(DevState.MOVING)
        self.push_change_event("State", DevState.MOVING)
        self.place = value
        self.wanted.set()

    write_position = write_setpoint

    def read_velocity(self) -> float:
        return 1e6

    def write_velocity(self, value: float) -> None: ...

    @command
    def stop(self) -> None: ...

    @command
    def halt(self) -> None:
        """For ophyd-async, which has `stop` for something else."""


class Detector(Device):
    """Channels that are numbers."""

    def init_device(self) -> None:
        super().init_device()
        self.set_state(DevState.ON)
        for number in range(CHANNELS):
            name = f"channel{number}"
            self.add_attribute(
                attribute(name=name, dtype=float, unit="V", fget=lambda self, given: given.set_value(1.5))
            )
            self.set_change_event(name, True, False)


def main() -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    names = ["Axis::bench/axis/1", *(f"Detector::bench/detector/{number}" for number in range(10))]
    arguments = ["Bench", "bench", "-ORBendPoint", f"giop:tcp:127.0.0.1:{port}", "-nodb", "-dlist", ",".join(names)]

    def told() -> None:
        print(json.dumps({"port": port}), flush=True)

    run((Axis, Detector), args=arguments, post_init_callback=told)


if __name__ == "__main__":
    main()
