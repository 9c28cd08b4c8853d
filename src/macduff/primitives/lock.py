"""A lock that is handed over in order, the same on every backend."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from types import TracebackType
from typing import Self

from ..errors import TimedOut
from .atoms import Backend, Flag

__all__ = ["Lock"]


class _Waiter:
    __slots__ = ("flag", "granted", "identity")

    def __init__(self, identity: Hashable, flag: Flag) -> None:
        self.identity = identity
        self.flag = flag
        self.granted = False


class Lock:
    """At most one holder; whoever releases hands it to the one who waits longest, so nobody barges in between.

    Those who asked with `front=True` come before all others, in their own order (rule 8: resuming waiters first).
    Not reentrant. `release` may come from another task than the holder's: a quarantined call's lock is given back by
    the Process.
    """

    def __init__(self, backend: Backend, name: str) -> None:
        self.name = name
        self._backend = backend
        self._mutex = backend.mutex()
        self._holder: Hashable = None
        self._front: deque[_Waiter] = deque()
        self._back: deque[_Waiter] = deque()

    @property
    def holder(self) -> str:
        """The name of the task or thread that holds it; "" when it is free."""
        identity = self._holder
        return "" if identity is None else self._backend.name_of(identity)

    @property
    def waiting(self) -> int:
        """How many wait for it."""
        return len(self._front) + len(self._back)

    def acquire(self, timeout: float | None = None, front: bool = False) -> bool:
        """Take it, waiting at most `timeout` seconds (None: no end, 0: not at all); False when it was not to be had.

        RuntimeError when the caller holds it already.
        """
        backend = self._backend
        me = backend.identity()
        with self._mutex:
            holder = self._holder
            if holder is None:
                self._holder = me
                return True
            waiter = None
            if holder != me and (timeout is None or timeout > 0):
                waiter = _Waiter(me, backend.flag())
                (self._front if front else self._back).append(waiter)
        if waiter is not None:
            return self._wait(waiter, timeout)
        if holder != me:
            return False
        raise RuntimeError(
            f"{self.name}: expected a task that does not hold this lock, got {backend.name_of(me)}, which does and "
            "would wait for itself for ever; release it first, or call the code that needs it without acquiring"
        )

    def _wait(self, waiter: _Waiter, timeout: float | None) -> bool:
        flag = waiter.flag
        flag.reason = self.name
        flag.owner = lambda: self.holder
        try:
            flag.wait(timeout)
        except BaseException:
            if not self._withdraw(waiter):
                self.release()
            raise
        return waiter.granted or not self._withdraw(waiter)

    def _withdraw(self, waiter: _Waiter) -> bool:
        """Wait no longer; False when it was handed over first."""
        with self._mutex:
            if waiter.granted:
                return False
            (self._front if waiter in self._front else self._back).remove(waiter)
            return True

    def release(self) -> None:
        """Give it to the next who waits, or to nobody. RuntimeError when nobody holds it."""
        with self._mutex:
            held = self._holder is not None
            waiter = self._front.popleft() if self._front else self._back.popleft() if self._back else None
            if waiter is not None:
                waiter.granted = True
            self._holder = None if waiter is None else waiter.identity
        if not held:
            raise RuntimeError(f"{self.name}: expected a lock that is held, got one that is free")
        if waiter is not None:
            waiter.flag.set()

    def __enter__(self) -> Self:
        if not self.acquire():
            raise TimedOut(f"{self.name}: expected to get the lock")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def __repr__(self) -> str:
        state = "free" if self._holder is None else f"held by {self.holder}"
        return f"<{self.name}, {state}, {self.waiting} waiting>"
