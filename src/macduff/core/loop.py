"""The Process thread's work: what was asked for, what changed, what its time has come for; in this order."""

from __future__ import annotations

import heapq
import logging
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from ..primitives import Backend, Clock

__all__ = ["Loop", "Timer"]

LOG = logging.getLogger("macduff.core")
Item = TypeVar("Item")


class Timer:
    """Something to do later on the Process thread."""

    __slots__ = ("args", "function")

    def __init__(self, function: Callable[..., None], args: tuple[Any, ...]) -> None:
        self.function: Callable[..., None] | None = function
        self.args = args

    def cancel(self) -> None:
        self.function, self.args = None, ()  # what it was for need not stay until its time


class Loop(Generic[Item]):
    """The control lane, the change lane and the timers; the control lane is drained first (rule 5).

    handle: what is done with an item of the change lane.
    """

    def __init__(self, backend: Backend, name: str, handle: Callable[[Item], None]) -> None:
        self._name = name
        self._handle = handle
        self._clock: Clock = backend.clock
        self.raises = backend.name == "simulated"
        """Whether errors end the program: a simulation is to fail, not to go on."""
        self._control: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self.lane: deque[Item] = deque()
        self._flag = backend.flag()
        self._flag.reason = f"the Process {name} waits for work"
        self.wake: Callable[[], None] = self._flag.set
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = count()
        self._ending = False
        self._over = False
        self._turn = deque([None])  # who takes it out drains, once the thread is over

    def post(self, function: Callable[..., None], *args: Any) -> None:
        """Have it done on the Process thread, before any change that waits; any thread, never blocks."""
        self._control.append((function, args))
        self.wake()
        if self._over:
            self._finish()

    def leave(self, function: Callable[..., None], *args: Any) -> None:
        """Like `post`, for who must not wake the thread now, and does so in a moment."""
        self._control.append((function, args))

    def later(self, seconds: float, function: Callable[..., None], *args: Any) -> Timer:
        """Have it done after some seconds; on the Process thread, or before it was started."""
        timer = Timer(function, args)
        heapq.heappush(self._timers, (self._clock.monotonic() + seconds, next(self._order), timer))
        return timer

    def run(self) -> None:
        """The life of the Process thread."""
        while True:
            self._flag.clear()
            self._drain()
            if self._ending:
                break
            self._flag.wait(self._until_next_timer())
        self._over = True
        self._finish()

    def end(self) -> None:
        """Let the thread end when nothing is left to do."""
        self._ending = True
        self.wake()

    def _finish(self) -> None:
        """What comes when the thread is over still gets its answer, from whoever brings it."""
        while self._control or self.lane:
            try:
                self._turn.pop()
            except IndexError:
                return  # somebody else is at it, and looks again
            try:
                self._drain()
            finally:
                self._turn.append(None)

    def _drain(self) -> None:
        control, lane = self._control, self.lane
        while True:
            self._fire_timers()
            if control:
                function, args = control.popleft()
                self._guarded(function, *args)
            elif lane:
                self._guarded(self._handle, lane.popleft())
            else:
                return

    def _guarded(self, function: Callable[..., None], *args: Any) -> None:
        """Nothing that goes wrong in one place may stop the Process."""
        try:
            function(*args)
        except Exception:
            LOG.exception("the Process %s goes on after an error in %s", self._name, function)
            if self.raises:
                raise

    def _until_next_timer(self) -> float | None:
        while self._timers and self._timers[0][2].function is None:
            heapq.heappop(self._timers)
        return max(0.0, self._timers[0][0] - self._clock.monotonic()) if self._timers else None

    def _fire_timers(self) -> None:
        timers = self._timers
        if not timers or self._over:
            return
        now = self._clock.monotonic()
        while timers and (timers[0][0] <= now or timers[0][2].function is None):
            timer = heapq.heappop(timers)[2]
            if timer.function is not None:
                self._guarded(timer.function, *timer.args)
