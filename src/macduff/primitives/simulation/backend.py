"""The simulated backend as its users see it."""

from __future__ import annotations

import gc
import secrets
from collections.abc import Callable, Hashable
from types import TracebackType
from typing import Any, Self, TypeVar

from greenlet import getcurrent

from .flag import SimFlag, SimMutex
from .options import Options
from .refusals import refusing
from .scheduler import Scheduler
from .task import SimTask, SimTaskHandle

__all__ = ["Simulated"]

T = TypeVar("T")
EPOCH = 1_600_000_000 * 10**9
"""When a simulation begins on the clock on the wall, in ns."""
BEGIN = 1_000 * 10**9
"""And on the monotonic one."""


class SimClock:
    """Virtual time."""

    __slots__ = ("_scheduler",)

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def monotonic(self) -> float:
        return (self._scheduler.now + BEGIN) / 1e9

    def time_ns(self) -> int:
        return self._scheduler.now + EPOCH


class Simulated:
    """One run of a simulation, and the backend for what runs in it.

    `with simulated(seed=1) as sim: sim.run(main)`. Whatever is made on this backend may be made before `run`; only
    tasks can wait. Options: see `options.Options`.
    """

    name = "simulated"
    capabilities = frozenset({"preemptive", "deterministic", "virtual-time"})
    preemptible = True

    def __init__(self, seed: int | None = None, **options: Any) -> None:
        self.seed = secrets.randbelow(2**31) if seed is None else seed
        self._scheduler = scheduler = Scheduler(self.seed, Options(**options))
        self.clock = SimClock(scheduler)
        self.local = scheduler.local
        self.preempt = scheduler.preempt
        self._ran = False

    # the run

    def run(self, main: Callable[[], T]) -> T:
        """Run main as a task until it returns, and give back what it returned; then what is left is killed.

        SimulationFailed when a task raised, all wait for ever, or no time passes. Once for each Simulated.
        """
        scheduler = self._scheduler
        if self._ran or getcurrent() is not scheduler.hub:
            raise RuntimeError("sim.run: expected to be called once, where the Simulated was made; make another one")
        self._ran = True
        results: list[T] = []
        task = SimTask(scheduler, lambda: results.append(main()), "main")
        collecting = gc.isenabled()
        gc.disable()
        try:
            with refusing(scheduler):
                try:
                    scheduler.add(task)
                    scheduler.loop(task)
                finally:
                    scheduler.end()
        finally:
            if collecting:
                gc.enable()
        if scheduler.failure is not None:
            raise scheduler.failure
        return results[0]

    def inject(self, point: int, operation: Callable[[], object]) -> None:
        """Run the operation as a new task exactly at that preemption point, the first of which is 1."""
        self._scheduler.inject(point, operation)

    def note(self, text: str) -> None:
        """Add a line of yours to the trace."""
        self._scheduler.note(text)

    @property
    def trace(self) -> list[tuple[int, int, str]]:
        """What happened: (time in ns, number of points, which task went on or what else); equal for equal seeds."""
        return self._scheduler.trace

    @property
    def points(self) -> int:
        """How many preemption points were passed."""
        return self._scheduler.points

    @property
    def injected(self) -> dict[int, str]:
        """What was injected, by its point."""
        return dict(self._scheduler.injected)

    @property
    def left(self) -> list[str]:
        """The tasks that had not ended when main had, a line each; they were killed."""
        return list(self._scheduler.left)

    @property
    def time(self) -> float:
        """Simulated seconds since the begin."""
        return self._scheduler.now / 1e9

    # the backend

    def spawn(self, target: Callable[[], object], name: str, stop: Callable[[], object] | None = None) -> SimTaskHandle:
        scheduler = self._scheduler
        scheduler.preempt()
        task = SimTask(scheduler, target, name)
        scheduler.add(task)
        return SimTaskHandle(task, stop)

    service = spawn

    def flag(self) -> SimFlag:
        return SimFlag(self._scheduler)

    def mutex(self) -> SimMutex:
        return SimMutex(self._scheduler)

    def sleep(self, seconds: float) -> None:
        scheduler = self._scheduler
        scheduler.preempt()
        if seconds <= 0:
            return
        task = scheduler.must_be_task(f"sleep {seconds} s")
        task.sleeping = True
        try:
            scheduler.suspend(task, seconds)
        finally:
            task.sleeping = False

    def identity(self) -> Hashable:
        return self._scheduler.current or "outside the simulation"

    def name_of(self, identity: Hashable) -> str:
        return identity.name if isinstance(identity, SimTask) else str(identity)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill what was started and never run."""
        if not self._ran:
            self._scheduler.end()

    def __repr__(self) -> str:
        return f"<backend simulated, seed {self.seed}, point {self.points}>"
