"""Keeps a set point that was just asked for from being overwritten by older news of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

__all__ = ["Guard"]

HOLD = 0.2
"""Seconds after a put is done in which an update that left the server before it may still come in."""


class Guard:
    """Between a put and its echo, updates of the set point that tell another value are held back.

    deliver(value) tells the attribute. equal(a, b) compares. later(seconds, function) calls on the thread of `saw`.
    """

    def __init__(
        self,
        deliver: Callable[[Any], None],
        equal: Callable[[Any, Any], bool],
        later: Callable[[float, Callable[[], None]], object],
    ) -> None:
        self._deliver = deliver
        self._equal = equal
        self._later = later
        self._lock = threading.Lock()
        self._open = 0
        self._asked: Any = None
        self._held: list[Any] = []

    def asked(self, value: Any) -> None:
        """A put begins; any thread."""
        with self._lock:
            self._open += 1
            self._asked = value
            self._held.clear()
            self._deliver(value)

    def done(self) -> None:
        """It ended; what it became is believed a moment later."""
        self._later(HOLD, self._expire)

    def saw(self, value: Any) -> None:
        """The server says that the set point is this."""
        with self._lock:
            if self._open and not self._equal(value, self._asked):
                self._held[:] = [value]
            else:
                self._held.clear()
                self._deliver(value)

    def _expire(self) -> None:
        with self._lock:
            self._open -= 1
            if not self._open and self._held:
                self._deliver(self._held.pop())
