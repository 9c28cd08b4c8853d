"""Parameters that a put in Idle only stores (rules 14, 24, 26)."""

from __future__ import annotations

from typing import Any

import pytest

from macduff import (
    Attribute,
    Child,
    ConfigurableDevice,
    Device,
    DState,
    Process,
    VDouble,
    VInt,
    publish_method,
)
from tests.support.play import BACKENDS, Client, Inbox, Pending, play
from tests.unit.core.test_gaps_support import until

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


class Slow(ConfigurableDevice):
    """Takes its time to validate."""

    x = Attribute(VDouble(), 0.0, parameter=True)
    validating = Attribute(VInt(), 0)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._aborts = 0
        self._pause = 1e6
        self._final = DState.Idle

    def validate(self, **parameters: Any) -> dict[str, Any]:
        self.validating.update(self.validating.value + 1)
        self.wait(self._pause)
        return parameters

    def do_configure(self) -> DState:
        return self._final

    def do_abort(self) -> None:
        self._aborts += 1


class Eager(Slow):
    """Is configured by a put."""

    configure_on_put = True


class Parent(Device):
    """Puts its child's parameter."""

    slow = Child(Slow)

    @publish_method(busy="allow")
    def go(self) -> None:
        self.slow.x.put(1.0)


def untouched(process: Process, device: Slow, inbox: Inbox) -> None:
    """Nothing happened to it, and it can be used."""
    device._pause = 0.0
    process.view(device.name).x = 2.0
    assert (device.x.value, device.x.setpoint, device._aborts) == (2.0, 2.0, 0)
    assert inbox.states() == []
    assert [item[2]["x"].value for item in inbox.items if "x" in item[2]] == [2.0]
    process.view(device.name).configure()
    assert device.state.value is DState.Idle


def test_cancelling_a_put_that_only_stores_aborts_nothing(backend: str) -> None:
    """Rules 24, 26: it started nothing, so that only the put itself ends; nothing is stored, the device is free."""

    def scenario(process: Process) -> None:
        device = Slow("S")
        process.add(device)
        inbox = Inbox(process)
        process.listen(inbox, "S")
        pending = Pending(process, "put of S.x")
        request = process.request_put("S", {"x": 1.0}, pending.done)
        assert request is not None
        until(process, lambda: device.validating.value)
        assert Client(process).call("S", "configure").kind() == "Busy"
        process.cancel(request)
        assert pending.kind() == "Aborted"
        assert "its client went away" in str(pending.wait().error)
        process.cancel(request)
        untouched(process, device, inbox)

    play(backend, scenario, seeds=range(20))


def test_a_parent_that_ends_aborts_no_child_whose_parameter_it_was_storing(backend: str) -> None:
    """Rules 14, 24: the put ends with the call that made it."""

    def scenario(process: Process) -> None:
        device = Slow("S")
        process.add(device)
        process.add(Parent("P", slow=device))
        inbox = Inbox(process)
        process.listen(inbox, "S")
        pending = Pending(process, "P.go")
        request = process.request_call("P", "go", {}, pending.done)
        assert request is not None
        until(process, lambda: device.validating.value)
        process.cancel(request)
        assert pending.kind() == "Aborted"
        untouched(process, device, inbox)

    play(backend, scenario, seeds=range(10))


@pytest.mark.parametrize("case", ["configured on put", "Ready", "aborted"])
def test_what_still_aborts_the_device(backend: str, case: str) -> None:
    """Rules 14, 24: to cancel a put that is a configure, in Idle or in Ready; and an abort, whatever goes on."""

    def scenario(process: Process) -> None:
        device = Eager("S") if case == "configured on put" else Slow("S")
        process.add(device)
        view = process.view("S")
        if case == "Ready":
            device._pause, device._final = 0.0, DState.Ready
            view.configure()
            assert view.state == DState.Ready
        device._pause, before = 1e6, view.validating
        pending = Pending(process, "put of S.x")
        request = process.request_put("S", {"x": 1.0}, pending.done)
        assert request is not None
        until(process, lambda: device.validating.value > before)
        if case == "aborted":
            view.abort()
        else:
            process.cancel(request)
        assert pending.kind() == "Aborted"
        until(process, lambda: device.state.value is DState.Aborted)
        assert (device.x.setpoint, device._aborts) == (0.0, 1)
        view.reset()
        device._pause = 0.0
        view.x = 2.0

    play(backend, scenario, seeds=range(10))
