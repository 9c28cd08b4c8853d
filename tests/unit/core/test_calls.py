"""Calls: who holds the device, who is refused, who replaces whom (rules 11 to 14)."""

from __future__ import annotations

import pytest

from macduff import BadValue, Busy, Device, MacduffError, Process, publish_method
from tests.support.play import BACKENDS, Client, Inbox, Pending, play
from tests.unit.core.devices import Stage

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


def test_two_moves_end_with_one_success_and_one_superseded(backend: str) -> None:
    """Rule 12: the first test of all."""

    def scenario(process: Process) -> None:
        process.add(Stage("STAGE"))
        client = Client(process)
        first, second = client.call("STAGE", "move", target=3), client.call("STAGE", "move", target=-3)
        assert sorted([first.kind(), second.kind()]) == ["Superseded", "ok"]
        assert process.view("STAGE").position == -3

    play(backend, scenario)


def test_two_homes_end_with_one_success_and_one_busy(backend: str) -> None:
    """Rule 12: refused Busy says which call holds the device."""

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        process.view("STAGE").move(2)
        client = Client(process)
        first, second = client.call("STAGE", "home"), client.call("STAGE", "home")
        assert first.kind() == "ok"
        with pytest.raises(Busy, match=r"STAGE\.home: expected a device that is free, got one busy with STAGE\.home"):
            second.result()

    play(backend, scenario)


def test_a_third_call_supersedes_the_waiting_successor(backend: str) -> None:
    """Rule 12: one successor waits for the first to end."""

    def scenario(process: Process) -> None:
        process.add(Stage("STAGE"))
        client = Client(process)
        calls = [client.call("STAGE", "move", target=t) for t in (3, -3, 1)]
        assert [c.kind() for c in calls] == ["Superseded", "Superseded", "ok"]

    play(backend, scenario)


def test_replace_does_not_end_a_method_that_refuses(backend: str) -> None:
    """Rule 12: only a method that is itself declared "replace" is ended by a later call."""

    def scenario(process: Process) -> None:
        process.add(Stage("STAGE"))
        process.view("STAGE").move(2)
        client = Client(process)
        home, move = client.call("STAGE", "home"), client.call("STAGE", "move", target=1)
        assert (home.kind(), move.kind()) == ("ok", "Busy")

    play(backend, scenario)


def test_allow_comes_in_at_the_waits(backend: str) -> None:
    """Rule 12: busy="allow"."""

    def scenario(process: Process) -> None:
        process.add(Stage("STAGE"))
        client = Client(process)
        move = client.call("STAGE", "move", target=3)
        assert 0 <= client.call("STAGE", "where").result() <= 3
        assert move.result() == 3

    play(backend, scenario)


def test_a_refused_call_changes_nothing(backend: str) -> None:
    """Rule 16, design 13: not even the method's log."""

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        before = stage.snapshot()
        client = Client(process)
        with pytest.raises(BadValue, match=r"STAGE\.move\(target\): expected a number .* got 'x'"):
            client.call("STAGE", "move", target="x").result()
        with pytest.raises(BadValue, match=r"expected the arguments target, got 'targt'; did you mean 'target'\?"):
            client.call("STAGE", "move", targt=1).result()
        with pytest.raises(BadValue, match="got no target"):
            client.call("STAGE", "move").result()
        assert stage.snapshot() == before
        assert stage.move.took.time == 0

    play(backend, scenario)


def test_the_log_of_a_call_comes_before_its_reply(backend: str) -> None:
    """Rule 5: what a call changed is published, then its log, then the reply."""

    def scenario(process: Process) -> None:
        process.add(Stage("STAGE"))
        inbox = Inbox(process)
        process.listen(inbox, "STAGE")
        seen: list[str] = []
        flag = process.backend.flag()

        def done(outcome: object) -> None:
            seen.extend(key for item in inbox.items for key in item[2])
            flag.set()

        process.request_call("STAGE", "move", {"target": 0.1}, done)
        assert flag.wait(10)
        assert seen.index("position") < seen.index("move.log")
        assert {"position", "state", "move.log"} <= set(seen)

    play(backend, scenario)


def test_an_ordinary_method_that_raises_is_an_error_and_no_state_change(backend: str) -> None:
    """Rule 18."""

    def scenario(process: Process) -> None:
        process.add(Stage("STAGE"))
        with pytest.raises(MacduffError, match="RuntimeError: no such luck"):
            Client(process).call("STAGE", "fail").result()
        assert process.view("STAGE").state.value == "Idle"

    play(backend, scenario)


class Caller(Device):
    """Calls another device, and itself through it."""

    def __init__(self, name: str, stage: Stage) -> None:
        super().__init__(name)
        self._stage = stage

    @publish_method
    def twice(self, target: float) -> float:
        """Move there and back."""
        self._stage.move(target)
        return self._stage.move(-target)

    @publish_method
    def siblings(self) -> str:
        """Start two calls of one device."""
        first, second = self.start(self._stage.home), self.start(self._stage.home)
        kinds = []
        for future in (second, first):
            try:
                future.result()
                kinds.append("ok")
            except Busy:
                kinds.append("Busy")
        return " ".join(kinds)

    @publish_method
    def own(self) -> float:
        """Call a method of its own: a plain call in the same call and lock."""
        return self.twice(0.5)


def test_a_call_of_another_device_waits_without_the_lock(backend: str) -> None:
    """Rules 8, 11."""

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        process.add(Caller("CALLER", stage))
        client = Client(process)
        assert client.call("CALLER", "twice", target=1).result() == -1
        assert client.call("CALLER", "own").result() == -0.5
        process.view("STAGE").move(2)
        assert client.call("CALLER", "siblings").result() == "Busy ok"

    play(backend, scenario)


def test_a_bare_device_cannot_be_called_from_outside(backend: str) -> None:
    """Rule 11: the error names the view to use."""

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        with pytest.raises(RuntimeError, match=r"process\.view\('STAGE'\)\.move"):
            stage.move(1)

    play(backend, scenario)


def test_who_asked_for_what_and_how_it_ended_is_in_the_log(backend: str, caplog: pytest.LogCaptureFixture) -> None:
    def scenario(process: Process) -> None:
        process.add(Stage("STAGE"))
        one, two = Pending(process, "the put"), Pending(process, "the call")
        process.request_put("STAGE", {"velocity": 2.0}, one.done, origin="ca user@host")
        process.request_call("STAGE", "nothing", {}, two.done, origin="ws 127.0.0.1:5")
        one.wait()
        two.wait()

    caplog.set_level("DEBUG", logger="macduff.requests")
    play(backend, scenario, seeds=range(1))
    assert "put STAGE.velocity for ca user@host done" in caplog.messages
    assert any(line.startswith("call STAGE.nothing for ws 127.0.0.1:5 NotFound: ") for line in caplog.messages)
