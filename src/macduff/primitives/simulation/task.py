"""A simulated task: a greenlet, and what the scheduler knows about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from greenlet import GreenletExit, greenlet

from ..endings import Ending

if TYPE_CHECKING:
    from .flag import SimFlag
    from .scheduler import Scheduler

__all__ = ["SimTask", "SimTaskHandle"]


class SimTask:
    """The inside of a task; holds no reference to the handle, so that an unreferenced handle ends it."""

    __slots__ = (
        "alive", "done", "greenlet", "name", "refusals", "scheduler", "sleeping", "started", "target", "ticket",
        "waits_for", "woken",
    )  # fmt: skip

    def __init__(self, scheduler: Scheduler, target: Callable[[], object], name: str) -> None:
        self.scheduler = scheduler
        self.target: Callable[[], object] | None = target
        self.name = name
        self.done: SimFlag = scheduler.new_flag()
        self.done.reason = f"the end of {name}"
        self.alive = True
        self.started = False
        self.sleeping = False
        self.waits_for: SimFlag | None = None
        self.woken = False  # by a flag, not by the time
        self.ticket = 0  # goes up with each wake, so that a timer that comes later is stale
        self.refusals = 0  # how often it went on when it was told to end
        self.greenlet = greenlet(self._run, scheduler.hub)

    def _run(self) -> None:
        """The body of the greenlet; when it returns, the scheduler's loop goes on."""
        scheduler = self.scheduler
        scheduler.local.call = None
        self.started = True
        target, self.target = self.target, None
        try:
            if target is not None:
                target()
        except GreenletExit:
            pass
        except BaseException as error:
            scheduler.task_raised(self, error)
        target = None
        self.alive = False
        scheduler.task_ended(self)

    def __repr__(self) -> str:
        return f"<simulated task {self.name}>"


class SimTaskHandle(Ending):
    """The outside of a simulated task."""

    def __init__(self, task: SimTask, stop: Callable[[], object] | None) -> None:
        scheduler = task.scheduler

        def stop_unseen() -> None:
            """In a finalizer, that is in the midst of anything: nobody may come in between."""
            before, scheduler.still = scheduler.still, True
            try:
                if stop is not None:
                    stop()
            finally:
                scheduler.still = before

        super().__init__(task.name, task.done, stop, lambda: scheduler.current is task, stop_unseen)
        self.task = task
