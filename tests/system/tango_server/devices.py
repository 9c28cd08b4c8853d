"""The devices that these tests put on Tango."""

from __future__ import annotations

import threading
import time
from enum import Enum
from typing import Annotated, Any

import numpy as np

from macduff import (
    Attribute,
    Device,
    DState,
    PausableDevice,
    VAction,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VFloat,
    VInt,
    VMap,
    VString,
    VTable,
    publish_method,
)
from macduff.values import Alarm, AlarmStatus, Severity, Table


class Mode(Enum):
    OFF = "off"
    SLOW = "slow"
    FAST = "fast"


class Zoo(Device):
    """One attribute of each type."""

    flag = Attribute(VBool(), True, writable=True)
    int8 = Attribute(VInt(8), -3, writable=True)
    uint8 = Attribute(VInt(8, False), 200, writable=True)
    int16 = Attribute(VInt(16), -300, writable=True)
    uint16 = Attribute(VInt(16, False), 60000, writable=True)
    int32 = Attribute(VInt(32), -70000, writable=True)
    uint32 = Attribute(VInt(32, False), 4_000_000_000, writable=True)
    int64 = Attribute(VInt(), -(2**62) - 1, writable=True)
    uint64 = Attribute(VInt(64, False), 2**64 - 1, writable=True)
    float16 = Attribute(VFloat(16), 0.5, writable=True)
    float32 = Attribute(VFloat(), 0.1, writable=True)
    float64 = Attribute(VDouble(), 0.1, writable=True)
    text = Attribute(VString(), "grün", writable=True)
    mode = Attribute(VEnum(Mode), Mode.SLOW, writable=True)
    odd_mode = Attribute(VEnum(["a, b", "c"]), "c", writable=True)
    floats = Attribute(VArray(np.float64), np.array([1.5, 2.5]), writable=True)
    bools = Attribute(VArray(np.bool_), np.array([True, False]), writable=True)
    bytes_ = Attribute(VArray(np.int8), np.array([-1, 1], np.int8), writable=True)
    texts = Attribute(VArray(VString()), ("a", "b"), writable=True)
    modes = Attribute(VArray(VEnum(Mode)), (Mode.OFF, Mode.FAST), writable=True)
    picture = Attribute(VArray(np.uint16, 2), np.arange(6, dtype=np.uint16).reshape(2, 3), writable=True)
    cube = Attribute(VArray(np.int32, 3), np.arange(8, dtype=np.int32).reshape(2, 2, 2), writable=True)
    table = Attribute(
        VTable({"x": VDouble(), "name": str}), Table({"x": np.array([1.0]), "name": ("one",)}), writable=True
    )
    pair = Attribute(VMap({"x": VDouble(), "on": VBool()}), {"x": float("nan"), "on": True}, writable=True)
    empty = Attribute(VArray(np.float64))
    list = Attribute(VArray(np.float64), np.array([1.0]), writable=True)
    button = Attribute(VAction(), writable=True)
    pressed = Attribute(VInt(), 0)

    @button.on_put
    def _press(self, _: None) -> None:
        self.pressed.update(self.pressed.value + 1)

    @publish_method
    def echo_mode(self, mode: Mode) -> Mode:
        """The same again."""
        return mode

    @publish_method
    def echo_bytes(self, values: Annotated[Any, VArray(np.uint8)]) -> Annotated[Any, VArray(np.uint8)]:
        return values

    @publish_method
    def echo_byte(self, value: Annotated[int, VInt(8, False)]) -> Annotated[int, VInt(8, False)]:
        return value

    @publish_method
    def echo_text(self, text: str) -> str:
        return text

    @publish_method
    def echo_cube(self, cube: Annotated[Any, VArray(np.int32, 3)]) -> Annotated[Any, VArray(np.int32, 3)]:
        return cube

    @publish_method
    def add(self, a: float, b: float = 1.0) -> float:
        return a + b

    @publish_method
    def both(self, a: float, b: float) -> Annotated[Any, VMap({"sum": VDouble(), "product": VDouble()})]:
        return {"sum": a + b, "product": a * b}

    @publish_method
    def get_name(self) -> str:
        """A name that PyTango has, too."""
        return "mine"


class Stage(Device):
    """A stage whose unit is its own affair."""

    position = Attribute(VDouble(units="mm", precision=3, warning=(-5, 5), alarm=(-8, 8)), 0.0, "Where it is")
    target = Attribute(VDouble(units="mm", control=(-10, 10)), 0.0, "Where it is to go", writable=True)
    gate = Attribute(VDouble(), 0.0, writable=True)
    count = Attribute(VInt(), 0)
    mode = Attribute(VEnum(["off", "on"]), "off", writable=True)

    def __init__(self, name: str, units: str = "mm") -> None:
        super().__init__(name)
        self.position.change_type(self.position.vtype.replace(units=units))

    @target.on_put
    def _go(self, target: float) -> None:
        if target == 7:
            raise ValueError("seven is not my number")
        self.update(target=target, position=target)

    @gate.on_put
    def _gate(self, seconds: float) -> None:
        self.wait(seconds)
        self.gate.update(seconds)

    @publish_method
    def nap(self, seconds: float) -> float:
        """Sleep and say how long."""
        self.wait(seconds)
        return seconds

    @publish_method
    def block(self, seconds: float) -> None:
        """Keep the device to itself."""
        time.sleep(seconds)

    @publish_method(slow=True)
    def doze(self, seconds: float) -> float:
        """As nap, but nobody is kept waiting."""
        self.wait(seconds)
        if seconds == 0.25:
            raise RuntimeError("a bad dream")
        return seconds

    @publish_method
    def fail(self) -> None:
        raise ValueError("it broke")

    @publish_method(busy="allow")
    def stream(self, updates: int, rate: float) -> None:
        """Count from 1 up, so many times a second, from a thread of the device's own."""
        threading.Thread(target=self._stream, args=(updates, rate), daemon=True).start()

    def _stream(self, updates: int, rate: float) -> None:
        begin = time.monotonic()
        for number in range(1, updates + 1):
            if rate:
                time.sleep(max(0.0, begin + number / rate - time.monotonic()))
            self.count.update(number)

    @publish_method(busy="allow")
    def show(self, value: float, seconds: float) -> None:
        """Say where it is, as of some time (seconds since 1970)."""
        self.position.update(value, time=int(seconds * 1e9))

    @publish_method(busy="allow")
    def distrust(self, why: str) -> None:
        self.position.update(1.0, alarm=Alarm(Severity.INVALID, AlarmStatus.DEVICE, why))

    @publish_method(busy="allow")
    def rescale(self, units: str) -> None:
        self.position.change_type(VDouble(units=units, precision=1))

    @publish_method(busy="allow")
    def relabel(self, labels: Annotated[Any, VArray(VString())]) -> None:
        self.mode.change_type(VEnum(list(labels)))

    @publish_method(busy="allow")
    def grow(self, name: str) -> None:
        self.add_attribute(name, Attribute(VDouble(units="K"), 3.0, writable=True))

    @publish_method(busy="allow")
    def shrink(self, name: str) -> None:
        self.remove_attribute(name)


class Other(Device):
    """Has the class name of another one by `Shaped`."""

    position = Attribute(VString(), "here")


Shaped = type("Stage", (Other,), {"__module__": __name__})


class Run(PausableDevice):
    """A run of so many steps, a moment each."""

    steps = Attribute(VInt(control=(1, 1000)), 3, parameter=True)

    def do_configure(self) -> DState:
        self.total_steps.update(self.steps.value)
        return DState.Ready

    def do_run(self) -> DState:
        while self.completed_steps.value < self.total_steps.value:
            self.checkpoint(0.05)
            self.completed_steps.update(self.completed_steps.value + 1)
        return DState.Ready
