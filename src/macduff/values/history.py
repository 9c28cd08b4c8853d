"""What an attribute was: readings in columns, oldest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .alarm import Alarm, Reading

__all__ = ["History"]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Readings of one attribute in the order of their time stamps, those of the same time as they came.

    times: nanoseconds since the UNIX epoch, int64. values: an array for numbers, else a tuple. alarms: (index, alarm)
    for each reading whose alarm is not that of the one before it, the first included.
    """

    times: NDArray[np.int64]
    values: Any
    alarms: Sequence[tuple[int, Alarm]]

    @classmethod
    def of(cls, times: NDArray[np.int64], values: Any, alarms: Sequence[tuple[int, Alarm]]) -> Self:
        """Readings as they came; they are put in the order of their times, which a clock may have turned back."""
        if len(times) < 2 or bool((times[1:] >= times[:-1]).all()):
            return cls(times, values, tuple(alarms))
        order = np.argsort(times, kind="stable")
        each = _each(alarms, len(times))
        sorted_values = values[order] if isinstance(values, np.ndarray) else tuple(values[at] for at in order)
        return cls(times[order], sorted_values, _runs([each[at] for at in order]))

    @property
    def severities(self) -> NDArray[np.uint8]:
        """The severity of each reading, 0 to 3."""
        found = np.zeros(len(self.times), np.uint8)
        for start, alarm in self.alarms:
            found[start:] = alarm.severity
        return found

    def later(self, time: int) -> Self:
        """Those with a later time stamp."""
        return self._from(int(np.searchsorted(self.times, time, "right")))

    def during(self, start: int) -> Self:
        """What it was from `start` on: the readings since then, and before them the one that was still true then."""
        return self._from(max(0, int(np.searchsorted(self.times, start, "right")) - 1))

    def newest(self, count: int) -> Self:
        """The newest so many."""
        return self._from(max(0, len(self.times) - count))

    def _from(self, first: int) -> Self:
        if first == 0:
            return self
        alarms: list[tuple[int, Alarm]] = []
        for start, alarm in self.alarms:
            if start <= first:
                alarms = [(0, alarm)]
            else:
                alarms.append((start - first, alarm))
        times = self.times[first:]
        return type(self)(times, self.values[first:], tuple(alarms) if len(times) else ())

    def __len__(self) -> int:
        return len(self.times)

    def __iter__(self) -> Iterator[Reading]:
        """Each as a Reading; its sequence is 0, for that is not kept."""
        values = self.values.tolist() if isinstance(self.values, np.ndarray) else self.values
        for value, alarm, time in zip(values, _each(self.alarms, len(self.times)), self.times.tolist(), strict=True):
            yield Reading(value, alarm, time, 0)

    def __repr__(self) -> str:
        if not len(self):
            return "<History: no readings>"
        count, seconds = len(self), int(self.times[-1] - self.times[0]) / 1e9
        return f"<History: {count} reading{'s' if count > 1 else ''} over {seconds:g} s>"


def _each(alarms: Sequence[tuple[int, Alarm]], count: int) -> list[Alarm]:
    """The alarm of each reading."""
    found: list[Alarm] = []
    ends = [start for start, _ in alarms[1:]] + [count]
    for (start, alarm), end in zip(alarms, ends, strict=True) if alarms else ():
        found += [alarm] * (end - start)
    return found


def _runs(alarms: Sequence[Alarm]) -> tuple[tuple[int, Alarm], ...]:
    """Where the alarm becomes another."""
    return tuple((at, alarm) for at, alarm in enumerate(alarms) if at == 0 or alarms[at - 1] != alarm)
