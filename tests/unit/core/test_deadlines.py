"""A deadline that the caller of a method gave (rule 22)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from macduff import Attribute, Device, DState, Process, TimedOut, VInt, publish_method
from macduff.limits import Limits
from tests.support.play import BACKENDS, Pending, play
from tests.unit.core.devices import Counter
from tests.unit.core.test_gaps_support import until

backends = pytest.mark.parametrize("backend", BACKENDS)
SOON = Limits(shield_leave=0.1)


class Slow(Device):
    """Takes its time."""

    abort_grace = 0.3
    begun = Attribute(VInt(), 0)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._over = False

    @publish_method
    def go(self, seconds: float) -> str:
        self.wait(seconds)
        return "there"

    @publish_method(busy="allow")
    def aside(self) -> None:
        self.wait(1e6)

    @publish_method
    def hang(self) -> None:
        self._hang()

    @publish_method(busy="allow")
    def hang_aside(self) -> None:
        self._hang()

    def _hang(self) -> None:
        self.begun.update(1)
        while not self._over:
            self._backend_needed().sleep(0.02)


def ask(process: Process, device: str, method: str, deadline: float, parameters: Mapping[str, Any] = {}) -> Pending:
    pending = Pending(process, f"{device}.{method}")
    process.request_call(device, method, parameters, pending.done, deadline=deadline)
    return pending


@backends
def test_a_call_that_meets_its_deadline_is_as_any_other(backend: str) -> None:
    """Nothing comes later either."""

    def scenario(process: Process) -> None:
        device = Slow("S")
        process.add(device)
        assert ask(process, "S", "go", 0.5, {"seconds": 0.01}).result() == "there"
        later = ask(process, "S", "go", 30.0, {"seconds": 0.6})
        assert later.result() == "there"
        assert (device.state.value, device.health.value) == (DState.Idle, "OK")

    play(backend, scenario, seeds=range(5))


@backends
def test_the_device_that_it_holds_is_aborted(backend: str) -> None:
    """The caller is told TimedOut as other callers are told Aborted; the device is free and well afterwards."""

    def scenario(process: Process) -> None:
        device = Slow("S")
        process.add(device)
        pending = ask(process, "S", "go", 0.2, {"seconds": 1e6})
        with pytest.raises(TimedOut, match=r"S\.go: expected its end within the 0\.2 s that its caller gave"):
            pending.result()
        until(process, lambda: device.state.value is not DState.Aborting)
        assert (device.state.value, device.health.value) == (DState.Idle, "OK")
        assert ask(process, "S", "go", 0.5, {"seconds": 0}).result() == "there"

    play(backend, scenario, seeds=range(10))


@backends
def test_a_run_that_takes_too_long(backend: str) -> None:
    """Aborted, while it is paused too."""

    def scenario(process: Process) -> None:
        process.add(Counter("COUNT"))
        view = process.view("COUNT")
        for paused in (False, True):
            view.configure(frames=1000)
            run = ask(process, "COUNT", "run", 0.5)
            until(process, lambda: view.completed_steps > 0)
            if paused:
                view.pause()
            assert run.kind() == "TimedOut"
            until(process, lambda: view.state is DState.Aborted)
            view.reset()

    play(backend, scenario, seeds=range(5))


@backends
def test_a_call_that_holds_nothing_is_ended_alone(backend: str) -> None:
    """What else the device does goes on."""

    def scenario(process: Process) -> None:
        process.add(Slow("S"))
        going = ask(process, "S", "go", 30.0, {"seconds": 1.5})
        assert ask(process, "S", "aside", 0.1).kind() == "TimedOut"
        assert going.result() == "there"

    play(backend, scenario, seeds=range(10), limits=SOON)


@backends
@pytest.mark.parametrize("method", ["hang", "hang_aside"])
def test_what_does_not_obey_is_quarantined(backend: str, method: str) -> None:
    """Rule 22: Fault; whether it held the device's place or was let in beside other calls."""

    def scenario(process: Process) -> None:
        device = Slow("S")
        process.add(device)
        kind = ""
        while not device.begun.value:  # a deadline that comes before the method began ends it in peace
            kind = ask(process, "S", method, 0.1).kind()
        assert kind == "TimedOut"
        until(process, lambda: device.state.value is DState.Fault)
        assert f"{method} does not obey" in device.health.value
        device._over = True
        until(process, lambda: not device._machine.zombies)

    play(backend, scenario, seeds=range(5), limits=SOON)


@pytest.mark.parametrize("deadline", [0, -1.0, float("nan"), float("inf")])
def test_what_is_no_deadline_is_refused(deadline: float) -> None:
    """Nothing was asked then."""

    def scenario(process: Process) -> None:
        process.add(Slow("S"))
        with pytest.raises(ValueError, match=r"S\.go: expected a deadline of more than 0 seconds, got"):
            ask(process, "S", "go", deadline, {"seconds": 0})

    play("threads", scenario)
