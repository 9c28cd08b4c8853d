"""A PyTango device server in a process of its own: python -m tests.system.tango_source.server PORT KIND [HOST:PORT].

With a third argument it is in that database, else in none. It does what it is told by its command Order, in JSON.
"""

# mypy: disable-error-code="misc, untyped-decorator"
# PyTango has no type information.
from __future__ import annotations

import enum
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

import numpy as np
import tango
from tango import AttrQuality, AttrWriteType, DevState
from tango.server import Device, attribute, command

from tests.support import free_port

__all__ = ["DEVICE", "Database", "TangoProgram"]

ROOT = Path(__file__).parents[3]
DEVICE = "test/macduff/one"
RW = AttrWriteType.READ_WRITE
_DATABASE = [sys.executable, "-c", "from databaseds.database import main; main()"]


class TangoProgram:
    """The program from the side of the tests; kill and start it as often as you like."""

    def __init__(self, kind: str = "events", database: str = "") -> None:
        self.kind, self.database = kind, database
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    @property
    def device(self) -> str:
        if self.database:
            return f"tango://{self.database}/{DEVICE}"
        return f"tango://127.0.0.1:{self.port}/{DEVICE}#dbase=no"

    def start(self, kind: str = "") -> Self:
        command = [sys.executable, "-u", "-m", "tests.system.tango_source.server", str(self.port), kind or self.kind]
        environment = {**os.environ, "TANGO_HOST": self.database} if self.database else None
        self.process = subprocess.Popen(
            [*command, self.database], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "Ready to accept request" in line:
                return self
        self.kill()
        raise AssertionError(f"the server ended: {''.join(said)}")

    def tell(self, **orders: Any) -> Any:
        """Have it do something; what it answers."""
        assert self.process is not None and self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(orders) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def kill(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


class Database:
    """A Tango database in memory, in a process of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        environment = {**os.environ, "PYTANGO_DATABASE_NAME": ":memory:", "PYTHONUNBUFFERED": "1"}
        command = [*_DATABASE, "--host", "127.0.0.1", "--port", str(self.port), "2"]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "Ready to accept request" in line:
                break
        return self

    def register(self) -> str:
        """Have it know the program's device; the database's address."""
        info = tango.DbDevInfo()
        info.name, info._class, info.server = DEVICE, "Events", "MacduffTest/test"
        tango.Database("127.0.0.1", self.port).add_device(info)
        return self.host

    def __exit__(self, *_: object) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.communicate(timeout=10)


# the program


class Mode(enum.IntEnum):
    slow = 0
    fast = 1


class One(Device):
    """Attributes and commands of many types."""

    pushes = False

    x = attribute(
        dtype=float, access=RW, unit="mm", format="%8.3f", doc="Where it is", label="X", min_value=-5, max_value=5,
        min_warning=-4, max_warning=4, min_alarm=-4.5, max_alarm=4.5,
    )  # fmt: skip
    count = attribute(dtype=np.int16, access=RW)
    flag = attribute(dtype=bool, access=RW)
    text = attribute(dtype=str, access=RW)
    mode = attribute(dtype=Mode, access=RW)
    door = attribute(dtype=DevState)
    wave = attribute(dtype=(float,), max_dim_x=100, access=RW)
    names = attribute(dtype=(str,), max_dim_x=10, access=RW)
    image = attribute(dtype=((np.uint16,),), max_dim_x=100, max_dim_y=100)
    raw = attribute(dtype=tango.CmdArgType.DevEncoded)
    only = attribute(dtype=float, access=AttrWriteType.WRITE)
    broken = attribute(dtype=float)
    state_names = attribute(dtype=((str,),), max_dim_x=3, max_dim_y=3)
    polled = attribute(dtype=int, polling_period=50, abs_change="1")

    def init_device(self) -> None:
        super().init_device()
        self.values: dict[str, Any] = {
            "x": 1.0, "count": 7, "flag": True, "text": "käse", "mode": Mode.fast, "wave": [1.0, 2.0],
            "names": ["a", "b"], "only": 0.0, "broken": None, "polled": 0,
        }  # fmt: skip
        self.times: dict[str, float] = {}
        self.quality = AttrQuality.ATTR_VALID
        self.wrote: list[str] = []
        self.commands: list[str] = []
        self.set_state(DevState.ON)
        self.set_status("ready")
        if self.pushes:
            for name in ("x", "count", "mode", "wave", "State", "Status"):
                self.set_change_event(name, True, False)
        _devices.append(self)

    def _read(self, name: str) -> Any:
        value = self.values[name]
        if name in self.times:
            return value, self.times[name], self.quality
        return value

    def _write(self, name: str, value: Any) -> None:
        self.wrote.append(f"{name}={value}")
        if self.values["broken"] == name:
            raise RuntimeError(f"{name} is stuck")
        self.values[name] = value
        if self.pushes and name in ("x", "count", "mode", "wave"):
            self.push_change_event(name, value)

    def read_x(self) -> Any:
        return self._read("x")

    def write_x(self, value: float) -> None:
        self._write("x", value)

    def read_count(self) -> Any:
        return self._read("count")

    def write_count(self, value: int) -> None:
        self._write("count", value)

    def read_flag(self) -> Any:
        return self._read("flag")

    def write_flag(self, value: bool) -> None:
        self._write("flag", value)

    def read_text(self) -> Any:
        return self._read("text")

    def write_text(self, value: str) -> None:
        self._write("text", value)

    def read_mode(self) -> Any:
        return self._read("mode")

    def write_mode(self, value: Mode) -> None:
        self._write("mode", value)

    def read_door(self) -> Any:
        return DevState.OPEN

    def read_wave(self) -> Any:
        return self._read("wave")

    def write_wave(self, value: Any) -> None:
        self._write("wave", value)

    def read_names(self) -> Any:
        return self._read("names")

    def write_names(self, value: Any) -> None:
        self._write("names", list(value))

    def read_image(self) -> Any:
        return np.arange(6, dtype=np.uint16).reshape(2, 3)

    def read_raw(self) -> Any:
        return "JPEG", b"\xff\x00\x01"

    def write_only(self, value: float) -> None:
        self._write("only", value)

    def read_broken(self) -> Any:
        raise RuntimeError("no sensor")

    def read_state_names(self) -> Any:
        return [["a", "b"]]

    def read_polled(self) -> Any:
        return self._read("polled")

    @command(dtype_in=float, doc_in="mm", dtype_out=float)
    def MoveTo(self, target: float) -> float:
        """Go there."""
        self.commands.append(f"MoveTo({target})")
        if target > 100:
            raise ValueError("too far")
        self.values["x"] = target
        if self.pushes:
            self.push_change_event("x", target)
        return target * 2

    @command(dtype_in=tango.CmdArgType.DevVarDoubleStringArray, dtype_out=tango.CmdArgType.DevVarLongStringArray)
    def Mixed(self, argument: Any) -> Any:
        return [[len(argument[0]), 2], list(argument[1])]

    @command(dtype_in=(str,), dtype_out=(float,))
    def Lengths(self, texts: Any) -> Any:
        return [float(len(text)) for text in texts]

    @command(dtype_out=DevState)
    def Door(self) -> Any:
        return DevState.CLOSE

    @command(dtype_in=float)
    def Sleep(self, seconds: float) -> None:
        self.commands.append("Sleep")
        time.sleep(seconds)

    @command
    def Stop(self) -> None:
        self.commands.append("Stop")
        self.set_state(DevState.ON)

    @command
    def Reset(self) -> None:
        self.commands.append("Reset")

    @command
    def Update(self) -> None:
        """A name that macduff keeps for itself."""
        self.commands.append("Update")


class Events(One):
    """The same, with change events pushed by the device."""

    pushes = True


class Other(Device):
    """The same name, other types."""

    x = attribute(dtype=int, access=RW, unit="um")
    mode = attribute(dtype=str)
    wave = attribute(dtype=(str,), max_dim_x=5)

    def init_device(self) -> None:
        super().init_device()
        self.value = 40
        self.set_state(DevState.STANDBY)
        _devices.append(self)

    def read_x(self) -> Any:
        return self.value

    def write_x(self, value: int) -> None:
        self.value = value

    def read_mode(self) -> Any:
        return "text"

    def read_wave(self) -> Any:
        return ["text", "now"]


_devices: list[Any] = []
_CLASSES: dict[str, Any] = {"plain": One, "events": Events, "other": Other}


def obey(device: Any, order: dict[str, Any]) -> Any:
    for name, value in order.get("set", {}).items():
        device.values[name] = value
        if "time" in order:
            device.times[name] = order["time"]
    device.quality = getattr(AttrQuality, f"ATTR_{order.get('quality', 'VALID')}")
    for name, value in order.get("push", {}).items():
        device.values[name] = value
        device.push_change_event(name, value)
    for number in range(order.get("burst", 0)):
        device.push_change_event("x", float(number) / 1000)
        time.sleep(0.001)
    if "unit" in order:
        properties = device.get_device_attr().get_attr_by_name("x").get_properties()
        properties.unit = order["unit"]
        device.get_device_attr().get_attr_by_name("x").set_properties(properties)
    if "state" in order:
        device.set_state(getattr(DevState, order["state"]))
        device.set_status(order.get("status", order["state"]))
        if getattr(device, "pushes", False):
            device.push_change_event("State", getattr(DevState, order["state"]))
            device.push_change_event("Status", order.get("status", order["state"]))
    if order.get("grow"):
        extra = attribute(name="extra", dtype=float, fget=lambda device, attr: 4.5)
        device.add_attribute(extra)
    if "wrote" in order:
        return device.wrote
    return device.commands if "commands" in order else None


def listen() -> None:
    with tango.EnsureOmniThread():
        for line in sys.stdin:
            answer = obey(_devices[-1], json.loads(line))
            print(json.dumps(answer), flush=True)
    os._exit(0)


def main() -> None:
    port, kind, database = sys.argv[1:4]
    cls = _CLASSES[kind]
    name = "MacduffTest"
    arguments = [name, "test", "-ORBendPoint", f"giop:tcp:127.0.0.1:{port}"]
    if not database:
        arguments += ["-nodb", "-dlist", f"{cls.__name__}::{DEVICE}"]
    threading.Thread(target=listen, daemon=True).start()
    tango.server.run((cls,), args=arguments)


if __name__ == "__main__":
    main()
