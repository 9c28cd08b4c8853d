"""Tango threads that wait for an outcome, their device's monitor released so that others are served meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tango

from macduff.core import Outcome
from macduff.errors import MacduffError

__all__ = ["WAIT", "Pending", "Waiters"]

WAIT = 2.0
"""Seconds that a Tango client is kept waiting (rule 38); its own patience is 3 by default."""


class Pending:
    """One outcome that comes later, from any thread; the first that is told counts."""

    def __init__(self) -> None:
        self._told = threading.Lock()
        self._told.acquire()
        self.outcome: Outcome | None = None

    def finish(self, outcome: Outcome) -> None:
        if self.outcome is None:
            self.outcome = outcome
            self._told.release()

    def wait(self, device: Any, seconds: float = WAIT) -> Outcome | None:
        """None when nothing came in time. No monitor of Tango is held meanwhile, so events can be pushed."""
        with tango.AutoTangoAllowThreads(device):
            self._told.acquire(timeout=seconds)
        return self.outcome


class Waiters:
    """Those who wait for one device: when it goes they are told, and have left before it is destroyed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[Pending, None] = {}
        self._closed: MacduffError | None = None

    @contextmanager
    def one(self) -> Iterator[Pending]:
        """For the time of one request."""
        pending = Pending()
        with self._changed:
            if self._closed is not None:
                raise self._closed
            self._waiting[pending] = None
        try:
            yield pending
        finally:
            with self._changed:
                del self._waiting[pending]
                self._changed.notify_all()

    def close(self, error: MacduffError, seconds: float = 1.0) -> None:
        """Nobody waits any more when this returns."""
        with self._changed:
            self._closed = error
            for pending in self._waiting:
                pending.finish(Outcome(None, error))
            self._changed.wait_for(lambda: not self._waiting, seconds)

    def open(self) -> None:
        with self._changed:
            self._closed = None
