"""The devices of the small beamline: each with what makes it hard to keep the rules."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from macduff import Attribute, Child, Device, DState, PausableDevice, StateChanged, VInt, publish_method
from tests.unit.core.devices import Counter, Stage

__all__ = ["Axis", "Disobedient", "Scan"]


class Axis(Stage):
    """A stage whose author catches too much, and that can tell when two calls have it at once."""

    at = Attribute(VInt(), 0, "Changes together with `of`")
    of = Attribute(VInt(), 0)
    gain = Attribute(VInt(), 1)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._inside: list[str] = []

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        assert not self._inside, f"{name} runs beside {self._inside}"
        self._inside.append(name)
        try:
            yield
        finally:
            self._inside.remove(name)

    @publish_method(busy="replace")
    def move(self, target: float) -> float:
        """Go to target (mm) and return where it ended (mm)."""
        with self._alone("move"):
            while abs(left := target - self.position.value) > 1e-9:
                try:
                    self.position.update(self.position.value + math.copysign(min(abs(left), 0.2), left))
                    self.update(at=self.at.value + 1, of=self.of.value + 1)
                    self.wait(0.02)
                except Exception:
                    continue
        return self.position.value

    @publish_method
    def hold(self) -> None:
        """Wait long."""
        with self._alone("hold"):
            self.wait(50)

    @gain.on_put
    def _set_gain(self, gain: int) -> None:
        self.gain.update(gain)


class Scan(PausableDevice):
    """Moves X and runs DET at each point; notes every point that it did."""

    x, det = Child(Axis), Child(Counter)
    points = Attribute(VInt(control=(1, 100)), 3, parameter=True)

    def __init__(self, name: str, x: Axis, det: Counter) -> None:
        super().__init__(name, x=x, det=det)
        self._points: list[int] = []

    def do_configure(self) -> DState:
        self._points = []
        self.wait_all(self.start(self.x.move, 0.0), self.start(self.det.configure, frames=2))
        self.total_steps.update(self.points.value)
        return DState.Ready

    def do_run(self) -> DState:
        while self.completed_steps.value < self.total_steps.value:
            self.checkpoint()
            point = self.completed_steps.value
            if point == 0:
                self._points = []
            self.x.move(0.1 * point)
            self.det.run()
            with self._noting():
                self._points.append(point)
                self.completed_steps.update(point + 1)
        return DState.Ready

    def _noting(self) -> Any:
        """The note and the count belong together: a dead call may make neither."""
        return _Undo(self._points)

    def do_rewind(self, steps: int) -> None:
        del self._points[len(self._points) - steps :]


class _Undo:
    """Takes the note back when the count was refused."""

    def __init__(self, notes: list[int]) -> None:
        self.notes = notes
        self.length = len(notes)

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, *_: object) -> None:
        if kind is not None:
            del self.notes[self.length :]


class Disobedient(Device):
    """Clings to its thread for ten seconds after every abort."""

    abort_grace = 0.5
    steps = Attribute(VInt(), 0)

    @publish_method
    def cling(self) -> None:
        """Bear with every exception for a while."""
        end = self.clock.monotonic() + 10
        while self.clock.monotonic() < end:
            try:
                self.steps.update(self.steps.value + 1)
                self.wait(0.02)
            except BaseException as error:
                if not isinstance(error, StateChanged):
                    raise
                self._process_needed().backend.sleep(0.5)

    @publish_method
    def ordinary(self) -> None:
        """Something else."""
        self.wait(0.01)
