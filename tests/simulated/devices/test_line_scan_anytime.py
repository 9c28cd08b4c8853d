"""The ready-made scan with something else coming in at every point of a run (rule 30)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from macduff import DState, Process
from macduff.devices import Diode, LineScan, Motor
from macduff.primitives.simulation import Simulated
from tests.support.play import Client, Pending

POINTS, BEGIN, END = 2, 1.0, 1.5
TARGETS = [1.0, 1.5]


class Observer:
    """What everybody sees: the points in their order, each once, and never half of one."""

    def __init__(self) -> None:
        self.positions: list[float] = []

    def put(self, item: tuple[Any, ...]) -> None:
        if item[0].name != "Changes" or "positions" not in item[2]:
            return
        changes = item[2]
        self.positions = changes["positions"].value.tolist()
        assert self.positions == TARGETS[: len(self.positions)], "a point is lost, or is there twice"
        assert len(changes["values"].value) == len(self.positions)
        assert not self.positions or "completed_steps" in changes


class World:
    """A scan, a client that does it, and others."""

    def __init__(self, sim: Simulated) -> None:
        self.sim = sim
        self.pending: list[Pending] = []
        self.process: Process | None = None
        self.busy = 0
        self.script_points = 0

    def ask(self, device: str, method: str, **arguments: Any) -> str:
        """A client's call; the outcome's kind."""
        if self.process is None:
            return "too early or late"
        pending = Client(self.process).call(device, method, **arguments)
        self.pending.append(pending)
        return pending.kind(60.0)

    def configure(self) -> str:
        return self.ask("SCAN", "configure", begin=BEGIN, end=END, points=POINTS, exposure=0.01)

    def pause(self) -> None:
        self.busy += 1
        if self.ask("SCAN", "pause") == "ok":
            self.ask("SCAN", "rewind", steps=1)
            self.ask("SCAN", "resume")
        self.busy -= 1

    def abort(self, device: str) -> None:
        self.busy += 1
        if self.ask(device, "abort") == "ok" and device == "SCAN":
            self.ask("SCAN", "reset")
        self.busy -= 1

    def operations(self) -> Mapping[str, Callable[[], object]]:
        return {
            "pause and rewind": self.pause,
            "abort": lambda: self.abort("SCAN"),
            "abort of the diode": lambda: self.abort("DIODE"),
        }

    def main(self) -> None:
        motor = Motor("X")
        diode = Diode("DIODE", motor=motor)
        scan = LineScan("SCAN", motor=motor, diode=diode)
        observer = Observer()
        with Process(backend=self.sim) as process:
            for device in (motor, diode, scan):
                process.add(device)
            process.view("X").put(velocity=500.0, acceleration=5000.0)
            process.listen(observer, "SCAN")
            self.process = process
            self.configure()
            if self.ask("SCAN", "run") == "ok":
                assert len(scan.positions.value) in (0, POINTS)  # 0: configured anew by another since
            self.script_points = self.sim.points
            self.sim.sleep(1.0)  # what was injected at the end begins too
            while self.busy or any(not pending.outcomes for pending in self.pending):
                self.sim.sleep(1.0)
            self.process = None
            self.settle(process, observer)
        assert all(len(pending.outcomes) == 1 for pending in self.pending)

    def settle(self, process: Process, observer: Observer) -> None:
        """Whatever happened, it works afterwards, and the motor is free when it has ended."""
        view = process.view("SCAN")
        view.abort()
        view.reset()
        view.configure(begin=BEGIN, end=END, points=POINTS, exposure=0.01)
        view.run()
        assert (view.state, observer.positions) == (DState.Idle, TARGETS)
        assert process.view("X").move(0.25) == 0.25


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", World(Simulated(1)).operations())
def test_whatever_comes_in_wherever_each_point_is_there_once(name: str) -> None:
    """Rules 4, 5, 17, 20, 23: one reply each, never half a point, and it works afterwards."""
    reference = World(Simulated(1))
    reference.sim.run(reference.main)
    assert reference.script_points > 200
    for point in range(1, reference.script_points + 1):
        world = World(Simulated(1))
        world.sim.inject(point, world.operations()[name])
        world.sim.run(world.main)


@pytest.mark.parametrize("seed", range(5))
def test_no_order_of_what_goes_on_loses_a_point(seed: int) -> None:
    world = World(Simulated(seed))
    world.sim.run(world.main)
