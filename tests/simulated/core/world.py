"""A small beamline, what is done to it, and everything that must hold whatever comes in between (rule 30)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any

from macduff import DState, Process
from macduff.primitives.simulation import Simulated
from tests.simulated.core.beamline_devices import Axis, Disobedient, Scan
from tests.simulated.core.observing import VISITED, Observer, Pairs, Patient
from tests.support.play import Client, Pending
from tests.unit.core.devices import Counter

__all__ = ["PATIENCE", "World", "beamline", "paced_beamline", "random_beamline"]

PATIENCE = 120.0
"""Simulated seconds after which a reply counts as lost."""
PROMPT = 2.0
"""Simulated seconds that an abort, or a setter, may take here."""

AFTER = {
    "configure": (DState.Ready, DState.Idle),
    "run": (DState.Ready, DState.Idle),
    "pause": (DState.Paused,),
    "abort": (DState.Aborted, DState.Idle),
    "reset": (DState.Idle,),
}
"""The states of which one has been seen when the method returns."""


class Judged(Pending):
    """A reply is behind the changes that it speaks of (rule 5)."""

    def __init__(self, world: World, process: Process, device: str, method: str) -> None:
        super().__init__(process, f"{device}.{method}")
        self.world = world
        self.process = process
        self.device = device
        self.method = method

    def done(self, outcome: Any) -> None:
        observer = self.world.observers.get(self.device)
        if outcome.error is None and observer is not None and not observer.ends:
            allowed = AFTER.get(self.method)
            assert allowed is None or observer.state in allowed, f"{self.what} returned, and {observer.state} was seen"
            if self.method == "abort":
                self._all_ended()
        super().done(outcome)

    def _all_ended(self) -> None:
        """An abort returns when what it ended has ended, in the children too (rules 14, 20)."""
        devices = self.process.devices
        dead = [call.name for call in devices[self.device]._machine.calls if call.dead is not None]
        assert not dead, f"{self.what} returned, and {dead} goes on"
        for child in devices[self.device]._children.values():
            place = child._machine.place
            parent = place.parent if place is not None else None
            ours = parent is not None and parent.device is devices[self.device]
            assert not ours, f"{self.what} returned, and {child.name} goes on for it"


class World:
    """One run: a Process with X, DET and SCAN, scripted clients, and the checks at the end.

    period: what those who listen bear with; 0: they are told of each change.
    """

    def __init__(self, sim: Simulated, period: float = 0.0) -> None:
        self.sim = sim
        self.period = period
        self.pending: list[Pending] = []
        self.process: Process | None = None
        self.ready = False
        self.removing = 0
        self.under_way = 0
        self.observers: dict[str, Observer] = {}

    # what clients do; each may come in anywhere

    def call(self, device: str, method: str, **parameters: Any) -> str:
        """A call by a client of its own; the outcome's kind."""
        process = self.process
        if process is None or not self.ready:
            return "too early or late"
        return self._call(process, device, method, **parameters)

    def _call(self, process: Process, device: str, method: str, **parameters: Any) -> str:
        VISITED[device, method] += 1
        began = self.sim.time
        pending = Judged(self, process, device, method)
        self.pending.append(pending)
        process.request_call(device, method, parameters, pending.done)
        kind = pending.kind(PATIENCE)
        if method == "abort":
            assert self.sim.time - began < PROMPT, f"{device}.abort took {self.sim.time - began} s"
        return kind

    def put(self, device: str, **values: Any) -> str:
        process = self.process
        if process is None or not self.ready:
            return "too early or late"
        began = self.sim.time
        pending = Client(process).put(device, **values)
        self.pending.append(pending)
        kind = pending.kind(PATIENCE)
        assert "gain" not in values or self.sim.time - began < PROMPT, f"a setter took {self.sim.time - began} s"
        return kind

    def pause_and_go_on(self, rewind: int = 0) -> None:
        """Pause, perhaps rewind, resume."""
        if self.call("SCAN", "pause") != "ok":
            return
        if rewind:
            self.call("SCAN", "rewind", steps=rewind)
        self.call("SCAN", "resume")

    def abort_and_reset(self) -> None:
        if self.call("SCAN", "abort") == "ok":
            self.call("SCAN", "reset")

    def hold_and_abort(self) -> None:
        """A method that waits long lets a setter in, and is ended at once."""
        process = self.process
        if process is None or not self.ready:
            return
        self.under_way += 1
        self.abort_and_reset()  # so that X is free
        held = Client(process).call("X", "hold")
        self.pending.append(held)
        self.sim.sleep(0.01)
        self.put("X", gain=3)
        self.call("X", "abort")
        self.under_way -= 1

    def remove(self) -> None:
        """Take SCAN away by force and add a new one of the same name."""
        process = self.process
        if process is None or not self.ready or self.removing:
            return
        self.removing += 1
        process.remove("SCAN", force=True)
        self._add_scan(process)
        self.removing -= 1

    def operations(self) -> Mapping[str, Callable[[], object]]:
        """What is injected at every point."""
        return {
            "abort": lambda: self.call("SCAN", "abort"),
            "abort and reset": self.abort_and_reset,
            "abort of a child": lambda: self.call("DET", "abort"),
            "abort of the stage": lambda: self.call("X", "abort"),
            "pause": self.pause_and_go_on,
            "pause and rewind": lambda: self.pause_and_go_on(1),
            "second configure": lambda: self.call("SCAN", "configure", points=2),
            "second run": lambda: self.call("SCAN", "run"),
            "move by another": lambda: self.call("X", "move", target=1.0),
            "hold and abort": self.hold_and_abort,
            "put with a setter": lambda: self.put("X", gain=3),
            "put of a parameter": lambda: self.put("SCAN", points=2),
            "removal": self.remove,
        }

    # the run

    def _add_scan(self, process: Process) -> None:
        devices = process.devices
        x, det = devices["X"], devices["DET"]
        assert isinstance(x, Axis)
        assert isinstance(det, Counter)
        process.add(Scan("SCAN", x=x, det=det))
        self._observe(process, "SCAN")

    def _observe(self, process: Process, name: str) -> None:
        observer = self.observers[name] = Patient(name) if self.period else Observer(name)
        process.pace(process.listen(observer, name, initial_value=True, every=not self.period), self.period)

    def main(self, script: Callable[[World], None] | None = None) -> None:
        with Process(backend=self.sim) as process:
            self.process = process
            process.add(Axis("X"))
            process.pace(process.listen(Pairs(), "X"), self.period)
            process.add(Counter("DET"))
            self._observe(process, "X")
            self._observe(process, "DET")
            self._add_scan(process)
            self.ready = True
            (script or World.script)(self)
            self.settle(process)
        for pending in self.pending:
            assert len(pending.outcomes) == 1, f"{pending.what}: {len(pending.outcomes)} outcomes"

    def script(self) -> None:
        """The reference: configure and run."""
        self.call("SCAN", "configure", points=2)
        if self.call("SCAN", "run") == "ok":
            self.check_steps()

    def check_steps(self) -> None:
        """A run that ended well did every step once."""
        process = self.process
        assert process is not None
        scan: Any = process.devices.get("SCAN")
        if scan is not None and scan.state.value is DState.Ready and scan._machine.place is None:
            total, points = scan.total_steps.value, list(scan._points)
            if scan.completed_steps.value == total:
                assert points == list(range(total)), f"expected every step of {total} once, got {points}"

    def settle(self, process: Process) -> None:
        """Whatever happened, every reply comes, and then the beamline does its work as if nothing had been."""
        while self.removing or self.under_way or any(not pending.outcomes for pending in self.pending):
            for pending in list(self.pending):
                pending.wait(PATIENCE)
            self.sim.sleep(1.0)  # what was injected may go on with its next request
        self.ready = False
        self.sim.sleep(1.0)  # a worker gives its lock back just after its end was read
        self.at_rest(process)
        if any(process.devices[name].state.value not in (DState.Idle, DState.Ready) for name in ("SCAN", "DET")):
            assert self._call(process, "SCAN", "abort") == "ok"  # it also gives the lease on DET back
            assert self._call(process, "SCAN", "reset") == "ok"
        assert self._call(process, "SCAN", "configure", points=1) == "ok"
        assert self._call(process, "SCAN", "run") == "ok"
        self.check_steps()
        self.sim.sleep(1.0)
        self.at_rest(process)

    def at_rest(self, process: Process) -> None:
        """Nothing is held, leased or left open."""
        for name, device in process.devices.items():
            machine = device._machine
            resting = (DState.Idle, DState.Ready, DState.Aborted, DState.Fault)
            assert machine.state in resting, f"{name}: {machine.state}"
            left = (machine.place, machine.successor, machine.calls, machine.aborting.active, machine.cycle.waiting())
            assert left == (None, None, [], False, []), f"{name}: {left}"
            assert not machine.zombies, f"{name}: {machine.zombies}"
            assert device._lock.holder == "", f"{name}: its lock is held by {device._lock.holder}"
            if machine.holder is not None:
                assert machine.holder.state.value not in (DState.Idle, DState.Aborted, DState.Fault), f"{name} is held"
        assert process._slots._free == process.limits.runnable_calls
        assert process._manager.open == 0


def beamline(sim: Simulated) -> tuple[Callable[[], object], Mapping[str, Callable[[], object]]]:
    """The scenario for `explore`."""
    world = World(sim)
    return world.main, world.operations()


def random_beamline(sim: Simulated) -> tuple[Callable[[], object], Mapping[str, Callable[[], object]]]:
    """Two clients that do what the seed says, beside the scripted one, and a device that disobeys."""
    return _random_beamline(World(sim))


def paced_beamline(sim: Simulated) -> tuple[Callable[[], object], Mapping[str, Callable[[], object]]]:
    """The same before listeners who bear with being told once in a while."""
    return _random_beamline(World(sim, Random(sim.seed).choice((0.004, 0.04, 0.4))))


def _random_beamline(world: World) -> tuple[Callable[[], object], Mapping[str, Callable[[], object]]]:
    sim = world.sim
    dice = Random(sim.seed)
    operations = world.operations()

    def client(steps: list[tuple[str, float]]) -> None:
        for name, pause in steps:
            sim.sleep(pause)
            operations[name]()

    plans = [
        [(dice.choice(list(operations)), dice.choice((0.0, 0.001, 0.02, 0.05))) for _ in range(dice.randint(1, 4))]
        for _ in range(2)
    ]

    def script(world: World) -> None:
        process = world.process
        assert process is not None
        tasks = [sim.spawn(partial(client, plan), f"client {number}") for number, plan in enumerate(plans)]
        if dice.random() < 0.2:
            tasks.append(sim.spawn(lambda: disobey(world, process), "somebody with a device that disobeys"))
        World.script(world)
        for task in tasks:
            task.join(PATIENCE)

    return lambda: world.main(script), operations


def disobey(world: World, process: Process) -> None:
    """Its thread is quarantined, and the device goes on after a forced reset."""
    device = Disobedient("DIS")
    process.add(device)
    process.listen(Observer("DIS"), "DIS", initial_value=True, every=True)
    client = Client(process)
    stuck = client.call("DIS", "cling")
    world.sim.sleep(0.05)
    assert client.call("DIS", "abort").kind(PATIENCE) in ("DeviceFailed", "ok")
    assert stuck.kind(PATIENCE) == "Aborted"
    if device.state.value is DState.Fault:
        assert client.call("DIS", "reset", force=True).kind(PATIENCE) == "ok"
    assert client.call("DIS", "ordinary").kind(PATIENCE) == "ok"
    process.remove("DIS", force=True)
