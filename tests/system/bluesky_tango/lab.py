"""A PyTango server with attributes of every type: python -m tests.system.bluesky_tango.lab PORT [HOST:PORT].

With a second argument it is in that database, else in none. It counts reads and writes, and obeys lines of JSON.
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
from collections import Counter
from pathlib import Path
from typing import Any, Self

import numpy as np
import tango
import tango.server
from tango import AttrQuality, AttrWriteType, CmdArgType, DevState
from tango.server import Device, attribute, command

from tests.support import free_port

__all__ = ["ARRAYS", "IMAGES", "LAB", "SCALARS", "SLOW", "LabProgram", "Mode"]

ROOT = Path(__file__).parents[3]
LAB, SLOW = "test/lab/one", "test/slow/one"
RW = AttrWriteType.READ_WRITE


class LabProgram:
    """The program from the side of the tests; kill and start it as often as you like."""

    def __init__(self, database: str = "") -> None:
        self.database, self.port = database, free_port()
        self.process: subprocess.Popen[str] | None = None

    def device(self, name: str = LAB) -> str:
        return f"tango://{self.database}/{name}" if self.database else f"tango://{self.address}/{name}#dbase=no"

    @property
    def address(self) -> str:
        """What sources of its signals name."""
        return self.database or f"127.0.0.1:{self.port}"

    def start(self) -> Self:
        arguments = [sys.executable, "-u", "-m", "tests.system.bluesky_tango.lab", str(self.port), self.database]
        environment = {**os.environ, "TANGO_HOST": self.database} if self.database else None
        self.process = subprocess.Popen(
            arguments, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
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

    def reads(self, name: str) -> int:
        return int(self.tell(count=f"read {name}"))

    def writes(self, name: str) -> int:
        return int(self.tell(count=f"write {name}"))

    def kill(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=10)

    def restart(self) -> None:
        self.kill()
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


# the program


class Mode(enum.IntEnum):
    slow = 0
    fast = 1
    warp = 2


SCALARS: dict[str, tuple[Any, Any]] = {
    "a_bool": (bool, True), "a_uchar": (np.uint8, 200), "a_short": (np.int16, -5), "a_ushort": (np.uint16, 65535),
    "a_long": (np.int32, -70000), "a_ulong": (np.uint32, 2**32 - 1), "a_long64": (np.int64, -(2**53) - 1),
    "a_ulong64": (np.uint64, 2**64 - 1), "a_float": (np.float32, 0.5), "a_double": (float, 1.5),
    "a_string": (str, "käse"), "a_state": (DevState, DevState.OPEN), "an_enum": (Mode, Mode.fast),
}  # fmt: skip
"""By name: type, and the first value."""
ARRAYS: dict[str, tuple[Any, Any]] = {
    "bools": (bool, [True, False]), "bytes": (np.uint8, [1, 2, 255]), "shorts": (np.int16, [-1, 1]),
    "longs": (np.int32, [1, 2, 3]), "ulongs64": (np.uint64, [2**64 - 1]), "floats": (np.float32, [0.5]),
    "doubles": (float, [1.0, 2.5]), "strings": (str, ["a", "käse"]), "modes": (Mode, [Mode.slow, Mode.warp]),
    "states": (DevState, [DevState.ON, DevState.FAULT]),
}  # fmt: skip
IMAGES: dict[str, tuple[Any, Any]] = {
    "bool_image": (bool, [[True, False, True], [False, False, True]]), "image": (np.uint16, [[1, 2, 3], [4, 5, 6]]),
    "double_image": (float, [[0.5, 1.0]]), "string_image": (str, [["a", "b"]]),
}  # fmt: skip


def counted(name: str, **options: Any) -> Any:
    """An attribute whose reads and writes the device counts."""

    def get(self: Any) -> Any:
        return self.value(name)

    def put(self: Any, value: Any) -> None:
        self.take(name, value)

    access = options.get("access", AttrWriteType.READ)
    functions = {} if access == AttrWriteType.WRITE else {"fget": get}
    return attribute(name=name, **functions, **({} if access == AttrWriteType.READ else {"fset": put}), **options)


class Lab(Device):
    """Attributes of every type by `SCALARS`, `ARRAYS`, `IMAGES`, and some with more to them."""

    limited = counted(
        "limited", dtype=float, access=RW, unit="mm", format="%8.3f", min_value=-5, max_value=5,
        min_warning=-4, max_warning=4, min_alarm=-4.5, max_alarm=4.5,
    )  # fmt: skip
    at_most = counted("at_most", dtype=(np.int32,), max_dim_x=4, access=RW, max_value=10)
    shown = counted("shown", dtype=np.int32, unit="K", min_value=0, max_value=300)
    only = counted("only", dtype=float, access=AttrWriteType.WRITE)
    fixed = counted("fixed", dtype=float)
    broken = attribute(dtype=float)
    encoded = counted("encoded", dtype=CmdArgType.DevEncoded)
    pushed = counted("pushed", dtype=float, access=RW)
    pushed_mode = counted("pushed_mode", dtype=Mode, access=RW)
    polled = counted("polled", dtype=np.int32, polling_period=50, abs_change="1")
    silent = counted("silent", dtype=float, access=RW)

    def init_device(self) -> None:
        super().init_device()
        self.counts: Counter[str] = Counter()
        self.renew()
        self.set_state(DevState.ON)
        for name in ("pushed", "pushed_mode"):
            self.set_change_event(name, True, False)
        _devices.append(self)

    def renew(self) -> None:
        """The first values, none with a time or quality of its own."""
        self.values: dict[str, Any] = {name: value for name, (_, value) in {**SCALARS, **ARRAYS, **IMAGES}.items()}
        self.values |= {
            "limited": 1.0, "at_most": [1, 2], "shown": 20, "only": 0.0, "fixed": 4.5, "encoded": ("JPEG", b"\xff\x00"),
            "pushed": 1.0, "pushed_mode": Mode.slow, "polled": 0, "silent": 0.0,
        }  # fmt: skip
        self.stamps: dict[str, tuple[float, AttrQuality]] = {}

    def value(self, name: str) -> Any:
        self.counts[f"read {name}"] += 1
        value = self.values[name]
        if value is None:
            self.get_device_attr().get_attr_by_name(name).set_quality(AttrQuality.ATTR_INVALID)
            return None
        return (value, *self.stamps[name]) if name in self.stamps else value

    def take(self, name: str, value: Any) -> None:
        self.counts[f"write {name}"] += 1
        self.values[name] = value
        if name in ("pushed", "pushed_mode"):
            self.push_change_event(name, value)

    def read_broken(self) -> float:
        raise RuntimeError("no sensor")

    for _name, (_dtype, _) in SCALARS.items():
        vars()[_name] = counted(_name, dtype=_dtype, access=RW)
    for _name, (_dtype, _) in ARRAYS.items():
        vars()[_name] = counted(_name, dtype=(_dtype,), max_dim_x=8, access=RW)
    for _name, (_dtype, _) in IMAGES.items():
        vars()[_name] = counted(_name, dtype=((_dtype,),), max_dim_x=6, max_dim_y=4, access=RW)

    @command(dtype_in=float, dtype_out=float)
    def Double(self, value: float) -> float:
        return 2 * value

    @command(dtype_in=np.int32, dtype_out=int)
    def Whole(self, value: int) -> int:
        return int(value)

    @command(dtype_in=bool, dtype_out=str)
    def Flag(self, value: bool) -> str:
        return repr(bool(value))

    @command(dtype_in=str, dtype_out=str)
    def Text(self, value: str) -> str:
        return f"<{value}>"

    @command(dtype_in=(float,), dtype_out=int)
    def Length(self, values: Any) -> int:
        return len(values)

    @command(dtype_in=(str,), dtype_out=(str,))
    def Texts(self, values: Any) -> Any:
        return list(values)

    @command(dtype_in=CmdArgType.DevVarDoubleStringArray, dtype_out=CmdArgType.DevVarLongStringArray)
    def Mixed(self, values: Any) -> Any:
        return [[len(values[0]), 2], list(values[1])]

    @command(dtype_in=DevState, dtype_out=DevState)
    def Same(self, value: Any) -> Any:
        return value

    @command
    def Reset(self) -> None:
        self.counts["Reset"] += 1

    @command
    def Fail(self) -> None:
        raise RuntimeError("the lab is on fire")


class Slow(Device):
    """Hangs where it is read."""

    hangs = attribute(dtype=float)
    quick = attribute(dtype=float)

    def read_hangs(self) -> float:
        time.sleep(5)
        return 1.0

    def read_quick(self) -> float:
        return 2.0

    @command
    def Hang(self) -> None:
        time.sleep(5)


_devices: list[Any] = []


def obey(device: Any, order: dict[str, Any]) -> Any:
    """set: values by name, with quality and time. push: the same, told as events. count: of what. renew: all values."""
    if "renew" in order:
        device.renew()
    quality = getattr(AttrQuality, f"ATTR_{order.get('quality', 'VALID')}")
    stamp = order.get("time") or time.time()
    for name, value in {**order.get("set", {}), **order.get("push", {})}.items():
        device.values[name] = value
        device.stamps[name] = (stamp, quality)
        if name in order.get("push", {}):
            device.push_change_event(name, value, stamp, quality)
    return device.counts[order["count"]] if "count" in order else None


def listen() -> None:
    with tango.EnsureOmniThread():
        for line in sys.stdin:
            print(json.dumps(obey(_devices[0], json.loads(line))), flush=True)
    os._exit(0)


def main() -> None:
    port, database = sys.argv[1:3]
    arguments = ["MacduffLab", "test", "-ORBendPoint", f"giop:tcp:127.0.0.1:{port}"]
    if not database:
        arguments += ["-nodb", "-dlist", f"Lab::{LAB},Slow::{SLOW}"]
    threading.Thread(target=listen, daemon=True).start()
    tango.server.run((Lab, Slow), args=arguments)


if __name__ == "__main__":
    main()
