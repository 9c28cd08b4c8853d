"""An attribute as a stream of readings that stays when the connection or the device goes, INVALID meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from macduff.errors import BadValue
from macduff.values import Alarm, AlarmStatus, Reading, Severity, VType

from .connection import Connection
from .describe import reading_of, vtype_of_meta

__all__ = ["Feed", "Sink"]

Sink = Callable[[Reading | None, int], object]
"""Called on the connection's loop with (reading, how many were lost before it); None: the client was closed."""


class Feed:
    """Turns what the wire says of one attribute into readings; the Watcher of its subscription."""

    def __init__(self, where: str, connection: Connection, sink: Sink, vtype: VType[Any] | None = None) -> None:
        self._where = where
        self._connection = connection
        self._sink = sink
        self._meta: Mapping[str, Any] | None = None
        self._vtype = vtype
        self._given = vtype is not None
        self._last: Reading | None = None

    def value(self, value: Any, sequence: int, lost: int) -> None:
        """The attribute's structure, whole; its meta is the same object until it changes."""
        try:
            if self._vtype is None or (value["meta"] is not self._meta and not self._given):
                self._vtype, self._meta = vtype_of_meta(value["meta"]), value["meta"]
            reading = reading_of(self._vtype, self._where, value, self._connection.dialect, sequence)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            why = f"expected an attribute, got something else ({type(error).__name__}: {error})"
            raise BadValue(f"{self._where}: {why}") from error
        self._last = reading
        self._sink(reading, lost)

    def gone(self, reason: str) -> None:
        """The value is the last one known, or None; the alarm says why nobody knows better now."""
        last = self._last
        alarm = Alarm(Severity.INVALID, AlarmStatus.CLIENT, f"disconnected: {reason}")
        value, sequence = (last.value, last.sequence) if last is not None else (None, 0)
        self._last = Reading(value, alarm, time.time_ns(), sequence)
        self._sink(self._last, 0)

    def closed(self) -> None:
        self._sink(None, 0)
