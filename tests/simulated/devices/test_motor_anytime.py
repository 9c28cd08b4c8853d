"""The ready-made motor with something else coming in at every point of a move (rule 30)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from macduff import DState, Process
from macduff.core import LEGAL
from macduff.devices import Motor
from macduff.primitives.simulation import Simulated, explore
from tests.support.play import Client, Pending

FASTEST = 50.0


class Recorded(Motor):
    """Notes when it was where, as often as it asks itself."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._notes: list[tuple[float, float, float]] = []

    def _now(self) -> tuple[float, float, float]:
        now = super()._now()
        self._notes.append((self.clock.monotonic(), now[0], now[1]))
        return now


class Observer:
    """Every change: only legal transitions, and no motion between an abort's end and the next move."""

    def __init__(self) -> None:
        self.state = DState.Idle
        self.quiet = False

    def put(self, item: tuple[Any, ...]) -> None:
        if item[0].name != "Changes":
            return
        for key, value in item[2].items():
            if key == "state":
                assert (self.state, value.value) in LEGAL
                self.quiet = self.state is DState.Aborting
                self.state = value.value
            elif key == "position":
                assert not self.quiet, "it moved after it was aborted"


class World:
    """A motor, a client with two moves to make, and others."""

    def __init__(self, sim: Simulated) -> None:
        self.sim = sim
        self.pending: list[tuple[Pending, str]] = []
        self.process: Process | None = None

    def ask(self, method: str, **arguments: Any) -> str:
        """A client's call; the outcome's kind. Nothing is asked before the motor is there or after the end."""
        if self.process is None:
            return "too early or late"
        pending = Client(self.process).call("X", method, **arguments)
        self.pending.append((pending, method))
        return pending.kind(60.0)

    def put(self, **values: Any) -> None:
        if self.process is not None:
            pending = Client(self.process).put("X", **values)
            self.pending.append((pending, "put"))
            pending.wait(60.0)

    def operations(self) -> Mapping[str, Callable[[], object]]:
        return {
            "stop": lambda: self.ask("stop"),
            "abort": lambda: self.ask("abort"),
            "another move": lambda: self.ask("move", target=-2.0),
            "a move too far": lambda: self.ask("move", target=200.0),
            "another velocity": lambda: self.put(velocity=20.0),
            "other limits": lambda: self.put(high_limit=4.5),
        }

    def main(self) -> None:
        motor = Recorded("X")
        with Process(backend=self.sim) as process:
            process.add(motor)
            view = process.view("X")
            view.put(velocity=FASTEST, acceleration=400.0)
            process.listen(Observer(), "X", every=True)
            self.process = process
            for target in (3.0, 4.0):
                self.ask("move", target=target)
            self.settle()
            self.process = None
            assert motor.state.value is DState.Idle
            assert motor._now()[0] == motor.position.value, "it moved on"
            assert view.move(1.25) == motor.position.value == 1.25
        self.check(motor)

    def settle(self) -> None:
        self.sim.sleep(1.0)  # what was injected at the end begins too
        while any(not pending.outcomes for pending, _ in self.pending):
            self.sim.sleep(1.0)

    def check(self, motor: Recorded) -> None:
        for pending, method in self.pending:
            assert len(pending.outcomes) == 1, f"{pending.what}: {len(pending.outcomes)} outcomes"
            value, error = pending.outcomes[0]
            assert error is None or error.kind in ("Aborted", "Superseded", "BadValue", "WrongState"), error
            assert method not in ("stop", "abort") or error is None or error.kind == "Aborted"
            if method == "move" and error is None:
                assert -10.0 <= value <= 10.0
        notes = motor._notes
        for (before, here, _), (after, there, _) in itertools.pairwise(notes):
            assert abs(there - here) <= FASTEST * (after - before) * 1.000001 + 1e-9, "it jumped"


def scenario(sim: Simulated) -> tuple[Callable[[], object], Mapping[str, Callable[[], object]]]:
    world = World(sim)
    return world.main, world.operations()


@pytest.mark.timeout(300)
def test_whatever_comes_in_wherever_it_never_jumps_and_ends_where_it_says() -> None:
    """Rules 5, 12, 20, 21: one reply each, legal states, no motion after an abort, and it works afterwards."""
    explored = explore(scenario, references=(1,), seeds=range(100, 200))
    print(explored)
    assert min(explored.injected.values()) > 200
