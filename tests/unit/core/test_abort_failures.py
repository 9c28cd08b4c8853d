"""Aborts that meet a failure, or a change on its way (rules 20, 21)."""

from __future__ import annotations

import pytest

from macduff import Attribute, Child, Device, DeviceFailed, DState, Process, VInt, publish_method
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.devices import Stage
from tests.unit.core.test_gaps_support import until

backends = pytest.mark.parametrize("backend", BACKENDS)


class Refusing(Stage):
    """Cannot be stopped."""

    def do_stop(self) -> None:
        raise OSError("the stage does not answer")


@backends
@pytest.mark.parametrize("kind", [Stage, Refusing])
def test_children_are_aborted_although_do_stop_failed(backend: str, kind: type[Stage]) -> None:
    """Rule 20: all of them have ended before the abort does; what is told is do_stop's failure, not a child's."""

    class Parent(Device):
        stage = Child(Stage)

        def do_stop(self) -> None:
            raise OSError("no answer")

    def scenario(process: Process) -> None:
        stage = kind("STAGE")
        process.add(stage)
        device = Parent("P", stage=stage)
        process.add(device)
        move = Client(process).call("STAGE", "move", target=1e6)
        until(process, lambda: stage.state.value is DState.Running)
        with pytest.raises(DeviceFailed, match=r"P\.do_abort: OSError: no answer"):
            process.view("P").abort()
        assert stage.state.value is (DState.Idle if kind is Stage else DState.Fault)
        assert move.kind() == "Aborted"
        assert device.state.value is DState.Fault
        assert "no answer" in device.health.value

    play(backend, scenario, seeds=range(10))


@backends
def test_children_are_aborted_although_do_stop_hangs(backend: str) -> None:
    """Rule 20: what moves below is stopped when the grace is over, though the code to do it is stuck."""

    class Hanging(Device):
        abort_grace = 0.1
        stage = Child(Stage)

        def do_stop(self) -> None:
            self._stuck = self._backend_needed().flag()
            self._stuck.wait(60.0)  # as a driver does that knows nothing of tokens

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        device = Hanging("P", stage=stage)
        process.add(device)
        move = Client(process).call("STAGE", "move", target=1e6)
        until(process, lambda: stage.state.value is DState.Running)
        with pytest.raises(DeviceFailed, match=r"P\.do_abort: expected to end within"):
            process.view("P").abort()
        assert move.kind() == "Aborted"
        until(process, lambda: stage.state.value is DState.Idle)
        assert device.state.value is DState.Fault
        device._stuck.set()

    play(backend, scenario, seeds=range(10))


class Busybody(Device):
    """Puts an attribute of its own again and again."""

    n = Attribute(VInt(), 0, writable=True)

    @publish_method
    def go(self) -> None:
        while True:
            self.n.put(self.n.value + 1)
            self.report_wait(str(self.n.value), timeout=0)


@backends
@pytest.mark.parametrize("every", [True, False])
def test_the_set_point_of_a_dead_call_is_told_before_aborting(backend: str, every: bool) -> None:
    """Rule 21: nothing of a dead call comes with Aborting or after it, whatever was on its way to the listeners."""

    def scenario(process: Process) -> None:
        device = Busybody("B")
        process.add(device)
        inbox = Inbox(process)
        process.listen(inbox, "B", every=every)
        call = Client(process).call("B", "go")
        until(process, lambda: device.n.value > 5)
        process.view("B").abort()
        assert call.kind() == "Aborted"
        told = [item[2] for item in inbox.items if item[0].name == "Changes"]
        at = next(n for n, c in enumerate(told) if "state" in c and c["state"].value is DState.Aborting)
        assert any("n.setpoint" in changes for changes in told[:at])
        assert not [changes for changes in told[at:] if {"n", "n.setpoint"} & set(changes)]

    play(backend, scenario, seeds=range(20))
