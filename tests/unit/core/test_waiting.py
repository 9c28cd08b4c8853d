"""What waits, what ends a wait, and what a dead call may still do (rules 8 to 10, 14, 19, 21)."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from macduff import Attribute, Child, Device, MacduffError, Process, StateChanged, VInt, VString, publish_method
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.devices import Stage

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


def until(process: Process, device: Device, condition: Callable[[], bool]) -> None:
    """Wait until something of the device is so."""
    inbox = Inbox(process)
    listener = process.listen(inbox, device.name, initial_value=True)
    inbox.until(lambda _: condition())
    process.unlisten(listener)


class Dead(Device):
    """Tries everything after its abort, and notes what happened."""

    abort_grace = 1.0
    stage = Child(Stage)
    tries = Attribute(VInt(), 0)
    other = Attribute(VInt(), 0, writable=True)

    def __init__(self, name: str, stage: Stage) -> None:
        super().__init__(name, stage=stage)
        self._raised: list[str] = []
        self._took = 0.0

    @publish_method
    def all_of_it(self) -> None:
        """Everything that waits, changes or starts."""
        try:
            self.tries.update(1)
            self.wait(100)
        finally:
            for name, attempt in self._attempts().items():
                try:
                    attempt()
                except StateChanged:
                    self._raised.append(name)

    def _attempts(self) -> dict[str, Callable[[], object]]:
        return {
            "wait": lambda: self.wait(0),
            "report_wait": lambda: self.report_wait("of a dead call", timeout=0),
            "wait_for": lambda: self.tries.wait_for(1),
            "wait_all": lambda: self.wait_all(),
            "update": lambda: self.tries.update(7),
            "update of several": lambda: self.update(tries=7),
            "put": lambda: self.other.put(7),
            "put of another": lambda: self.stage.velocity.put(2.0),
            "call": lambda: self.stage.move(1.0),
            "start": lambda: self.start(self.stage.move, 1.0),
            "start of its own": lambda: self.start(self._attempts),
            "add_attribute": lambda: self.add_attribute("more", Attribute(VInt(), 0)),
        }

    @publish_method
    def shields(self) -> None:
        """Waits for longer than its shields last."""
        try:
            self.tries.update(1)
            self.wait(100)
        finally:
            began = self.clock.monotonic()
            with self.shielded(0.2), self.shielded(50):  # the inner one lasts no longer than the outer
                try:
                    self.wait(50)
                finally:
                    self._took = self.clock.monotonic() - began


def test_a_dead_call_can_do_nothing(backend: str) -> None:
    """Rule 21: every wait, update, put, call and start raises StateChanged, every time, and changes nothing."""

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        device = Dead("DEAD", stage)
        process.add(device)
        call = Client(process).call("DEAD", "all_of_it")
        until(process, device, lambda: device.tries.value == 1)
        process.view("DEAD").abort()
        assert call.kind() == "Aborted"
        assert device._raised == list(device._attempts())
        assert (device.tries.value, device.other.setpoint, device.status.value) == (1, 0, "")
        assert "more" not in device.attributes
        assert (stage.velocity.value, stage.position.value) == (1.0, 0.0)

    play(backend, scenario, seeds=range(8))


def test_a_shield_ends_in_time(backend: str) -> None:
    """Rule 19: a wait in it ends when its seconds are over, although nothing wakes it; it is not quarantined."""

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        device = Dead("DEAD", stage)
        process.add(device)
        call = Client(process).call("DEAD", "shields")
        until(process, device, lambda: device.tries.value == 1)
        process.view("DEAD").abort()
        assert call.kind() == "Aborted"
        assert 0.19 <= device._took < 0.9
        assert device.state.value.name == "Idle"

    play(backend, scenario, seeds=range(8))


class Starter(Device):
    """Starts things."""

    stage = Child(Stage)
    found = Attribute(VString(), "")
    count = Attribute(VInt(), 0)

    @publish_method
    def error_in_next_wait(self) -> str:
        """The error of a started call comes out of the next wait."""
        self.start(self.stage.fail)
        self.wait(5)
        return "no error"

    @publish_method
    def nobody_waits(self) -> None:
        """Starts a call that fails, and ends."""
        failing = self.start(self.stage.fail)
        while not failing.done():
            self.clock.monotonic()
            self._backend_needed().sleep(0.01)

    @publish_method
    def seen_error(self) -> str:
        """An error that was seen does not cut a later wait."""
        failing = self.start(self.stage.fail)
        while not failing.done():
            self._backend_needed().sleep(0.01)
        with pytest.raises(MacduffError):
            failing.result()
        began = self.clock.monotonic()
        self.wait(0.1)
        return "cut" if self.clock.monotonic() - began < 0.09 else "whole"

    @publish_method
    def first_error(self) -> str:
        """wait_all raises the first error at once."""
        try:
            self.wait_all(self.start(self.stage.move, 100.0), self.start(self._fails))
        except MacduffError as error:
            return str(error)
        return "none"

    def _fails(self) -> None:
        self.wait(0.02)
        raise ValueError("a function of its own")

    @publish_method
    def another_waits(self) -> int:
        """A future is waited for by a call that did not start it."""
        slow = self.start(self._slow)
        return self.start(lambda: slow.result() + 1).result()

    def _slow(self) -> int:
        self.wait(0.05)
        return 41

    @publish_method
    def leaves_a_successor(self) -> None:
        """Starts a move while somebody else's goes on, and ends."""
        self.start(self.stage.move, -5.0)


def starter(process: Process) -> tuple[Stage, Starter]:
    stage = Stage("STAGE")
    process.add(stage)
    device = Starter("START", stage=stage)
    process.add(device)
    return stage, device


def test_errors_of_started_calls(backend: str) -> None:
    """Rule 14: raised in the next wait, by wait_all at once; one that was seen cuts no wait."""

    def scenario(process: Process) -> None:
        starter(process)
        view = process.view("START")
        with pytest.raises(MacduffError, match="no such luck"):
            view.error_in_next_wait()
        assert view.seen_error() == "whole"
        assert "a function of its own" in view.first_error()
        assert process.view("STAGE").state.value == "Idle"  # what was started ended with the call

    play(backend, scenario, seeds=range(8))


def test_an_error_that_nobody_waits_for_is_logged(backend: str, caplog: pytest.LogCaptureFixture) -> None:
    """Rule 14."""

    def scenario(process: Process) -> None:
        starter(process)
        process.view("START").nobody_waits()

    with caplog.at_level(logging.ERROR, "macduff.core"):
        play(backend, scenario, seeds=range(2))
    assert (
        "START.nobody_waits: STAGE.fail failed, and nobody waited: STAGE.fail: RuntimeError: no such luck"
        in caplog.text
    )


def test_a_future_wakes_whoever_waits(backend: str) -> None:
    """Rule 8: a future's result, also in a call that did not start it, such as do_stop."""

    def scenario(process: Process) -> None:
        starter(process)
        assert process.view("START").another_waits() == 42

    play(backend, scenario, seeds=range(8))


def test_a_started_call_that_has_not_begun_ends_with_its_parent(backend: str) -> None:
    """Rule 14: also one that waits for another call to make room."""

    class Slow(Stage):
        @publish_method(busy="replace")
        def move(self, target: float) -> float:
            """Takes its time to make room."""
            self.position.update(target)
            try:
                self.wait(10)
            finally:
                with self.shielded(0.5):
                    self.wait(0.3)
            return target

    def scenario(process: Process) -> None:
        stage = Slow("STAGE")
        process.add(stage)
        process.add(Starter("START", stage=stage))
        client = Client(process)
        first = client.call("STAGE", "move", target=1.0)
        until(process, stage, lambda: stage.position.value == 1.0)
        client.call("START", "leaves_a_successor").result()
        assert first.kind() == "Superseded"
        process.backend.sleep(0.1)
        assert stage.position.value == 1.0
        assert stage.state.value.name == "Idle"

    play(backend, scenario, seeds=range(8))


class Reporter(Device):
    """Reports."""

    stage = Child(Stage)
    a = Attribute(VInt(), 0)
    seen = Attribute(VString(), "")

    @publish_method
    def of_the_child(self) -> list[str]:
        """The child's changes since the start of the call."""
        self.stage.move(0.2)
        return sorted(self.report_wait("for the stage", timeout=5))

    @publish_method
    def every_one(self, number: int) -> int:
        """The sum of what somebody else counts, one report at a time; none is lost."""
        last = 0
        while last < number:
            last = self.report_wait("counting", timeout=20)["a"].value
        return last

    @publish_method
    def nothing(self) -> int:
        """Own changes, and the status, wake nobody."""
        self.a.update(5)
        return len(self.report_wait("for nothing", timeout=0.05))


def test_what_report_wait_returns(backend: str) -> None:
    """Rule 9: marks begin with the call, for children too; own updates do not count; {} on time-out."""

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        device = Reporter("R", stage=stage)
        process.add(device)
        view = process.view("R")
        assert "stage.position" in view.of_the_child()
        assert view.nothing() == 0
        pending = Client(process).call("R", "every_one", number=30)
        until(process, device, lambda: device.status.value == "counting")

        def count() -> None:
            for value in range(1, 31):
                device.a.update(value)

        process.backend.spawn(count, "author")
        assert pending.result() == 30

    play(backend, scenario, seeds=range(8))
