"""Leases and clients that vanish, sentence by sentence (rules 23, 26)."""

from __future__ import annotations

import pytest

from macduff import (
    Attribute,
    Busy,
    Child,
    Device,
    DState,
    Held,
    Process,
    VInt,
    publish_method,
)
from tests.support.play import BACKENDS, Client, play
from tests.unit.core.devices import Counter, Scan, Stage
from tests.unit.core.test_gaps_support import until

backends = pytest.mark.parametrize("backend", BACKENDS)


@backends
def test_leases_over_a_whole_tree(backend: str) -> None:
    """Rule 23: grandchildren too; held by one, another parent is refused; given back at Aborted, Fault, Idle."""

    class Outer(Counter):
        scan = Child(Scan)

    def scenario(process: Process) -> None:
        stage, counter = Stage("STAGE"), Counter("COUNT")
        scan = Scan("SCAN", stage=stage, counter=counter)
        outer, rival = (
            Outer(
                "OUTER",
            ),
            Scan("RIVAL", stage=stage, counter=counter),
        )
        outer.set_child("scan", scan)
        for device in (stage, counter, scan, outer, rival):
            process.add(device)
        view, client = process.view("OUTER"), Client(process)
        tree = (stage, counter, scan)

        def holders() -> set[Device | None]:
            return {device._machine.holder for device in tree}

        view.configure()
        assert holders() == {outer}
        for name, method in (("RIVAL", "configure"), ("COUNT", "configure"), ("SCAN", "configure"), ("STAGE", "home")):
            with pytest.raises(Held, match=r"held by OUTER"):
                client.call(name, method).result()
        assert rival._machine.holder is None
        assert client.call("SCAN", "abort").kind() == "ok"  # abort never is refused
        view.abort()
        assert holders() == {None}
        view.reset()
        view.configure()
        view.reset()
        assert holders() == {None}
        process.view("RIVAL").configure()
        with pytest.raises(Held, match=r"OUTER\.configure: expected \w+ free, got it held by RIVAL"):
            view.configure()
        assert (view.state, scan._machine.holder) == (DState.Idle, None)
        process._post(rival._machine.fault, "for the test")
        until(process, lambda: rival.state.value is DState.Fault)
        assert holders() == {None}

    play(backend, scenario, seeds=range(5))


@backends
def test_a_plain_parent_has_no_lease(backend: str) -> None:
    """Rule 23."""

    class Plain(Device):
        stage = Child(Stage)

        @publish_method
        def go(self) -> None:
            self.wait(100)

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        device = Plain("P", stage=stage)
        process.add(device)
        call = Client(process).call("P", "go")
        until(process, lambda: device.state.value is DState.Running)
        assert process.view("STAGE").move(0.4) == pytest.approx(0.4)
        process.view("STAGE").velocity = 2.0
        process.view("P").abort()
        assert call.kind() == "Aborted"

    play(backend, scenario, seeds=range(3))


@backends
def test_the_lease_is_there_before_validate(backend: str) -> None:
    """Rule 23: taken when configure is accepted; the second of two configures is told which call holds."""

    class Slow(Scan):
        validating = Attribute(VInt(), 0)

        def validate(self, points: int) -> dict[str, object]:
            self.validating.update(1)
            self.wait(0.2)
            return {"points": points}

    def scenario(process: Process) -> None:
        stage, counter = Stage("STAGE"), Counter("COUNT")
        process.add(stage)
        process.add(counter)
        device = Slow("SCAN", stage=stage, counter=counter)
        process.add(device)
        client = Client(process)
        first = client.call("SCAN", "configure")
        until(process, lambda: device.validating.value)
        assert device.state.value is DState.Idle
        assert client.call("STAGE", "move", target=1.0).kind() == "Held"
        with pytest.raises(Busy, match=r"SCAN\.configure: .* busy with SCAN\.configure for 0"):
            client.call("SCAN", "configure").result()
        assert first.kind() == "ok"

    play(backend, scenario, seeds=range(5))


@backends
@pytest.mark.parametrize(("method", "aborts"), [("exclusive", 1), ("shared", 0)])
def test_cancelling_a_call(backend: str, method: str, aborts: int) -> None:
    """Rule 26, abort on disconnect: whoever holds the place is aborted, else only the call ends; later, nothing."""

    class Part(Device):
        begun = Attribute(VInt(), 0)

        def __init__(self, name: str) -> None:
            super().__init__(name)
            self._aborts = 0

        def do_abort(self) -> None:
            self._aborts += 1

        @publish_method
        def exclusive(self) -> None:
            self.begun.update(1)
            self.wait(1e6)

        @publish_method(busy="allow")
        def shared(self) -> None:
            self.begun.update(1)
            self.wait(1e6)

    def scenario(process: Process) -> None:
        device = Part("P")
        process.add(device)
        outcomes: list[str] = []
        ended = process.backend.flag()

        def done(outcome: object) -> None:
            error = getattr(outcome, "error", None)
            outcomes.append(error.kind if error is not None else "ok")
            ended.set()

        request = process.request_call("P", method, {}, done)
        assert request is not None
        until(process, lambda: device.begun.value)
        process.cancel(request)
        assert ended.wait(20)
        until(process, lambda: device.state.value is DState.Idle)
        process.cancel(request)
        process.backend.sleep(0.05)
        assert outcomes == ["Aborted"]
        assert device._aborts == aborts
        assert device.state.value is DState.Idle

    play(backend, scenario, seeds=range(5))
