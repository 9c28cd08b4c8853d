"""Locks and places for calls, sentence by sentence (rules 8, 13)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from macduff import (
    Attribute,
    Child,
    Device,
    Process,
    VInt,
    publish_method,
)
from macduff.limits import DEFAULTS, Limits
from tests.support.play import BACKENDS, Client, play
from tests.unit.core.devices import Stage
from tests.unit.core.test_gaps_support import until

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


class Locked(Device):
    """Tells whether anybody came in."""

    a = Attribute(VInt(), 0)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._inside = 0
        self._met = 0
        self._ran = 0

    def _nothing(self) -> None:
        self._ran += 1

    @publish_method
    def no_waits(self) -> None:
        """Everything that does not release the lock."""
        for _ in range(5):
            self._inside += 1
            self.start(self._nothing)
            self.a.update(self.a.value + 1)
            self.update(a=self.a.setpoint + 1)
            self.snapshot("a")
            self._backend_needed().sleep(0.001)
            self._inside -= 1
            assert self._ran == 0

    @publish_method(busy="allow")
    def look(self) -> None:
        """Whether another is inside."""
        self._met += self._inside


def test_reading_updating_and_starting_keep_the_lock(backend: str) -> None:
    """Rule 8: only waits release it."""

    def scenario(process: Process) -> None:
        device = Locked("L")
        process.add(device)
        client = Client(process)
        calls = [client.call("L", "no_waits"), *[client.call("L", "look") for _ in range(5)]]
        assert {call.kind() for call in calls} == {"ok"}
        assert device._met == 0

    play(backend, scenario, seeds=range(20))


class Waits(Device):
    """Waits in every way; `inside` is 1 while it does."""

    stage = Child(Stage)
    a = Attribute(VInt(), 0)
    inside = Attribute(VInt(), 0)
    setting = Attribute(VInt(), 0)

    def _slow(self) -> None:
        self.wait(0.2)

    @publish_method
    def go(self, how: str) -> None:
        """One of the waits."""
        ways: dict[str, Callable[[], object]] = {
            "wait": lambda: self.wait(0.2),
            "report_wait": lambda: self.report_wait("for nothing", timeout=0.2),
            "wait_for": lambda: self.a.wait_for(1, timeout=5),
            "next": self._next,
            "wait_all": lambda: self.wait_all(self.start(self._slow)),
            "result": lambda: self.start(self._slow).result(),
            "call of another": lambda: self.stage.move(1.0),
        }
        self.inside.update(1)
        ways[how]()
        self.inside.update(0)

    def _next(self) -> None:
        with self.watch(self.a) as watch:
            watch.next(timeout=5)

    @publish_method(busy="allow")
    def visit(self) -> int:
        """Come in."""
        self.a.update(1)
        return self.inside.value


WAITS = ["wait", "report_wait", "wait_for", "next", "wait_all", "result", "call of another"]


@pytest.mark.parametrize("how", WAITS)
def test_every_wait_releases_the_lock(backend: str, how: str) -> None:
    """Rule 8."""

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        device = Waits("W", stage=stage)
        process.add(device)
        client = Client(process)
        call = client.call("W", "go", how=how)
        until(process, lambda: device.inside.value == 1)
        assert client.call("W", "visit").result() == 1
        assert call.kind() == "ok"

    play(backend, scenario, seeds=range(3))


class Worker(Device):
    """Works without a wait, and counts how many do."""

    at_work: list[str]
    most: list[int]

    @publish_method
    def work(self) -> None:
        self._step()
        self.wait(0.01)  # its place is free meanwhile, and taken again
        self._step()

    def _step(self) -> None:
        self.at_work.append(self.name)
        self.most.append(len(self.at_work))
        self._backend_needed().sleep(0.03)
        self.at_work.remove(self.name)


def test_so_many_calls_are_runnable_at_once(backend: str) -> None:
    """Rule 13: 32 by default; here two, and ten calls."""
    assert (DEFAULTS.runnable_calls, DEFAULTS.open_calls) == (32, 512)
    most: list[int] = []

    def scenario(process: Process) -> None:
        cls = type("Worker", (Worker,), {"at_work": [], "most": most, "__module__": __name__})
        for number in range(10):
            process.add(cls(f"W{number}"))
        client = Client(process)
        calls = [client.call(f"W{number}", "work") for number in range(10)]
        assert {call.kind() for call in calls} == {"ok"}

    play(backend, scenario, seeds=range(5), limits=Limits(runnable_calls=2))
    assert max(most) == 2


class Lingers(Device):
    """Waits for ever, or works until the test lets go."""

    begun = Attribute(VInt(), 0)

    def __init__(self, name: str, **children: Device) -> None:
        super().__init__(name, **children)
        self._over = False

    @publish_method(busy="allow")
    def hog(self) -> None:
        self.begun.update(-1)
        while not self._over:
            self._backend_needed().sleep(0.01)

    @publish_method(busy="allow")
    def linger(self) -> None:
        self.begun.update(self.begun.value + 1)
        self.wait(1e6)


class Parent(Lingers):
    """Its abort has its child do something."""

    stage = Child(Stage)

    def do_abort(self) -> None:
        super().do_abort()
        self.stage.move(0.1)
        self.start(self.stage.where).result()


def test_an_abort_has_workers_of_its_own_in_children_too(backend: str) -> None:
    """Rule 13: while as many calls are open, and runnable, as may be; also what it calls in children."""

    def scenario(process: Process) -> None:
        stage, lingers = Stage("STAGE"), Lingers("LINGERS")
        for device in (stage, lingers, Parent("PARENT", stage=stage)):
            process.add(device)
        client = Client(process)
        calls = [client.call("LINGERS", "linger") for _ in range(3)]
        until(process, lambda: lingers.begun.value == 3)
        calls.append(client.call("LINGERS", "hog"))
        until(process, lambda: lingers.begun.value == -1)
        assert client.call("PARENT", "linger").kind() == "TooMany"
        assert client.call("STAGE", "where").kind() == "TooMany"
        assert client.call("PARENT", "abort").kind() == "ok"
        assert stage.position.value == pytest.approx(0.1)
        lingers._over = True
        assert client.call("LINGERS", "abort").kind() == "ok"
        assert [call.kind() for call in calls][:3] == ["Aborted"] * 3

    play(backend, scenario, seeds=range(5), limits=Limits(open_calls=4, reserved_workers=4, runnable_calls=1))
