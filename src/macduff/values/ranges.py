"""Ranges of numbers: (low, high) pairs with open ends, the sentence for what is outside, the alarms they raise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .alarm import NO_ALARM, Alarm, AlarmStatus, Severity
from .refusal import shown

__all__ = ["AlarmRule", "Bounds", "Pair", "checked_pair"]

Number = int | float
Pair = tuple[Number | None, Number | None]


def checked_pair(where: str, pair: Any, as_float: bool, ordered: bool = True) -> Pair | None:
    """A (low, high) pair of plain numbers or None, or TypeError / ValueError with a sentence.

    Not ordered: low may be above high, as on an axis that runs the other way.
    """
    if pair is None:
        return None
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TypeError(f"{where}: expected a pair (low, high), None at an open end, got {shown(pair)}")
    low = _end(where, pair[0], as_float, -math.inf)
    high = _end(where, pair[1], as_float, math.inf)
    if ordered and low is not None and high is not None and low > high:
        raise ValueError(f"{where}: expected a pair (low, high) with low <= high, got {shown(tuple(pair))}")
    return None if low is None and high is None else (low, high)


def _end(where: str, end: Any, as_float: bool, open_end: float) -> Number | None:
    if end is None:
        return None
    if isinstance(end, np.generic):
        end = end.item()
    if isinstance(end, bool) or not isinstance(end, (int, float)):
        raise TypeError(f"{where}: expected a number or None at each end, got {shown(end)}")
    if end == open_end:
        return None
    try:
        number = float(end)
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{where}: expected a finite number or None at each end, got {shown(end)}")
    return number if as_float or number != int(number) else int(end)


def _number_text(value: Number) -> str:
    """A limit as people write it: 5, not 5.0."""
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(value)


class Bounds:
    """A range that numbers are compared with: the pair as it was given for people, rounded as the type's values are."""

    __slots__ = ("_pair", "high", "low")

    def __init__(self, pair: Pair, rounded: Callable[[Number], Number]) -> None:
        self._pair = pair
        low, high = pair
        self.low: Number = -math.inf if low is None else rounded(low)
        self.high: Number = math.inf if high is None else rounded(high)

    def hold(self, value: Number) -> bool:
        """Whether value lies within, the ends included; NaN lies in no range."""
        return self.low <= value <= self.high

    def hold_each(self, array: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """`hold` for each element."""
        good: npt.NDArray[np.bool_] = ~np.isnan(array) if array.dtype.kind == "f" else np.ones(array.shape, np.bool_)
        if self._pair[0] is not None:
            good &= array >= self.low
        if self._pair[1] is not None:
            good &= array <= self.high
        return good

    def text(self, units: str) -> str:
        """The range in words: "a value from 0 to 30 V"."""
        unit = f" {units}" if units else ""
        low, high = (None if end is None else _number_text(end) for end in self._pair)
        if low is None:
            return f"a value of at most {high}{unit}"
        return f"a value of at least {low}{unit}" if high is None else f"a value from {low} to {high}{unit}"

    def below(self, name: str, units: str) -> str:
        """What is wrong with a value under the range: "below alarm limit 5 mm"; "" where it is open."""
        return self._beyond("below", self._pair[0], name, units)

    def above(self, name: str, units: str) -> str:
        """What is wrong with a value over the range."""
        return self._beyond("above", self._pair[1], name, units)

    def _beyond(self, side: str, end: Number | None, name: str, units: str) -> str:
        return "" if end is None else f"{side} {name} limit {_number_text(end)}" + (f" {units}" if units else "")


class AlarmRule:
    """The alarms that a warning range (MINOR) and an alarm range (MAJOR) raise; made once, asked for every value."""

    __slots__ = ("_not_a_number", "_steps")

    def __init__(self, warning: Bounds | None, alarm: Bounds | None, units: str) -> None:
        steps = []
        self._not_a_number = NO_ALARM
        for name, bounds, severity in (("alarm", alarm, Severity.MAJOR), ("warning", warning, Severity.MINOR)):
            if bounds is None:
                continue
            below = Alarm(severity, AlarmStatus.RECORD, bounds.below(name, units))
            above = Alarm(severity, AlarmStatus.RECORD, bounds.above(name, units))
            steps.append((bounds.low, bounds.high, below, above))
            if self._not_a_number is NO_ALARM:
                self._not_a_number = Alarm(severity, AlarmStatus.RECORD, f"NaN is outside the {name} limits")
        self._steps = tuple(steps)  # the worse first

    def __bool__(self) -> bool:
        return bool(self._steps)

    def of(self, value: Number) -> Alarm:
        """The alarm of one number."""
        for low, high, below, above in self._steps:
            if value < low:
                return below
            if value > high:
                return above
        return NO_ALARM if value == value else self._not_a_number

    def of_array(self, values: npt.NDArray[Any]) -> Alarm:
        """The worst alarm of any element."""
        if not self._steps or values.size == 0:
            return NO_ALARM
        lowest, highest = np.fmin.reduce(values, axis=None).item(), np.fmax.reduce(values, axis=None).item()
        found = [self.of(lowest), self.of(highest)]
        if values.dtype.kind == "f" and np.isnan(values).any():
            found.append(self._not_a_number)
        return max(found, key=lambda alarm: alarm.severity)
