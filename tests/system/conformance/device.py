"""The device that every protocol shows: each type, each kind of metadata, methods that work, wait and fail."""

from __future__ import annotations

from typing import Any, TypedDict

import numpy as np

from macduff import (
    Alarm,
    AlarmStatus,
    Attribute,
    Device,
    DState,
    Severity,
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
)  # fmt: skip

__all__ = ["HOT", "STAMP", "Conformance", "Other", "Pair"]

STAMP = 1_700_000_000_123_456_789
"""The hardware's time of `stamped`, in ns."""
HOT = Alarm(Severity.MAJOR, AlarmStatus.DEVICE, "the pump is hot")


class Pair(TypedDict):
    """Two results."""

    total: float
    count: int


def soft(vtype: Any, initial: Any = None, **options: Any) -> Any:
    return Attribute(vtype, vtype.zero() if initial is None else initial, writable=True, **options)


class Conformance(Device):
    """Everything that a protocol may be asked to carry."""

    a_bool = soft(VBool())
    an_int8 = soft(VInt(8))
    a_uint8 = soft(VInt(8, signed=False))
    an_int16 = soft(VInt(16))
    a_uint16 = soft(VInt(16, signed=False))
    an_int32 = soft(VInt(32))
    a_uint32 = soft(VInt(32, signed=False))
    an_int64 = soft(VInt())
    a_uint64 = soft(VInt(64, signed=False))
    a_float = soft(VFloat())
    a_double = soft(VDouble())
    a_string = soft(VString(), "hello")
    an_enum = soft(VEnum(["low", "medium", "high"]), "low")
    doubles = soft(VArray(np.dtype("float64")), np.array([1.0, 2.5, -3.0]))
    ints = soft(VArray(np.dtype("int32")), np.array([1, -2, 3], "int32"))
    longs = soft(VArray(np.dtype("int64")), np.array([1, -2, 3], "int64"))
    bools = soft(VArray(np.dtype("bool")), np.array([True, False]))
    strings = soft(VArray(VString()), ("one", "two"))
    image = soft(VArray(np.dtype("uint16"), ndim=2), np.arange(6, dtype="uint16").reshape(2, 3))
    table = soft(VTable({"x": VArray(np.dtype("float64")), "name": VArray(VString())}))
    a_map = soft(VMap({"gain": VDouble(), "title": VString()}), {"gain": 2.0, "title": "first"})
    limited = soft(
        VDouble(units="mm", precision=3, display=(-20, 20), control=(-10, 10), warning=(-5, 5), alarm=(-8, 8)),
        0.0,
        description="Where it is",
    )
    read_only = Attribute(VDouble(units="K"), 4.2)
    idle_only = soft(VDouble(), 0.0, only_in=[DState.Idle])
    rounded = Attribute(VDouble(), 0.0)
    stamped = Attribute(VDouble(), 1.0)
    alarmed = Attribute(VDouble(), 1.0)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.table.update({"x": [0.5, 1.5], "name": ["a", "b"]})
        self.stamped.update(7.0, time=STAMP)
        self.alarmed.update(9.0, alarm=HOT)

    @rounded.on_put
    def _round(self, value: float) -> None:
        self.rounded.update(float(round(value)))

    @publish_method
    def add(self, a: float, b: float = 2.0) -> float:
        """The sum."""
        return a + b

    @publish_method
    def describe(self, name: str, count: int) -> str:
        """A sentence."""
        return f"{count} x {name}"

    @publish_method
    def pair(self, values: list[float]) -> Pair:
        """The sum of some numbers, and how many there were."""
        return {"total": float(sum(values)), "count": len(values)}

    @publish_method
    def poke(self) -> None:
        """Count up."""
        self.an_int32.update(self.an_int32.value + 1)

    @publish_method
    def fail(self) -> None:
        """Raise."""
        raise RuntimeError("the pump is on fire")

    @publish_method(slow=True)
    def hold(self) -> None:
        """Go on until aborted."""
        while True:
            self.wait(10.0)


class Other(Device):
    """Another shape under the same name."""

    a_double = soft(VString(), "now a string")
    fresh = soft(VInt(), 5)
