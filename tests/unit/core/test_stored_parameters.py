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
    WrongState,
    publish_method,
)
from tests.support.play import BACKENDS, Client, Inbox, Pending, play
from tests.unit.core.test_gaps_support import until
from tests.unit.core.test_puts import Camera

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


class Aim(Device):
    """Puts its camera's parameter and waits for the readback."""

    camera = Child(Camera)

    @publish_method
    def go(self, exposure: float) -> None:
        self.camera.exposure.put(exposure, readback=True)


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


def test_a_readback_cannot_be_waited_for_where_a_parameter_is_only_stored(backend: str) -> None:
    """Rule 24: refused in Idle, nothing changed, and told when it is possible; its completion means the readback."""

    def scenario(process: Process) -> None:
        device = Camera("CAM")
        process.add(device)
        process.add(Aim("AIM", camera=device))
        view = process.view("CAM")
        told = r"CAM\.exposure: expected Ready for a put with readback, .* until configure .*, got Idle; .* configure"
        with pytest.raises(WrongState, match=told):
            view.put(exposure=0.5, readback=True)
        with pytest.raises(WrongState, match=r"CAM\.frames, gain: expected Ready"):
            view.put(frames=3, gain=2, readback=True)
        with pytest.raises(WrongState, match=told):
            process.view("AIM").go(0.5)
        assert (device.exposure.setpoint, device.gain.setpoint, device.frames.value) == (0.0, 0, 1)
        assert device._log_of_puts == []
        view.put(frames=3, readback=True)  # it has no source: what is stored is what is
        assert device.frames.value == 3
        view.exposure = 0.4  # without readback it is stored
        assert (device.exposure.setpoint, device.exposure.value) == (0.4, 0.0)
        view.configure()
        view.put(exposure=0.5, readback=True)
        assert device.exposure.value == 0.5
        process.view("AIM").go(0.6)
        assert device.exposure.value == 0.6

    play(backend, scenario, seeds=range(5))


def test_a_readback_in_idle_where_a_put_configures(backend: str) -> None:
    """Rule 24: `configure_on_put` makes a put in Idle a configure."""

    class Prompt(Camera):
        configure_on_put = True

    def scenario(process: Process) -> None:
        device = Prompt("CAM")
        process.add(device)
        process.view("CAM").put(exposure=0.5, readback=True)
        assert (device.exposure.value, device.state.value) == (0.5, DState.Ready)

    play(backend, scenario, seeds=range(5))
