"""What `health` says of attributes in alarm, so that who sees the device alone knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from macduff import Alarm, AlarmStatus, Attribute, Device, Process, Severity, VDouble, VInt
from tests.support.play import BACKENDS, Inbox, play

from .test_health import REASON, Supply

pytestmark = pytest.mark.parametrize("backend", BACKENDS)

HOT = Alarm(Severity.MAJOR, AlarmStatus.DEVICE, "too hot")
WARM = Alarm(Severity.MINOR, AlarmStatus.DEVICE, "warm")


class Oven(Device):
    """Two with limits, one without."""

    temperature = Attribute(VDouble(units="degC", warning=(None, 60), alarm=(None, 80)), 20.0)
    pressure = Attribute(VDouble(units="mbar", alarm=(None, 1.5)), 1.0)
    count = Attribute(VInt(), 0)


class Play:
    """An oven and what a client sees of its health."""

    def __init__(self, process: Process, device: Device) -> None:
        self.process, self.device = process, device
        process.add(device)
        self.inbox = Inbox(process)
        process.listen(self.inbox, device.name, "health")

    def shows(self, text: str, severity: Severity) -> None:
        """Wait until clients were told that; fails when they are not."""

        def so(items: list[Any]) -> bool:
            told = [item[2]["health"] for item in items if "health" in item[2]]
            return bool(told) and (told[-1].value, told[-1].alarm.severity) == (text, severity)

        self.inbox.until(so, 5.0)


def played(backend: str, scenario: Callable[[Play, Any], None], make: Callable[[str], Device] = Oven) -> None:
    def main(process: Process) -> None:
        device = make("OVEN")
        scenario(Play(process, device), device)

    play(backend, main)


def test_the_worst_alarm_of_the_attributes(backend: str) -> None:
    def scenario(bench: Play, oven: Oven) -> None:
        oven.temperature.update(61.0)
        bench.shows("temperature: above warning limit 60 degC", Severity.MINOR)
        oven.update(pressure=2.0, count=1)
        bench.shows("2 attributes in alarm: pressure: above alarm limit 1.5 mbar", Severity.MAJOR)
        oven.temperature.update(20.0)
        bench.shows("pressure: above alarm limit 1.5 mbar", Severity.MAJOR)
        oven.pressure.update(1.0)
        bench.shows("OK", Severity.NONE)

    played(backend, scenario)


def test_an_alarm_that_was_given_ends_with_the_next_value(backend: str) -> None:
    """Also where values need no look at all, for which there is a shorter way."""

    def scenario(bench: Play, oven: Oven) -> None:
        for number in range(3):
            oven.count.update(number, alarm=HOT)
            bench.shows("count: too hot", Severity.MAJOR)
            oven.count.update(number, alarm=WARM)
            bench.shows("count: warm", Severity.MINOR)
            oven.count.update(number)
            bench.shows("OK", Severity.NONE)

    played(backend, scenario)


def test_the_same_alarm_again_is_no_news(backend: str) -> None:
    def scenario(bench: Play, oven: Oven) -> None:
        for number in range(20):
            oven.count.update(number, alarm=Alarm(Severity.MAJOR, AlarmStatus.DEVICE, "too hot"))
        bench.shows("count: too hot", Severity.MAJOR)
        oven.count.update(0)
        bench.shows("OK", Severity.NONE)
        assert len(bench.inbox.items) == 2

    played(backend, scenario)


def test_what_is_in_alarm_from_the_beginning(backend: str) -> None:
    class Hot(Device):
        """Declared beyond its limit."""

        temperature = Attribute(VDouble(units="degC", alarm=(None, 80)), 90.0)

    def scenario(bench: Play, hot: Hot) -> None:
        assert hot.health.value == "temperature: above alarm limit 80 degC"
        hot.add_attribute("extra", Attribute(VDouble(alarm=(None, 1)), 2.0))
        bench.shows("2 attributes in alarm: temperature: above alarm limit 80 degC", Severity.MAJOR)
        hot.temperature.update(20.0)
        bench.shows("extra: above alarm limit 1", Severity.MAJOR)
        hot.remove_attribute("extra")
        bench.shows("OK", Severity.NONE)

    played(backend, scenario, Hot)


def test_another_type_has_other_limits(backend: str) -> None:
    def scenario(bench: Play, oven: Oven) -> None:
        oven.count.change_type(VInt(alarm=(None, 5)))
        oven.count.update(6)
        bench.shows("count: above alarm limit 5", Severity.MAJOR)
        oven.count.change_type(VInt(alarm=(None, 10)))
        oven.count.update(6)
        bench.shows("OK", Severity.NONE)

    played(backend, scenario)


def test_a_source_that_is_away_is_told_of_once_and_its_alarms_while_it_is_there(backend: str) -> None:
    def scenario(bench: Play, supply: Supply) -> None:
        told = supply._told
        for name in ("voltage", "current", "count"):
            told[name].update(1)
        told["voltage"].update(2, alarm=HOT)
        bench.shows("voltage: too hot", Severity.MAJOR)
        told["voltage"].invalid(REASON)
        bench.shows(f"1 of 3 attributes INVALID: voltage: {REASON}", Severity.MAJOR)
        told["voltage"].update(2, alarm=WARM)
        bench.shows("voltage: warm", Severity.MINOR)
        told["voltage"].update(2)
        bench.shows("OK", Severity.NONE)
        texts = [item[2]["health"].value for item in bench.inbox.items]
        assert not any("INVALID" in text and "alarm" in text for text in texts)

    played(backend, scenario, Supply)
