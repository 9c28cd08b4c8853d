"""What a history is kept in: numbers in columns of 8 bytes, everything else as it is, weighed."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, Protocol

import numpy as np

from ..values import Alarm, History, VAction, VBool, VDouble, VEnum, VFloat, VInt, VType
from .lane import Now

__all__ = ["Columns", "Objects", "Store", "same_kind", "store_for"]

EMPTY = 1024
"""Bytes of a store with nothing in it."""

_NUMBER = 20  # a time stamp and a number, 8 bytes each, and what arrays and lists have in hand
_ALARM = 256  # an alarm that differs from the one before it, without its message
_OBJECT = 256  # a tuple with its time stamp and its place, without its value
_TEXT = 4  # of a character at most
_LARGEST = 2**63 - 1

_value, _alarm, _time = itemgetter(0), itemgetter(1), itemgetter(2)  # three times as quick as zip(*readings)


class Store(Protocol):
    """Readings of one attribute, in the order in which they came. Its user's lock is its own."""

    def __len__(self) -> int: ...

    @property
    def weight(self) -> int:
        """Bytes that it takes, rather too many than too few."""
        ...

    def extend(self, readings: Sequence[Now], most: int) -> bool:
        """Add some; one that alone is heavier than `most` bytes is left out. Whether the last was not."""
        ...

    def drop(self, count: int) -> None:
        """Forget the oldest."""

    def shrink(self, weight: int) -> None:
        """Forget the oldest until it is no heavier."""

    def history(self, count: int) -> History:
        """A copy of the newest so many."""
        ...


def store_for(vtype: VType[Any]) -> Store | None:
    """An empty store for values of that type; None when there is nothing to keep, as of an action."""
    if isinstance(vtype, VAction):
        return None
    if isinstance(vtype, (VDouble, VFloat)):
        return Columns("d")
    if isinstance(vtype, VInt):
        return Columns("q" if vtype.signed else "Q")
    if isinstance(vtype, (VBool, VEnum)):
        return Columns("")
    return Objects()


def same_kind(old: VType[Any], new: VType[Any]) -> bool:
    """Whether values of both may stand in one history: the same type, the same units."""
    if type(old) is not type(new) or old.dtype != new.dtype or old.python_type is not new.python_type:
        return False
    return getattr(old, "units", "") == getattr(new, "units", "")


class Columns:
    """Numbers, or what there are only few of (labels, True and False): times, values, and where the alarm changes.

    code: of `array`, "" for a list.
    """

    def __init__(self, code: str) -> None:
        self._times = array("q")
        self._code = code
        self._values: Any = array(code) if code else []
        self._alarms: deque[tuple[int, Alarm]] = deque()  # how many readings in turn have it
        self._told = 0  # bytes of those

    def __len__(self) -> int:
        return len(self._times)

    @property
    def weight(self) -> int:
        return EMPTY + _NUMBER * len(self._times) + self._told

    def extend(self, readings: Sequence[Now], most: int) -> bool:
        values, alarms, times = list(map(_value, readings)), list(map(_alarm, readings)), list(map(_time, readings))
        try:
            found = array("q", times), array(self._code, values) if self._code else values
        except (TypeError, OverflowError):
            if len(readings) > 1:
                return [self.extend((reading,), most) for reading in readings][-1]
            if _is_time(times[0]):
                return False  # a value of the type that the attribute had when its writer looked
            return self.extend(((values[0], alarms[0], _as_time(times[0]), 0),), most)
        self._times.extend(found[0])
        self._values.extend(found[1])
        if alarms.count(alarms[0]) == len(alarms):
            self._note(alarms[0], len(alarms))
        else:
            for alarm in alarms:
                self._note(alarm, 1)
        return True

    def _note(self, alarm: Alarm, count: int) -> None:
        runs = self._alarms
        if runs and runs[-1][1] == alarm:
            runs[-1] = (runs[-1][0] + count, runs[-1][1])
        else:
            runs.append((count, alarm))
            self._told += _ALARM + _TEXT * len(alarm.message)

    def drop(self, count: int) -> None:
        self._times = self._times[count:]  # copies: an array that is cut keeps what it had in hand
        self._values = self._values[count:]
        while count > 0 and self._alarms:
            many, alarm = self._alarms.popleft()
            if many > count:
                self._alarms.appendleft((many - count, alarm))
            else:
                self._told -= _ALARM + _TEXT * len(alarm.message)
            count -= many

    def shrink(self, weight: int) -> None:
        while self.weight > weight and len(self):
            self.drop(max(1, len(self) // 16))  # many at once, for each time copies the rest

    def history(self, count: int) -> History:
        first = max(0, len(self) - count)
        times = np.frombuffer(self._times[first:], np.int64) if len(self) else np.zeros(0, np.int64)
        values: Any = self._values[first:]
        values = np.array(values, self._code) if self._code else tuple(values)
        at, alarms = -first, []
        for many, alarm in self._alarms:
            if at + many > 0:
                alarms.append((max(0, at), alarm))
            at += many
        return History.of(times, values, alarms)


class Objects:
    """Texts, arrays, tables: each as it is, with what it weighs."""

    def __init__(self) -> None:
        self._kept: deque[tuple[Any, Alarm, int, int]] = deque()
        self.weight = EMPTY

    def __len__(self) -> int:
        return len(self._kept)

    def extend(self, readings: Sequence[Now], most: int) -> bool:
        weight = 0
        for value, alarm, time, _ in readings:
            weight = _OBJECT + _ALARM + _TEXT * len(alarm.message) + weight_of(value)
            if weight + EMPTY <= most:
                self._kept.append((value, alarm, _as_time(time), weight))
                self.weight += weight
        return weight + EMPTY <= most

    def drop(self, count: int) -> None:
        for _ in range(min(count, len(self._kept))):
            self.weight -= self._kept.popleft()[3]

    def shrink(self, weight: int) -> None:
        while self.weight > weight and self._kept:
            self.weight -= self._kept.popleft()[3]

    def history(self, count: int) -> History:
        kept = list(islice(self._kept, max(0, len(self._kept) - count), None))
        times = np.array([time for _, _, time, _ in kept], np.int64)
        alarms = [(at, item[1]) for at, item in enumerate(kept) if at == 0 or kept[at - 1][1] != item[1]]
        return History.of(times, tuple(value for value, *_ in kept), alarms)


def weight_of(value: Any) -> int:
    """Bytes that a value takes: of an array those of all that it is a part of, for they are kept with it."""
    if isinstance(value, np.ndarray):
        found = value.nbytes
        base: Any = value.base
        while base is not None:
            found = max(found, len(base) if isinstance(base, (bytes, bytearray)) else getattr(base, "nbytes", 0))
            base = getattr(base, "base", None)
        return found + 128
    if isinstance(value, str):
        return 64 + _TEXT * len(value)
    if isinstance(value, Mapping):
        return 256 + _sum(value.keys()) + _sum(value.values())
    if isinstance(value, (tuple, list)):
        return 64 + 8 * len(value) + _sum(value)
    return 64


def _sum(values: Iterable[Any]) -> int:
    return sum(map(weight_of, values))


def _is_time(time: Any) -> bool:
    return isinstance(time, int) and -_LARGEST <= time <= _LARGEST


def _as_time(time: Any) -> int:
    """A time stamp that fits; whoever gave another may be wrong by centuries."""
    return int(max(-_LARGEST, min(_LARGEST, time)))
