"""Places for runnable calls; waiting calls give theirs back (rules 8, 13)."""

from __future__ import annotations

from collections import deque

from ..primitives import Backend, Flag

__all__ = ["Slots"]


class Slots:
    """A counting semaphore, first come first served; on each backend."""

    def __init__(self, backend: Backend, number: int) -> None:
        self._backend = backend
        self._mutex = backend.mutex()
        self._free = number
        self._waiting: deque[Flag] = deque()

    def acquire(self) -> None:
        with self._mutex:
            if self._free > 0:
                self._free -= 1
                return
            flag = self._backend.flag()
            flag.reason = "a place for runnable calls"
            self._waiting.append(flag)
        flag.wait()

    def release(self) -> None:
        with self._mutex:
            if not self._waiting:
                self._free += 1
                return
            flag = self._waiting.popleft()
        flag.set()
