"""What a plot shows, without anything that draws: the history of an attribute and what it is from then on."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from macduff.client import RemoteAttribute, Subscriber
from macduff.client.signature import units_of
from macduff.errors import BadValue, MacduffError
from macduff.values import Reading, Severity, VArray, VBool, VEnum, VNumber, VType

__all__ = ["Kind", "Numbers", "Series", "Times", "kind_of"]

KEPT = 100_000
"""Readings of one attribute that a plot keeps; then the oldest go."""

Kind: TypeAlias = Literal["strip", "line", "image"]
"""A number over time, an array over its index, a picture."""
Numbers: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Times:
    """A number over time: seconds since 1970, and what it became then; NaN where it was not known."""

    times: Numbers
    values: Numbers


def kind_of(path: str, vtype: VType[Any], value: Any) -> Kind:
    """How an attribute is plotted; BadValue for what cannot be."""
    if isinstance(vtype, VNumber | VBool | VEnum):
        return "strip"
    if isinstance(vtype, VArray) and isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        if value.ndim == 1:
            return "line"
        if value.ndim == 2:
            return "image"
    shown = f"{value.ndim}-dimensional array" if isinstance(value, np.ndarray) else vtype.name
    raise BadValue(f"{path}: expected a number, a switch, a label or an array of one or two dimensions, got a {shown}")


class Series:
    """One attribute in a plot. `changed` is called on the client's callback thread, with no lock held."""

    def __init__(self, attribute: RemoteAttribute[Any], seconds: float | None) -> None:
        """seconds: how far back; None: as far as the server has it. Everything that fails, fails here."""
        state = attribute.get()
        self.path = attribute.path
        self.vtype: VType[Any] = state.info.vtype
        self.units = units_of(self.vtype)
        self.kind: Kind = kind_of(self.path, self.vtype, state.reading.value)
        self.changed: Callable[[], object] = lambda: None
        self.reading: Reading = state.reading
        self.seconds = seconds
        self.no_history = ""
        """Why there is nothing from before; "" when there is."""
        self._readings: deque[tuple[int, float]] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        self._subscriber: Subscriber | None = None
        if self.kind == "strip":
            self._remember(attribute, seconds)
        self._take(state.reading)
        self._attribute = attribute

    @property
    def labels(self) -> tuple[str, ...]:
        """What the numbers of a switch or a label stand for; none for those that stand for themselves."""
        if isinstance(self.vtype, VBool):
            return ("off", "on")
        return self.vtype.labels if isinstance(self.vtype, VEnum) else ()

    def follow(self) -> None:
        """From now on have what comes, too."""
        if self._subscriber is None:
            self._subscriber = self._attribute.subscribe(self._came)

    def close(self) -> None:
        """Follow it no longer; what there is stays."""
        if self._subscriber is not None:
            self._subscriber.close()

    def times(self, now: float) -> Times:
        """What it was, up to now (seconds since 1970), as far back as was asked for."""
        with self._lock:
            kept = list(self._readings)
        times = np.array([moment for moment, _ in kept], np.float64) / 1e9
        values = np.array([value for _, value in kept], np.float64)
        times, values = np.append(times, max(now, times[-1])), np.append(values, values[-1])
        if self.seconds is None:
            return Times(times, values)
        since = now - self.seconds
        first = max(0, int(np.searchsorted(times, since, "right")) - 1)
        times, values = times[first:], values[first:]
        times[0] = max(times[0], since)
        return Times(times, values)

    @property
    def array(self) -> npt.NDArray[Any]:
        """The newest array."""
        return np.asarray(self.reading.value)

    def _remember(self, attribute: RemoteAttribute[Any], seconds: float | None) -> None:
        try:
            history = attribute.history(seconds)
        except MacduffError as error:  # a server that keeps none
            self.no_history = str(error)
            return
        for reading in history:
            self._take(reading)

    def _came(self, reading: Reading) -> None:
        self._take(reading)
        self.changed()

    def _take(self, reading: Reading) -> None:
        """Keep it, in the order of the time stamps; the present value comes once more with each subscription."""
        value, moment = self._number(reading), reading.time or time.time_ns()
        with self._lock:
            if reading.value is not None:
                self.reading = reading
            last = self._readings[-1] if self._readings else None
            if last is None or moment > last[0] or (moment == last[0] and value != last[1]):
                self._readings.append((moment, value))

    def _number(self, reading: Reading) -> float:
        value = reading.value
        if self.kind != "strip" or reading.alarm.severity is Severity.INVALID or value is None:
            return float("nan")
        labels = self.labels
        if isinstance(value, str):
            return float(labels.index(value)) if value in labels else float("nan")
        return float(value)
