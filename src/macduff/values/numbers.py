"""Types of single numbers: VInt, VFloat, VDouble, and the metadata that numbers share."""

from __future__ import annotations

import math
import struct
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from .alarm import Alarm
from .base import VType, checked_text
from .jsonnumbers import name_of, number_in
from .ranges import AlarmRule, Bounds, Pair, checked_pair
from .refusal import refuse, shown

__all__ = ["VDouble", "VFloat", "VInt", "VNumber"]

N = TypeVar("N", int, float)
_FLOAT16, _FLOAT32 = struct.Struct("<e"), struct.Struct("<f")


@dataclass(frozen=True, eq=False, repr=False)
class VNumber(VType[N]):
    """What all numbers share.

    units: "mm". precision: digits after the point, 0..100. Ranges are (low, high), None at an open end: display is
    for screens (and may run downwards), control refuses set points, warning raises MINOR, alarm raises MAJOR.
    """

    units: str = field(default="", kw_only=True)
    precision: int | None = field(default=None, kw_only=True)
    display: Pair | None = field(default=None, kw_only=True)
    control: Pair | None = field(default=None, kw_only=True)
    warning: Pair | None = field(default=None, kw_only=True)
    alarm: Pair | None = field(default=None, kw_only=True)
    _control: Bounds | None = field(init=False)
    _rule: AlarmRule = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("units", checked_text(f"{self.name}(units)", self.units))
        self._set("precision", _checked_precision(f"{self.name}(precision)", self.precision))
        for name in ("display", "control", "warning", "alarm"):
            where, is_float = f"{self.name}({name})", self.python_type is float
            self._set(name, checked_pair(where, getattr(self, name), is_float, ordered=name != "display"))
        self._set("_rule", AlarmRule(self._bounds(self.warning), self._bounds(self.alarm), self.units))
        self._set("_control", self._bounds(self.control))

    def _bounds(self, pair: Pair | None) -> Bounds | None:
        return None if pair is None else Bounds(pair, self._nearest)

    def _nearest(self, limit: float) -> float:
        """The limit as the type's own values are rounded, so that a value equal to it does not end up beyond it."""
        return limit

    @property
    @abstractmethod
    def dtype(self) -> str: ...

    def validate_setpoint(self, value: object, where: str = "value", *, owned: bool = False) -> N:
        number = self.validate(value, where)
        if self._control is not None and not self._control.hold(number):
            raise refuse(where, self._control.text(self.units), value)
        return number

    def alarm_for(self, value: N) -> Alarm:
        return self._rule.of(value)

    def from_json(self, data: object, where: str = "value", numeric_strings: bool = False) -> N:
        return self.validate(number_in(data, numeric_strings, self.python_type is int), where)


@dataclass(frozen=True, eq=False, repr=False)
class VInt(VNumber[int]):
    """An integer of 8, 16, 32 or 64 bits. 2.0 is one, 1.5, True and "2" are none."""

    bits: int = 64
    signed: bool = True
    minimum: int = field(init=False)
    maximum: int = field(init=False)

    def __post_init__(self) -> None:
        if self.bits not in (8, 16, 32, 64) or type(self.bits) is not int:
            raise ValueError(f"VInt(bits): expected 8, 16, 32 or 64, got {shown(self.bits)}")
        if not isinstance(self.signed, bool):
            raise TypeError(f"VInt(signed): expected True or False, got {shown(self.signed)}")
        self._set("minimum", -(1 << (self.bits - 1)) if self.signed else 0)
        self._set("maximum", (1 << (self.bits - self.signed)) - 1)
        super().__post_init__()

    @property
    def python_type(self) -> type:
        return int

    @property
    def dtype(self) -> str:
        return f"{'int' if self.signed else 'uint'}{self.bits}"

    def validate(self, value: object, where: str = "value", *, owned: bool = False) -> int:
        if type(value) is int and self.minimum <= value <= self.maximum:
            return value
        number = _plain_number(value)
        if type(number) is float and number.is_integer():
            number = int(number)
        if type(number) is not int or not self.minimum <= number <= self.maximum:
            raise refuse(where, f"an integer from {self.minimum} to {self.maximum} ({self.dtype})", value)
        return number

    def zero(self) -> int:
        return 0


@dataclass(frozen=True, eq=False, repr=False)
class VDouble(VNumber[float]):
    """A number as float64; integers are taken, rounded to nearest beyond 2**53."""

    @property
    def python_type(self) -> type:
        return float

    @property
    def dtype(self) -> str:
        return "float64"

    @property
    def exact(self) -> type | None:
        return None if self._rule else float

    def validate(self, value: object, where: str = "value", *, owned: bool = False) -> float:
        if type(value) is float:
            return value
        number = _plain_number(value)
        if number is not None:
            try:
                return float(number)
            except OverflowError:
                pass
        raise refuse(where, "a number (float64)", value)

    def zero(self) -> float:
        return 0.0

    def to_json(self, value: float) -> Any:
        return value if math.isfinite(value) else name_of(value)

    def to_binary(self, value: float) -> Any:
        return value


@dataclass(frozen=True, eq=False, repr=False)
class VFloat(VNumber[float]):
    """A number as float32 (or float16), in a Python float: rounded to nearest, refused when it overflows."""

    bits: int = 32

    def __post_init__(self) -> None:
        if self.bits not in (16, 32) or type(self.bits) is not int:
            raise ValueError(f"VFloat(bits): expected 16 or 32 (VDouble has 64), got {shown(self.bits)}")
        super().__post_init__()

    @property
    def python_type(self) -> type:
        return float

    @property
    def dtype(self) -> str:
        return f"float{self.bits}"

    def validate(self, value: object, where: str = "value", *, owned: bool = False) -> float:
        number = value if type(value) is float else _plain_number(value)
        if number is not None:
            try:
                return self._round(number)
            except OverflowError:
                pass
        raise refuse(where, f"a number ({self.dtype})", value)

    def _round(self, number: float) -> float:
        layout = _FLOAT32 if self.bits == 32 else _FLOAT16
        rounded: float = layout.unpack(layout.pack(_odd_float(number)))[0]
        return rounded

    def _nearest(self, limit: float) -> float:
        try:
            return self._round(limit)
        except OverflowError:
            return math.copysign(math.inf, limit)

    def zero(self) -> float:
        return 0.0

    def to_json(self, value: float) -> Any:
        return value if math.isfinite(value) else name_of(value)

    def to_binary(self, value: float) -> Any:
        return value


def _plain_number(value: object) -> int | float | None:
    """A plain int or float of the same value, for what is one: subclasses, numpy scalars; None for all else."""
    if isinstance(value, int):
        return None if isinstance(value, bool) else int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, np.ndarray):
        return _plain_number(value.item()) if value.ndim == 0 and value.dtype.kind in "iuf" else None
    if isinstance(value, np.generic):
        if value.dtype.kind in "iu":  # not isinstance np.integer: timedelta64 is one
            return int(value)
        if value.dtype.kind == "f":
            number = float(value)
            return None if math.isinf(number) and np.isfinite(value) else number  # a longdouble beyond float64
    return None


def _odd_float(number: int | float) -> float:
    """The float64 from which rounding to float32 gives what rounding the number itself would give.

    Rounding twice is wrong for integers that round to a tie; so the first rounding goes to odd.
    """
    if isinstance(number, float):
        return number
    surplus = abs(number).bit_length() - 53
    if surplus <= 0:
        return float(number)
    kept = abs(number) >> surplus
    if kept << surplus != abs(number):
        kept |= 1
    return math.copysign(math.ldexp(kept, surplus), number)


def _checked_precision(where: str, precision: Any) -> int | None:
    if precision is None:
        return None
    number = _plain_number(precision)
    if type(number) is not int:
        raise TypeError(f"{where}: expected a number of digits from 0 to 100 or None, got {shown(precision)}")
    if not 0 <= number <= 100:
        raise ValueError(f"{where}: expected a number of digits from 0 to 100 or None, got {shown(precision)}")
    return number
