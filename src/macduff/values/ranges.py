"""Ranges of numbers: (low, high) pairs with open ends, the sentence for what is outside, the alarms they raise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .alarm import NO_ALARM, Alarm, AlarmStatus, Severity
from .refusal import shown

__all__ = ["AlarmRule", "Pair", "checked_pair", "range_text", "within"]

Number = int | float
Pair = tuple[Number | None, Number | None]


def checked_pair(where: str, pair: Any, as_float: bool) -> Pair | None:
    """A (low, high) pair of plain numbers or None, or TypeError / ValueError with a sentence."""
    if pair is None:
        return None
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TypeError(f"{where}: expected a pair (low, high), None at an open end, got {shown(pair)}")
    low = _end(where, pair[0], as_float, -math.inf)
    high = _end(where, pair[1], as_float, math.inf)
    if low is not None and high is not None and low > high:
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
    if not math.isfinite(end):
        raise ValueError(f"{where}: expected a finite number or None at each end, got {shown(end)}")
    if as_float:
        return float(end)
    return int(end) if end == int(end) else float(end)


def within(value: Number, pair: Pair) -> bool:
    """Whether value lies in the pair, its ends included; NaN lies in no range."""
    low, high = pair
    return (low is None or value >= low) and (high is None or value <= high) and value == value


def number_text(value: Number) -> str:
    """A limit as people write it: 5, not 5.0."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def range_text(pair: Pair, units: str) -> str:
    """The range as words: "a value from 0 to 30 V"."""
    low, high = pair
    unit = f" {units}" if units else ""
    if low is None:
        return f"a value of at most {number_text(high)}{unit}" if high is not None else "a value"
    if high is None:
        return f"a value of at least {number_text(low)}{unit}"
    return f"a value from {number_text(low)} to {number_text(high)}{unit}"


class AlarmRule:
    """The alarms that a warning range (MINOR) and an alarm range (MAJOR) raise; made once, asked for every value."""

    __slots__ = ("_bounds", "_not_a_number")

    def __init__(self, warning: Pair | None, alarm: Pair | None, units: str) -> None:
        unit = f" {units}" if units else ""
        bounds: list[tuple[Number, Number, Alarm, Alarm]] = []
        self._not_a_number = NO_ALARM
        for name, pair, severity in (("warning", warning, Severity.MINOR), ("alarm", alarm, Severity.MAJOR)):
            if pair is None:
                continue
            low, high = pair
            below = f"below {name} limit {number_text(low)}{unit}" if low is not None else ""
            above = f"above {name} limit {number_text(high)}{unit}" if high is not None else ""
            bounds.insert(0, (
                -math.inf if low is None else low,
                math.inf if high is None else high,
                Alarm(severity, AlarmStatus.RECORD, below),
                Alarm(severity, AlarmStatus.RECORD, above),
            ))  # fmt: skip
            self._not_a_number = Alarm(severity, AlarmStatus.RECORD, f"not a number, so outside the {name} limits")
        self._bounds = tuple(bounds)  # the alarm range first: it is the worse

    def __bool__(self) -> bool:
        return bool(self._bounds)

    def of(self, value: Number) -> Alarm:
        """The alarm of one number."""
        for low, high, below, above in self._bounds:
            if value < low:
                return below
            if value > high:
                return above
        return NO_ALARM if value == value else self._not_a_number

    def of_array(self, values: np.ndarray) -> Alarm:
        """The worst alarm of any element."""
        if not self._bounds or values.size == 0:
            return NO_ALARM
        lowest, highest = np.fmin.reduce(values, axis=None).item(), np.fmax.reduce(values, axis=None).item()
        not_a_number = values.dtype.kind == "f" and bool(np.isnan(values).any())
        found = [self.of(lowest), self.of(highest)]
        if not_a_number:
            found.append(self._not_a_number)
        return max(found, key=lambda alarm: alarm.severity)
