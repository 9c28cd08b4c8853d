"""What `monitor_value` and `monitor_reading` of a signal give: a callback that is told until it is closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from bluesky.protocols import Reading
from ophyd_async.core import SignalR

__all__ = ["Monitor"]


class Monitor:
    """A callback that is told, in the loop in which this was made; `close` ends it, from anywhere."""

    def __init__(self, signal: SignalR[Any], told: Callable[[Reading[Any]], None]) -> None:
        self._signal, self._told = signal, told
        self._loop = asyncio.get_running_loop()
        self._closed = False
        signal.subscribe_reading(self._hear)

    def _hear(self, readings: dict[str, Reading[Any]]) -> None:
        """In the loop of whoever monitored the signal first."""
        (reading,) = readings.values()
        if asyncio.get_running_loop() is self._loop:
            self._tell(reading)
        else:
            with suppress(RuntimeError):  # the loop was closed
                self._loop.call_soon_threadsafe(self._tell, reading)

    def _tell(self, reading: Reading[Any]) -> None:
        if not self._closed:
            self._told(reading)

    def close(self) -> None:
        """Nothing is told any more; a second time does nothing."""
        if not self._closed:
            self._closed = True
            self._signal.clear_sub(self._hear)
