"""Shields, the watchdog and quarantine, sentence by sentence (rules 19, 22)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from macduff import (
    Attribute,
    Child,
    Device,
    DeviceFailed,
    DState,
    Process,
    Severity,
    StateChanged,
    VDouble,
    VInt,
    VString,
    publish_method,
)
from macduff.limits import DEFAULTS, Limits
from tests.support import eventually
from tests.support.play import BACKENDS, Client, play
from tests.unit.core.devices import Stage
from tests.unit.core.test_gaps_support import until

backends = pytest.mark.parametrize("backend", BACKENDS)


class Shielded(Device):
    """Uses everything in a shield."""

    abort_grace = 0.5
    stage = Child(Stage)
    begun = Attribute(VInt(), 0)
    inside = Attribute(VString(), "")
    own = Attribute(VInt(), 0)

    def __init__(self, name: str, stage: Stage) -> None:
        super().__init__(name, stage=stage)
        self._after: list[str] = []

    @own.on_put
    def _set_own(self, value: int) -> None:
        self.own.update(value)

    def do_abort(self) -> None:
        """The children are left to the shield."""

    @publish_method(busy="replace")
    def go(self, seconds: float) -> None:
        try:
            self.begun.update(self.begun.value + 1)
            self.wait(0 if seconds == 0 else 100)
        finally:
            if seconds:
                self._clean_up(seconds)

    def _clean_up(self, seconds: float) -> None:
        with self.shielded(seconds):
            self.wait(0.01)
            self.own.put(7)
            self.stage.velocity.put(2.0)
            self.stage.move(0.2)
            self.wait_all(self.start(self.stage.where))
            self.inside.update("all of it")
        attempts: list[Callable[[], object]] = [
            lambda: self.wait(0),
            lambda: self.own.put(8),
            lambda: self.inside.update("after"),
        ]
        for attempt in attempts:
            try:
                attempt()
            except StateChanged:
                self._after.append("refused")


@backends
@pytest.mark.parametrize("ended_by", ["abort", "go"])
def test_in_a_shield_everything_works(backend: str, ended_by: str) -> None:
    """Rule 19: wait, update, put and calls to children, for an aborted and for a superseded call; not afterwards."""

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        device = Shielded("S", stage)
        process.add(device)
        client = Client(process)
        call = client.call("S", "go", seconds=50.0)
        until(process, lambda: device.begun.value == 1)
        client.call("S", ended_by, **({"seconds": 0.0} if ended_by == "go" else {})).result()
        assert call.kind() == {"abort": "Aborted", "go": "Superseded"}[ended_by]
        assert (device.inside.value, device.own.value, stage.velocity.value) == ("all of it", 7, 2.0)
        assert stage.position.value == pytest.approx(0.2)
        assert device._after == ["refused"] * 3
        assert device.state.value is DState.Idle

    play(backend, scenario, seeds=range(8))


@backends
def test_a_shield_does_not_outlast_the_grace(backend: str) -> None:
    """Rule 19: with a longer one a superseded call is ended when abort_grace is over."""

    class Long(Device):
        abort_grace = 0.3
        begun = Attribute(VInt(), 0)
        took = Attribute(VDouble(), 0.0)

        @publish_method(busy="replace")
        def go(self, target: int) -> None:
            if target:
                return
            try:
                self.begun.update(1)
                self.wait(100)
            finally:
                began = self.clock.monotonic()
                try:
                    with self.shielded(50):
                        self.wait(50)
                finally:
                    self._took = self.clock.monotonic() - began

    def scenario(process: Process) -> None:
        device = Long("L")
        process.add(device)
        client = Client(process)
        first = client.call("L", "go", target=0)
        until(process, lambda: device.begun.value)
        client.call("L", "go", target=1)
        assert first.kind() == "Superseded"
        assert 0.2 < device._took < 1.0

    play(backend, scenario, seeds=range(5))


def test_the_watchdog_names_file_and_line() -> None:
    """Rule 22: MINOR after a second, with method, file and line of the code that holds the lock; no more."""
    assert (DEFAULTS.watchdog, DEFAULTS.quarantined_threads, DEFAULTS.abort_grace) == (1.0, 16, 2.0)

    class Holder(Device):
        abort_grace = 0.3
        over = False

        @publish_method
        def hold(self) -> None:
            while not self._over():
                pass
            self.wait(100)

        def _over(self) -> bool:
            return type(self).over

    def scenario(process: Process) -> None:
        device = Holder("H")
        process.add(device)
        call = Client(process).call("H", "hold")
        eventually(lambda: device.health.alarm.severity is Severity.MINOR, "the watchdog's report")
        found = re.search(
            r"hold has held the lock for 0\.\d s without a wait, at (.*):(\d+) in \w+", device.health.value
        )
        assert found is not None
        assert found[1] == __file__
        first = Holder.hold.function.__code__.co_firstlineno
        assert first < int(found[2]) <= first + 7
        assert (device.state.value, device._machine.zombies) == (DState.Running, [])  # reported, never quarantined
        Holder.over = True
        eventually(lambda: device.health.value == "OK", "the end of the report")
        process.view("H").abort()
        assert call.kind() == "Aborted"

    play("threads", scenario, limits=Limits(watchdog=0.3))


class FakeWire:
    """Notes what becomes of it."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def attach(self, device: Device) -> None: ...

    def open(self) -> None:
        self.log.append("open")

    def close(self) -> None:
        self.log.append("close")


@backends
def test_a_quarantine_closes_the_wires_and_a_forced_reset_opens_them(backend: str) -> None:
    """Rule 22: once each; the device has a new lock and a free place."""

    class Wired(Device):
        abort_grace = 0.2
        began = Attribute(VInt(), 0)

        def __init__(self, name: str, wire: FakeWire) -> None:
            super().__init__(name, wire=wire)
            self._over = False

        @publish_method
        def hang(self) -> None:
            self.began.update(1)
            while not self._over:
                self._backend_needed().sleep(0.02)

        @publish_method
        def fine(self) -> int:
            return 1

    def scenario(process: Process) -> None:
        wire = FakeWire()
        device = Wired("W", wire)
        process.add(device)
        Client(process).call("W", "hang")
        until(process, lambda: device.began.value)
        view = process.view("W")
        with pytest.raises(DeviceFailed, match="quarantined"):
            view.abort()
        assert wire.log == ["open", "close"]
        view.reset(force=True)
        assert wire.log == ["open", "close", "open"]
        assert view.fine() == 1
        device._over = True
        process.remove("W", force=True)
        assert wire.log == ["open", "close", "open", "close"]

    play(backend, scenario, seeds=range(3))
