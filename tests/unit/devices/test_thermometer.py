"""The ready-made thermometer."""

from __future__ import annotations

import pytest

from macduff import Process, Severity
from macduff.devices import Thermometer
from tests.support.play import BACKENDS, Client, Inbox, play

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


def thermometer(process: Process) -> Thermometer:
    device = Thermometer("T", time_constant=0.1)
    process.add(device)
    return device


@pytest.mark.parametrize(("target", "severity"), [(70.0, Severity.MINOR), (100.0, Severity.MAJOR)])
def test_too_hot_raises_an_alarm_that_ends_by_itself(backend: str, target: float, severity: Severity) -> None:
    """Design 4: warning and alarm limits raise the severity by themselves."""

    def scenario(process: Process) -> None:
        device, inbox = thermometer(process), Inbox(process)
        process.listen(inbox, "T", "temperature")
        process.view("T").target = target
        inbox.until(lambda _: device.temperature.alarm.severity is severity)
        process.view("T").target = 20.0
        inbox.until(lambda _: device.temperature.alarm.severity is Severity.NONE)

    play(backend, scenario)


def test_heat_returns_when_it_is_there(backend: str) -> None:
    def scenario(process: Process) -> None:
        device = thermometer(process)
        assert process.view("T").heat(50.0, tolerance=1.0) == pytest.approx(50.0, abs=1.0)
        assert (device.target.value, device.target.setpoint) == (50.0, 50.0)

    play(backend, scenario)


def test_an_abort_goes_no_further(backend: str) -> None:
    """Rule 20; and a later heat takes over (rule 12)."""

    def scenario(process: Process) -> None:
        device = Thermometer("T", time_constant=1000.0)
        process.add(device)
        client, inbox = Client(process), Inbox(process)
        process.listen(inbox, "T", "target")
        first = client.call("T", "heat", target=60.0)
        second = client.call("T", "heat", target=110.0)
        inbox.until(lambda _: device.target.value == 110.0)
        assert first.kind() == "Superseded"
        assert client.call("T", "abort").kind() == "ok"
        assert second.kind() == "Aborted"
        assert 15.0 < device.target.value < 30.0

    play(backend, scenario)
