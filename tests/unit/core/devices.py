"""The devices that the tests of the core are about."""

from __future__ import annotations

import math

from macduff import (
    Attribute,
    Child,
    Device,
    DState,
    PausableDevice,
    VDouble,
    VInt,
    VString,
    creatable,
    idle_task,
    publish_method,
)


@creatable
class Stage(Device):
    """A linear stage."""

    position = Attribute(VDouble(units="mm", precision=4, display=(-10, 10)), 0.0, "Where it is")
    velocity = Attribute(VDouble(units="mm/s", control=(0.01, 5)), 1.0, "How fast it goes", writable=True)
    note = Attribute(VString(), "", writable=True)

    @publish_method(busy="replace")
    def move(self, target: float) -> float:
        """Go to target (mm) and return where it ended (mm)."""
        while abs(left := target - self.position.value) > 1e-9:
            step = min(abs(left), 0.2 * self.velocity.value)
            self.position.update(self.position.value + math.copysign(step, left))
            self.wait(0.02)
        return self.position.value

    @publish_method
    def home(self) -> None:
        """Go to zero; nothing else may come in between."""
        while self.position.value != 0:
            self.position.update(max(0.0, self.position.value - 0.5))
            self.wait(0.02)

    @publish_method(busy="allow")
    def where(self) -> float:
        """Where it is now (mm)."""
        return self.position.value

    @publish_method
    def fail(self) -> None:
        """Raise."""
        raise RuntimeError("no such luck")


class Counter(PausableDevice):
    """Counts to `frames`, a step every 10 ms."""

    frames = Attribute(VInt(control=(1, 1000)), 5, "How many", parameter=True)
    wait_time = Attribute(VDouble(units="s", control=(0, 1)), 0.01, "A step's time", parameter=True)
    log_of = Attribute(VString(), "", "What was called, in order")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._done: list[int] = []
        self._called: list[str] = []

    def do_configure(self) -> None:
        self._called.append("configure")
        self._done = []
        self.total_steps.update(self.frames.value)

    def do_run(self) -> DState:
        self._called.append("run")
        while self.completed_steps.value < self.total_steps.value:
            self.checkpoint()
            self.wait(self.wait_time.value)
            self._done.append(self.completed_steps.value)
            self.completed_steps.update(self.completed_steps.value + 1)
        return DState.Ready

    def do_rewind(self, steps: int) -> None:
        self._called.append("rewind")
        del self._done[len(self._done) - steps :]

    def do_stop(self) -> None:
        self._called.append("stop")


class Scan(PausableDevice):
    """Moves a stage and runs a counter at each point."""

    stage, counter = Child(Stage), Child(Counter)
    points = Attribute(VInt(control=(1, 100)), 3, parameter=True)

    def do_configure(self) -> DState:
        self.wait_all(self.start(self.stage.move, 0.0), self.start(self.counter.configure, frames=2))
        self.total_steps.update(self.points.value)
        return DState.Ready

    def do_run(self) -> DState:
        while self.completed_steps.value < self.total_steps.value:
            self.checkpoint()
            self.stage.move(0.1 * self.completed_steps.value)
            self.counter.run()
            self.completed_steps.update(self.completed_steps.value + 1)
        return DState.Ready


class Ticker(Device):
    """Has an idle task."""

    ticks = Attribute(VInt(), 0)
    broken = Attribute(VString(), "", writable=True)

    @idle_task(period=0.1)
    def tick(self) -> None:
        if self.broken.value:
            raise RuntimeError(self.broken.value)
        self.ticks.update(self.ticks.value + 1)

    @publish_method
    def hold(self, seconds: float) -> None:
        """Be busy, with the lock released."""
        self.wait(seconds)
