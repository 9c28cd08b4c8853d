"""What bindings share that follow and put on the one thread of their protocol."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

from ..core import SourceContext
from ..errors import MacduffError, Unreachable
from ..values import VAction, VType
from .ca.guard import Guard
from .glue import placed

__all__ = ["LoopThread", "PutDone", "ThreadBinding"]

PutDone = Callable[[MacduffError | None], None]


class LoopThread(Protocol):
    """A thread with a loop that is there as long as somebody uses it."""

    def call(self, function: Callable[..., object], *args: Any) -> None: ...
    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]: ...
    def release(self) -> None: ...


T = TypeVar("T", bound=LoopThread)


class ThreadBinding(ABC, Generic[T]):
    """Holds the thread from `start` to `close`. name, what: of the thing that is followed, and its kind, for errors."""

    def __init__(self, context: SourceContext, name: str, what: str) -> None:
        self.context = context
        self._name = name
        self._what = what
        self._thread: T | None = None
        self._closed = False
        self._guard = Guard(context.setpoint, lambda a, b: self._type().equal(a, b), self._later)

    # any thread

    def start(self) -> None:
        if not self._closed:
            self._thread = thread = self._acquire()
            thread.call(self._begin, thread)

    def close(self) -> None:
        self._closed = True
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.call(self._end)
            thread.release()

    def put(self, value: Any, done: PutDone) -> None:
        thread = self._thread
        if thread is None:
            done(self._closed_error())
            return
        if not isinstance(self._type(), VAction):
            self._guard.asked(value)
        try:
            thread.call(self._begin_put, thread, value, done)
        except RuntimeError:  # the loop was closed a moment ago
            done(self._closed_error())

    def _closed_error(self) -> MacduffError:
        text = f"{self._name}: expected {self._what} that is followed, got one that was closed"
        return placed(Unreachable(text), self.context)

    def _later(self, seconds: float, function: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, function)

    # each protocol's; the last three on its thread

    @abstractmethod
    def _acquire(self) -> T:
        """The thread, to be given back by `close`."""

    @abstractmethod
    def _type(self) -> VType[Any]:
        """What set points are compared by."""

    @abstractmethod
    def _begin(self, thread: T) -> None:
        """Follow, unless it was closed meanwhile."""

    @abstractmethod
    def _end(self) -> None:
        """Follow no more."""

    @abstractmethod
    def _begin_put(self, thread: T, value: Any, done: PutDone) -> None:
        """Put, and call `done` once."""
