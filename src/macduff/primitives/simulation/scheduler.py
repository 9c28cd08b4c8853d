"""Which simulated task runs next, and when time passes: a function of the seed and of what the tasks do."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NoReturn

from greenlet import GreenletExit, getcurrent

from .failure import SimulationFailed, failure, here, waiting
from .flag import SimFlag, SimMutex
from .marks import Marks
from .options import Options
from .task import SimTask
from .timers import Timers

__all__ = ["Local", "Scheduler"]

STUBBORN = 1000
"""Waits that a task may begin after it was told to end, before it is left alone."""


class Local:
    """`.call` of the task that runs; the scheduler saves and restores it, so reading it costs one attribute."""

    __slots__ = ("call",)

    def __init__(self) -> None:
        self.call: Any = None


class Scheduler:
    """Tasks switch to each other directly; the hub, the greenlet that called `run`, only begins and ends them.

    still: no switch now, because nothing runs, a mutex is held or the run ends; then `preempt` counts nothing either.
    """

    __slots__ = (
        "_drift", "_drift_share", "_marks", "_random", "_rate", "_ready", "_switch_share", "_tasks", "_timers",
        "_window", "current", "ending", "failure", "hub", "idle", "last_words", "left", "local", "mutex", "now",
        "options", "points", "seed", "still", "trace",
    )  # fmt: skip

    def __init__(self, seed: int, options: Options) -> None:
        self.seed = seed
        self.options = options
        random = Random(seed)
        self._random = random.random
        # Some runs switch all the time, some leave a task long stretches: different defects need different ones.
        switching = options.switching if options.switching is not None else random.choice((0.08, 0.25, 0.6))
        self._drift = options.drift
        self._rate = options.drift + switching
        self._switch_share = 1.0 / max(switching, 1e-9)
        self._drift_share = 1.0 / max(options.drift, 1e-9)
        self._window = round(options.drift_window * 1e9)
        self._marks = Marks(options)
        self._ready: list[SimTask] = []
        self._tasks: dict[SimTask, None] = {}  # a dict, since the order of a set differs from run to run
        self._timers = Timers()
        self.now = 0
        self.points = 0
        self.local = Local()
        self.current: SimTask | None = None
        self.mutex: SimMutex | None = None
        self.still = self.idle = True
        self.ending = False
        self.failure: BaseException | None = None
        self.left: list[str] = []
        self.last_words: list[str] = []
        self.trace: list[tuple[int, int, str]] = []
        self.hub = getcurrent()

    # what tasks do

    def preempt(self) -> None:
        """A point where another task may come in between; counted."""
        if self.still:
            return
        self.points = point = self.points + 1
        marks = self._marks
        if point >= marks.next:
            self._at_mark(marks, point)
        draw = self._random()
        if draw >= self._rate:
            return
        ready = self._ready
        if draw < self._drift:
            self._drift_time()
            index = int(draw * self._drift_share * (len(ready) + 1))
            if index >= len(ready):
                return
        else:
            if not ready:
                return
            index = int((draw - self._drift) * self._switch_share * len(ready))
            if index >= len(ready):  # rounding
                index = 0
        me = self.current
        assert me is not None
        other = ready[index]
        ready[index] = me
        self._switch(other)

    def suspend(self, task: SimTask, timeout: float | None) -> None:
        """Let others run until the task is woken, or for `timeout` seconds (None, or beyond a century: no end)."""
        if self.ending:
            self._end_at_last(task)
        if self.mutex is not None:
            self.fail(f"{task.name} blocks while it holds a mutex; leave the mutex first")
        if timeout is not None and timeout < 3e9:
            self._timers.add(self.now + max(1, round(timeout * 1e9)), task)
        other = self._take()
        if other is None:
            self._to_hub()
        if other is not task:
            self._switch(other)

    def wake(self, task: SimTask) -> None:
        """A flag was set for which it waits."""
        task.ticket += 1
        task.woken = True
        self._ready.append(task)

    def must_be_task(self, what: str) -> SimTask:
        """The task that runs; what only a task can do is refused to others."""
        task = self.current
        if task is None:
            raise RuntimeError(f"expected a simulated task to {what}, got code outside sim.run(main)")
        return task

    def add(self, task: SimTask) -> None:
        if self.ending:
            raise GreenletExit
        self._tasks[task] = None
        self._ready.append(task)
        self.note(f"{task.name} is started")

    def note(self, text: str) -> None:
        self.trace.append((self.now, self.points, text))

    # switching

    def _switch(self, other: SimTask) -> None:
        local = self.local
        call = local.call
        self.current = other
        self.trace.append((self.now, self.points, other.name))
        try:
            other.greenlet.switch()
        finally:
            local.call = call

    def _take(self) -> SimTask | None:
        """One of those that are ready, no longer in the list; lets time pass when none is. None: it all ends."""
        ready = self._ready
        if not ready:
            if not self._pass_time():
                return None
        elif self._random() < self._drift:
            self._drift_time()
        index = int(self._random() * len(ready))
        other = ready[index]
        last = ready.pop()
        if last is not other:
            ready[index] = last
        return other

    def _to_hub(self) -> NoReturn:
        while True:  # it never switches back but to end the task, by an exception
            self.hub.switch()

    def _at_mark(self, marks: Marks, point: int) -> None:
        operation = marks.reached(point)
        if marks.too_long(point):
            self.fail(f"no time has passed in {self.options.step_limit} steps: some task spins, here {here()}")
        if operation is None:
            return
        me = self.current
        assert me is not None
        task = SimTask(self, operation, f"injected {marks.injected[point]}")
        self.add(task)
        self._ready.remove(task)
        self._ready.append(me)
        self._switch(task)

    # time

    def _drift_time(self) -> None:
        """The next timer goes off although tasks are ready, as if the code had taken so long."""
        due = self._timers.next_due()
        if due is not None and due <= self.now + self._window:
            self._advance(due)

    def _pass_time(self) -> bool:
        due = self._timers.next_due()
        if due is None:
            self._failed(f"deadlock: no task can go on, and no time-out runs\n{waiting(self._tasks)}")
            return False
        if due > self.options.time_limit * 1e9:
            self._failed(
                f"expected an end within {self.options.time_limit} simulated seconds, got none\n{waiting(self._tasks)}"
            )
            return False
        self._advance(due)
        return True

    def _advance(self, due: int) -> None:
        if due > self.now:
            self.now = due
            self._marks.time_passed(self.points)
        for task in self._timers.expired(self.now):
            task.ticket += 1
            flag = task.waits_for
            if flag is not None:
                flag.forget(task)
            self._ready.append(task)

    # ends

    def fail(self, text: str) -> NoReturn:
        """End the run from within a task, which does not go on."""
        if self.ending:
            raise GreenletExit
        self._failed(text)
        self._to_hub()

    def refuse(self, what: str, advice: str) -> None:
        """Something real was called: the run ends if it was by a task."""
        if self.current is not None:
            self.fail(f"{self.current.name}: expected nothing real in a simulated task, got {what}, {here()}; {advice}")

    def _failed(self, text: str, cause: BaseException | None = None) -> None:
        if self.failure is None:
            self.failure = failure(self, text, cause)

    def task_raised(self, task: SimTask, error: BaseException) -> None:
        if self.ending:
            self.last_words.append(f"{task.name} raised {type(error).__name__}: {error} when it was ended")
        elif isinstance(error, (KeyboardInterrupt, SimulationFailed)):
            self.failure = error
        else:
            self._failed(f"{task.name} raised {type(error).__name__}: {error}", error)

    def task_ended(self, task: SimTask) -> None:
        del self._tasks[task]
        self.note(f"{task.name} has ended")
        task.done.fire()

    def loop(self, main: SimTask) -> None:
        """The hub: until main has ended or something failed."""
        while main.alive and self.failure is None:
            other = self._take()
            if other is None:
                return
            self.idle = self.still = False
            self._switch(other)
            self.idle = self.still = True
            self.current = None

    def end(self) -> None:
        """Kill what is left, the youngest first, so that its `finally` blocks still find what they use."""
        self.ending = self.still = self.idle = True
        self.mutex = None
        self.left = [line.strip() for line in waiting(self._tasks).splitlines()] if self._tasks else []
        for task in reversed(list(self._tasks)):
            self.current = task
            if task.started:
                task.greenlet.throw(GreenletExit)
        self.current = None
        self.left += self.last_words
        self._tasks.clear()
        self._ready.clear()
        self._timers.clear()

    def _end_at_last(self, task: SimTask) -> NoReturn:
        task.refusals += 1
        if task.refusals > STUBBORN:
            self.last_words.append(f"{task.name} does not end when it is told to, {here()}")
            self._to_hub()
        raise GreenletExit

    @property
    def injected(self) -> dict[int, str]:
        """What was injected so far, by its point."""
        return self._marks.injected

    def inject(self, point: int, operation: Callable[[], object]) -> None:
        self._marks.inject(point, operation)

    def new_flag(self) -> SimFlag:
        return SimFlag(self)
