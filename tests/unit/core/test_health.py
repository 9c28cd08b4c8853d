"""What `health` says while sources are away, and that it heals alone (rule 7; design, section 8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from macduff import Attribute, Device, MacduffError, Process, Severity, VDouble, VInt, publish_method
from macduff.core import SourceContext
from tests.support.play import BACKENDS, Inbox, play

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


class Told:
    """A source that says what the test says, by `told[name]`."""

    writable = False

    def simulated(self) -> Told:
        return self

    def bind(self, context: SourceContext) -> Told:
        bound = Told()
        device: Any = context.target._device
        device._told[context.attribute] = context
        return bound

    def start(self) -> None: ...

    def put(self, value: Any, done: Callable[[MacduffError | None], None]) -> None:
        done(None)

    def close(self) -> None: ...


class Supply(Device):
    """Three attributes of an instrument, and one of its own."""

    voltage = Attribute(VDouble(units="V"), source=Told())
    current = Attribute(VDouble(units="A"), source=Told())
    count = Attribute(VInt(), source=Told())
    own = Attribute(VInt(), 0)

    def __init__(self, name: str) -> None:
        self._told: dict[str, SourceContext] = {}
        super().__init__(name)

    @publish_method
    def drop(self) -> None:
        """One attribute less."""
        self.remove_attribute("extra")


class Rack(Device):
    """Has a supply."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._part = self.add_child(Supply("OUT"))


REASON = "127.0.0.1:5025: Connection refused"


class Play:
    """A supply and what a client sees of its health."""

    def __init__(self, process: Process) -> None:
        self.rack = Rack("RACK")
        self.device = self.rack._part
        process.add(self.rack)
        self.process = process
        self.inbox = Inbox(process)
        process.listen(self.inbox, "RACK:OUT", "health")

    def away(self, *names: str, reason: str = REASON) -> None:
        for name in names:
            self.device._told[name].invalid(reason)

    def good(self, *names: str) -> None:
        for name in names:
            self.device._told[name].update(1)

    def shows(self, text: str, severity: Severity) -> None:
        """Wait until clients were told that; fails when they are not."""

        def so(items: list[Any]) -> bool:
            told = [item[2]["health"] for item in items if "health" in item[2]]
            return bool(told) and (told[-1].value, told[-1].alarm.severity) == (text, severity)

        self.inbox.until(so, 5.0)

    def changes(self) -> int:
        return len(self.inbox.items)


def played(backend: str, scenario: Callable[[Play], None]) -> None:
    play(backend, lambda process: scenario(Play(process)))


def test_an_instrument_that_is_away_is_the_devices_health(backend: str) -> None:
    """All of its attributes INVALID for one reason: that is what is wrong; it heals alone."""

    def scenario(bench: Play) -> None:
        bench.good("voltage", "current", "count")
        bench.away("voltage", "current", "count")
        bench.shows(REASON, Severity.INVALID)
        assert bench.rack.health.value == "OK"  # its part says it
        bench.good("voltage", "current", "count")
        bench.shows("OK", Severity.NONE)

    played(backend, scenario)


def test_some_attributes_are_away(backend: str) -> None:
    def scenario(bench: Play) -> None:
        bench.good("voltage", "current", "count")
        bench.away("current", reason="PSU:CURR: disconnected")
        bench.shows("1 of 3 attributes INVALID: current: PSU:CURR: disconnected", Severity.MAJOR)
        bench.away("voltage", reason="PSU:VOLT: disconnected")
        bench.shows("2 of 3 attributes INVALID: voltage: PSU:VOLT: disconnected", Severity.MAJOR)
        bench.good("voltage")
        bench.shows("1 of 3 attributes INVALID: current: PSU:CURR: disconnected", Severity.MAJOR)
        bench.good("current")
        bench.shows("OK", Severity.NONE)

    played(backend, scenario)


def test_never_connected_counts_once_an_attempt_failed(backend: str) -> None:
    """Rule 7: until then nothing is wrong yet; what never spoke is as unknown as what is away."""

    def scenario(bench: Play) -> None:
        assert bench.device.voltage.alarm.message == "never connected"
        assert bench.device.health.value == "OK"
        bench.away("voltage", "current")
        bench.shows(REASON, Severity.INVALID)
        bench.good("count")
        bench.shows(f"2 of 3 attributes INVALID: voltage: {REASON}", Severity.MAJOR)

    played(backend, scenario)


def test_good_values_cost_nothing(backend: str) -> None:
    """Neither they nor the same trouble again make a change of `health`."""

    def scenario(bench: Play) -> None:
        bench.good("voltage", "current", "count")
        bench.away("voltage")
        bench.shows(f"1 of 3 attributes INVALID: voltage: {REASON}", Severity.MAJOR)
        before = bench.changes()
        for _ in range(20):
            bench.good("current", "count")
            bench.away("voltage")
        bench.good("voltage")
        bench.shows("OK", Severity.NONE)
        assert bench.changes() == before + 1

    played(backend, scenario)


def test_what_is_no_value_counts_too(backend: str) -> None:
    def scenario(bench: Play) -> None:
        bench.good("voltage", "current")
        bench.device._told["count"].update("many")
        text = "1 of 3 attributes INVALID: count: RACK:OUT.count: expected "
        bench.inbox.until(lambda items: bool(items) and items[-1][2]["health"].value.startswith(text), 5.0)

    played(backend, scenario)


def test_an_attribute_that_goes_takes_its_trouble_along(backend: str) -> None:
    def scenario(bench: Play) -> None:
        bench.good("voltage", "current", "count")
        bench.device.add_attribute("extra", Attribute(VInt(), source=Told()))
        bench.away("extra", reason="gone")
        bench.shows("1 of 4 attributes INVALID: extra: gone", Severity.MAJOR)
        bench.process.view("RACK:OUT").drop()
        bench.shows("OK", Severity.NONE)

    played(backend, scenario)
