"""Aborts that meet a failure, or a change on its way (rules 20, 21)."""

from __future__ import annotations

import pytest

from macduff import (
    Child,
    Device,
    DeviceFailed,
    DState,
    Process,
)
from tests.support.play import BACKENDS, Client, play
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
