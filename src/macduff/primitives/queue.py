"""A first in, first out queue between tasks, the same on every backend."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Generic, TypeVar

from ..errors import MacduffError, TimedOut, TooMany
from .atoms import Backend, Flag

__all__ = ["Closed", "Queue"]

T = TypeVar("T")


class Closed(MacduffError):
    """The queue was closed, and everything that was in it has been taken."""

    kind = "Closed"


class _Getter(Generic[T]):
    """One who waits; `put` hands the item over, so nobody can snatch it on the way."""

    __slots__ = ("flag", "items")

    def __init__(self, flag: Flag) -> None:
        self.flag = flag
        self.items: list[T] = []


class Queue(Generic[T]):
    """Items in order; getters are served in the order in which they came.

    maxsize: 0 for no bound. `put` never blocks: at the bound it raises TooMany, once the queue is closed it drops the
    item and counts it in `dropped`.
    """

    def __init__(self, backend: Backend, maxsize: int = 0, name: str = "") -> None:
        self.name = name
        self.maxsize = maxsize
        self.dropped = 0
        self._backend = backend
        self._mutex = backend.mutex()
        self._items: deque[T] = deque()
        self._getters: deque[_Getter[T]] = deque()
        self._closed = False

    def put(self, item: T) -> None:
        """Add an item, from any thread or task; never blocks. TooMany when the queue is full."""
        with self._mutex:
            if self._closed:
                self.dropped += 1
                return
            try:
                getter = self._getters.popleft()
            except IndexError:
                if self.maxsize and len(self._items) >= self.maxsize:
                    raise TooMany(f"{self}: expected at most {self.maxsize} items, got one more") from None
                self._items.append(item)
                return
            getter.items.append(item)
        getter.flag.set()

    def get(self, timeout: float | None = None) -> T:
        """Take the oldest item, waiting for one at most `timeout` seconds (None: no end, 0: not at all).

        TimedOut when none came; Closed when the queue is closed and empty.
        """
        with self._mutex:
            if self._items:
                return self._items.popleft()
            if self._closed:
                raise Closed(f"{self} is closed")
            if timeout is not None and timeout <= 0:
                raise TimedOut(f"{self}: expected an item, got none")
            getter: _Getter[T] = _Getter(self._backend.flag())
            self._getters.append(getter)
        if self.closed:  # `close` takes no mutex: it may have looked for getters before the append
            getter.flag.set()
        return self._wait(getter, timeout)

    def _wait(self, getter: _Getter[T], timeout: float | None) -> T:
        getter.flag.reason = f"an item in {self}"
        try:
            getter.flag.wait(timeout)
        except BaseException:
            with self._mutex:
                if getter.items:
                    self._items.appendleft(getter.items.pop())
                else:
                    self._withdraw(getter)
            raise
        with self._mutex:
            if getter.items:
                return getter.items.pop()
            self._withdraw(getter)
        if self._closed:
            raise Closed(f"{self} is closed")
        raise TimedOut(f"{self}: expected an item within {timeout} s, got none")

    def _withdraw(self, getter: _Getter[T]) -> None:
        with suppress(ValueError):  # `close` took it out
            self._getters.remove(getter)

    def close(self) -> None:
        """No more items; who waits is woken. What is in the queue can still be taken. Safe to call again.

        It takes no mutex, so it may be the `stop` of a Task: a finalizer can run in the midst of `put` or `get`.
        """
        self._closed = True
        getters = self._getters
        while getters:
            try:
                getter = getters.popleft()
            except IndexError:  # somebody else was quicker
                return
            getter.flag.set()

    @property
    def closed(self) -> bool:
        return self._closed

    def __len__(self) -> int:
        return len(self._items)

    def __bool__(self) -> bool:
        """A queue is true, also when it is empty."""
        return True

    def __iter__(self) -> Iterator[T]:
        """The items as they come, until the queue is closed and empty."""
        while True:
            try:
                item = self.get()
            except Closed:
                return
            yield item

    def __str__(self) -> str:
        return f"queue {self.name}" if self.name else "a queue"

    def __repr__(self) -> str:
        return f"<{self}: {len(self._items)} items, {len(self._getters)} waiting>"
