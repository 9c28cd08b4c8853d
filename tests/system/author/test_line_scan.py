"""The line scan of the documentation over ready-made devices: paused, rewound, resumed, aborted, in many worlds."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pytest

from examples.line_scan.line_scan import LineScan
from macduff import BadValue, DState, Held, Process, WrongState
from macduff.devices import Detector, Motor
from macduff.primitives.simulation import Simulated, explore
from macduff.primitives.simulation.explore import same_twice
from tests.support.play import BACKENDS, Client, Inbox, Pending, play

POINTS, BEGIN, END = 3, 1.0, 2.5
STEP = (END - BEGIN) / (POINTS - 1)


class Witness(Detector):
    """Notes where the motor was at each frame."""

    def __init__(self, name: str, motor: Motor) -> None:
        super().__init__(name, width=8, height=8)
        self._motor = motor
        self._frames: list[float] = []

    def _take(self) -> None:
        super()._take()
        self._frames.append(self._motor.position.value)


class Laboratory:
    """X, DET and SCAN in a Process."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.x = Motor("X")
        self.det = Witness("DET", self.x)
        self.scan = LineScan("SCAN", motor=self.x, detector=self.det)
        for device in (self.x, self.det, self.scan):
            process.add(device)
        process.view("X").put(velocity=500.0, acceleration=5000.0)

    def configure(self, points: int = POINTS) -> None:
        end = BEGIN + STEP * (points - 1)
        self.process.view("SCAN").configure(begin=BEGIN, end=end, points=points, exposure=0.01)

    @property
    def visited(self) -> list[int]:
        """The number of the point of each frame; fails for a frame between two points."""
        numbers = [(position - BEGIN) / STEP for position in self.det._frames]
        assert all(abs(number - round(number)) < 1e-6 for number in numbers), self.det._frames
        return [round(number) for number in numbers]


backends = pytest.mark.parametrize("backend", BACKENDS)


@backends
def test_a_frame_at_each_point(backend: str) -> None:
    def scenario(process: Process) -> None:
        laboratory = Laboratory(process)
        view = process.view("SCAN")
        laboratory.configure()
        assert (view.state, view.total_steps, laboratory.x.position.value) == (DState.Ready, POINTS, BEGIN)
        view.run()
        assert (view.state, view.completed_steps) == (DState.Ready, POINTS)
        assert laboratory.visited == [0, 1, 2]

    play(backend, scenario)


@backends
def test_pause_rewind_and_resume(backend: str) -> None:
    """Rule 17."""

    def scenario(process: Process) -> None:
        laboratory = Laboratory(process)
        view, client, inbox = process.view("SCAN"), Client(process), Inbox(process)
        process.listen(inbox, "SCAN", "completed_steps")
        laboratory.configure(points=10)
        run = client.call("SCAN", "run")
        inbox.until(lambda _: laboratory.scan.completed_steps.value >= 2)
        view.pause()
        assert view.state is DState.Paused
        done = view.completed_steps
        view.rewind(2)
        view.resume()
        assert run.kind() == "ok"
        assert laboratory.visited == [*range(done), *range(done - 2, 10)]

    play(backend, scenario)


@backends
def test_the_children_are_the_scans_while_it_is_configured(backend: str) -> None:
    """Rule 23."""

    def scenario(process: Process) -> None:
        laboratory = Laboratory(process)
        laboratory.configure()
        with pytest.raises(Held, match="held by SCAN"):
            process.view("X").move(0.0)
        with pytest.raises(Held):
            process.view("DET").exposure = 0.5
        process.view("SCAN").reset()
        assert process.view("X").move(0.5) == 0.5

    play(backend, scenario)


@backends
def test_an_abort_stops_motor_and_detector(backend: str) -> None:
    """Rule 20: and the run tells its caller so."""

    def scenario(process: Process) -> None:
        laboratory = Laboratory(process)
        client, inbox = Client(process), Inbox(process)
        process.listen(inbox, "SCAN", "completed_steps")
        laboratory.configure()
        run = client.call("SCAN", "run")
        inbox.until(lambda _: laboratory.scan.completed_steps.value >= 1)
        assert client.call("SCAN", "abort").kind() == "ok"
        assert run.kind() == "Aborted"
        assert laboratory.scan.state.value is DState.Aborted
        assert laboratory.det.state.value is DState.Aborted
        before = laboratory.x.position.reading, len(laboratory.det._frames)
        process.backend.sleep(0.1)
        assert (laboratory.x.position.reading, len(laboratory.det._frames)) == before
        process.view("SCAN").reset()  # the children too
        laboratory.configure()
        process.view("SCAN").run()
        assert laboratory.visited[-POINTS:] == list(range(POINTS))

    play(backend, scenario)


@backends
def test_a_failing_child_fails_the_scan(backend: str) -> None:
    """Rule 18: Fault, with the reason; reset makes it usable again."""

    def scenario(process: Process) -> None:
        laboratory = Laboratory(process)
        view = process.view("SCAN")
        with pytest.raises(BadValue, match=r"X\.move\(target\): expected a value from -10 to 10 mm, got 99"):
            view.configure(begin=99.0)
        assert view.state is DState.Fault
        assert "X.move(target)" in view.health
        with pytest.raises(WrongState):
            view.configure(begin=0.0)
        view.reset()
        laboratory.configure()
        view.run()
        assert laboratory.visited == list(range(POINTS))

    play(backend, scenario)


class World:
    """One run of a seed: a client that configures and runs twice, and others who come in."""

    def __init__(self, sim: Simulated) -> None:
        self.sim = sim
        self.lab: Laboratory | None = None
        self.pending: list[Pending] = []
        self.busy = 0
        self.again = 0  # points that rewinds asked for again
        self.happened: Tally[str] = Tally()
        self.script_points = 0

    def ask(self, device: str, method: str, **arguments: Any) -> str:
        if self.lab is None:
            return "too early or late"
        pending = Client(self.lab.process).call(device, method, **arguments)
        self.pending.append(pending)
        kind = pending.kind(60.0)
        self.happened[f"{device}.{method} {kind}"] += 1
        return kind

    def pause(self, rewind: int) -> None:
        self.busy += 1
        if self.ask("SCAN", "pause") == "ok":
            if rewind and self.ask("SCAN", "rewind", steps=rewind) == "ok":
                self.again += rewind
            self.ask("SCAN", "resume")
        self.busy -= 1

    def abort(self, device: str) -> None:
        self.busy += 1
        if self.ask(device, "abort") == "ok" and device == "SCAN":
            self.ask("SCAN", "reset")
        self.busy -= 1

    def operations(self) -> Mapping[str, Callable[[], object]]:
        return {
            "pause": lambda: self.pause(0),
            "pause and rewind": lambda: self.pause(1),
            "abort": lambda: self.abort("SCAN"),
            "abort of the motor": lambda: self.abort("X"),
            "abort of the detector": lambda: self.abort("DET"),
            "a move by another": lambda: self.ask("X", "move", target=-1.0),
        }

    def main(self, runs: int = 1, others: Sequence[Callable[[World], object]] = ()) -> None:
        with Process(backend=self.sim) as process:
            lab = self.lab = Laboratory(process)
            for other in others:
                self.sim.spawn(partial(other, self), "another client")
            self.ask("SCAN", "configure", begin=BEGIN, end=END, points=POINTS, exposure=0.01)
            for _ in range(runs):
                self.again, before = 0, len(lab.det._frames)
                if self.ask("SCAN", "run") == "ok":
                    self.check(lab, before)
            self.script_points = self.sim.points
            self.settle(lab)

    def check(self, lab: Laboratory, before: int) -> None:
        """A run that ended well took every point once, and those that were rewound once more."""
        visited = lab.visited[before:]
        expected = 0
        for number in visited:
            assert number in (expected, expected - 1), f"a point is lost: {visited}"
            expected = number + 1
        assert expected == POINTS, f"points are missing: {visited}"
        assert len(visited) <= POINTS + self.again, f"{self.again} were to be taken again, got {visited}"

    def settle(self, lab: Laboratory) -> None:
        """Whatever happened, each request was answered once, and the laboratory works."""
        self.sim.sleep(1.0)
        while self.busy or any(not pending.outcomes for pending in self.pending):
            self.sim.sleep(1.0)
        self.lab = None
        assert all(len(pending.outcomes) == 1 for pending in self.pending)
        view = lab.process.view("SCAN")
        assert view.state in (DState.Idle, DState.Ready, DState.Aborted, DState.Fault)
        view.abort()
        view.reset()
        states = [device.state.value for device in (lab.scan, lab.x, lab.det)]
        assert states == [DState.Idle, DState.Idle, DState.Idle]
        lab.det._frames.clear()
        lab.configure()
        view.run()
        assert lab.visited == list(range(POINTS))


def crowded(happened: Tally[str]) -> Callable[[Simulated], tuple[Callable[[], object], Mapping[str, Any]]]:
    """A world in which two others come in at times that the seed chooses."""

    def scenario(sim: Simulated) -> tuple[Callable[[], object], Mapping[str, Any]]:
        world = World(sim)
        world.happened = happened
        names = list(world.operations())

        def other(number: int, world: World) -> None:
            sim.sleep((sim.seed * (7 + number) % 97) / 97 * 0.25)
            world.operations()[names[(sim.seed // (1 + 5 * number)) % len(names)]]()

        return lambda: world.main(2, [partial(other, 0), partial(other, 1)]), {}

    return scenario


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["pause and rewind", "abort", "abort of the motor", "a move by another"])
def test_anything_at_every_point(name: str) -> None:
    """Rule 30: injection first."""
    reference = World(Simulated(3))
    reference.sim.run(reference.main)
    assert reference.script_points > 200
    for point in range(1, reference.script_points + 1):
        sim = Simulated(3)
        world = World(sim)
        sim.inject(point, world.operations()[name])
        sim.run(world.main)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("first", range(0, 2000, 500))
def test_two_thousand_seeds_of_two_others(first: int) -> None:
    """Rule 30: then seeds. Everything that may happen did."""
    happened: Tally[str] = Tally()
    explore(crowded(happened), references=(), seeds=range(first, first + 500))
    for what in ("pause ok", "rewind ok", "resume ok", "abort ok", "run ok", "run Aborted", "configure Aborted"):
        assert happened[f"SCAN.{what}"] > 5, f"{what}: {happened}"
    assert happened["X.move Held"] > 5


def test_a_seed_says_all() -> None:
    """Rule 29: the same seed, the same run."""
    for seed in range(5):
        same_twice(crowded(Tally()), seed)
