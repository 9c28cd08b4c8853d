"""Flag and mutex of the simulation: each use is a point where another task may come in between."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from .failure import here

if TYPE_CHECKING:
    from .scheduler import Scheduler
    from .task import SimTask

__all__ = ["SimFlag", "SimMutex"]


class SimFlag:
    """A flag; see `primitives.Flag`."""

    __slots__ = ("_is_set", "_scheduler", "_waiting", "owner", "reason")

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._is_set = False
        self._waiting: list[SimTask] = []
        self.reason = ""
        self.owner: Callable[[], str] | None = None

    def is_set(self) -> bool:
        self._scheduler.preempt()
        return self._is_set

    def clear(self) -> None:
        self._scheduler.preempt()
        self._is_set = False

    def set(self) -> None:
        self._scheduler.preempt()
        self.fire()

    def fire(self) -> None:
        """Set it, with nobody coming in between."""
        self._is_set = True
        if self._waiting:
            for task in self._waiting:
                self._scheduler.wake(task)
            self._waiting.clear()

    def forget(self, task: SimTask) -> None:
        """The task waits no longer."""
        self._waiting.remove(task)

    def wait(self, timeout: float | None = None) -> bool:
        scheduler = self._scheduler
        scheduler.preempt()
        if self._is_set:
            return True
        if timeout is not None and timeout <= 0:
            return False
        task = scheduler.must_be_task(f"wait for {self.reason or 'a flag'}")
        self._waiting.append(task)
        task.waits_for = self
        task.woken = False
        try:
            scheduler.suspend(task, timeout)
        finally:
            task.waits_for = None
            if task in self._waiting:  # it was told to end
                self._waiting.remove(task)
        return task.woken

    def __repr__(self) -> str:
        return f"<flag {self.reason!r}, {'set' if self._is_set else 'not set'}, {len(self._waiting)} waiting>"


class SimMutex:
    """A mutex that is never contended: nobody else runs while one is held, so nothing may block or nest in it."""

    __slots__ = ("_held", "_scheduler")

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._held = False

    def __enter__(self) -> None:
        scheduler = self._scheduler
        scheduler.preempt()
        if scheduler.mutex is not None:
            scheduler.fail(f"a mutex is entered inside another, which on threads can deadlock, {here()}")
        assert not self._held
        self._held = True
        scheduler.mutex = self
        scheduler.still = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        scheduler = self._scheduler
        self._held = False
        scheduler.mutex = None
        scheduler.still = scheduler.idle
