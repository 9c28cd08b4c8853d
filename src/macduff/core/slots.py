"""Places for runnable calls; waiting calls give theirs back (rules 8, 13)."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from ..primitives import Backend, Flag

__all__ = ["Slots", "Taker"]


class Taker(Protocol):
    """A call: `flag` is what wakes it, `dead` why it was ended."""

    flag: Flag | None

    @property
    def dead(self) -> object: ...


class _Waiter:
    __slots__ = ("flag", "granted")

    def __init__(self, flag: Flag) -> None:
        self.flag = flag
        self.granted = False


class Slots:
    """A counting semaphore, first come first served; on each backend."""

    def __init__(self, backend: Backend, number: int) -> None:
        self._backend = backend
        self._mutex = backend.mutex()
        self._free = number
        self._waiting: deque[_Waiter] = deque()

    def acquire(self, taker: Taker) -> bool:
        """Take a place, waiting for it; False, without one, once the taker is dead: it has only to end."""
        with self._mutex:
            if self._free > 0:
                self._free -= 1
                return True
            flag = self._backend.flag()
            flag.reason = "a place for runnable calls"
            waiter = _Waiter(flag)
            self._waiting.append(waiter)
        taker.flag = flag
        while True:
            if waiter.granted:
                return True
            if taker.dead is not None and self._withdraw(waiter):
                return False
            flag.wait()
            flag.clear()

    def _withdraw(self, waiter: _Waiter) -> bool:
        """Wait no longer; False when it was granted first."""
        with self._mutex:
            if waiter.granted:
                return False
            self._waiting.remove(waiter)
            return True

    def release(self) -> None:
        with self._mutex:
            if not self._waiting:
                self._free += 1
                return
            waiter = self._waiting.popleft()
            waiter.granted = True
        waiter.flag.set()
