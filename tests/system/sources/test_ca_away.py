"""IOCs that go and come back: INVALID with a reason, healing alone, nothing kept of the connection before."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from macduff import (
    PV,
    Attribute,
    Device,
    Disconnected,
    Process,
    PVAttribute,
    Severity,
    VArray,
    VDouble,
    VEnum,
    VInt,
    VString,
)
from macduff.sources.ca.link import PROPERTY
from tests.support import eventually, random_name
from tests.system.ioc import Ioc, channel_access

BEFORE = """
record(ao, "$(P)X") { field(VAL, "3") field(PINI, "YES") field(EGU, "mm") field(DRVL, "0") field(DRVH, "5") }
record(ai, "$(P)X_RBV") { field(INP, "$(P)X") field(PINI, "YES") }
record(ao, "$(P)SLOW") { field(FLNK, "$(P)WAIT") }
record(calcout, "$(P)WAIT") { field(CALC, "1") field(OOPT, "Every Time") field(ODLY, "30") }
record(mbbo, "$(P)MODE") { field(ZRST, "a") field(ONST, "b") field(VAL, "1") field(PINI, "YES") }
record(waveform, "$(P)ARRAY") { field(FTVL, "DOUBLE") field(NELM, "4") }
"""
AFTER = """
record(longout, "$(P)X") { field(VAL, "40") field(PINI, "YES") field(EGU, "um") }
record(ai, "$(P)X_RBV") { field(INP, "$(P)X") field(PINI, "YES") }
record(mbbo, "$(P)MODE") { field(ZRST, "c") field(ONST, "d") field(VAL, "1") field(PINI, "YES") }
record(waveform, "$(P)ARRAY") { field(FTVL, "SHORT") field(NELM, "8") field(INP, "[1,2,3,4,5]") field(PINI, "YES") }
"""


class Station(Device):
    """One PV of each sort that may be another one when its IOC comes back."""

    x = PVAttribute(VDouble(), "{prefix}X")
    readback = Attribute(VDouble(), source=PV("{prefix}X", rbv_suffix="_RBV"))
    mode = PVAttribute(VEnum(), "{prefix}MODE")
    text = PVAttribute(VString(), "{prefix}MODE", read_only=True)
    array = PVAttribute(VArray("float64"), "{prefix}ARRAY")

    def __init__(self, name: str, prefix: str) -> None:
        super().__init__(name)

    def severities(self) -> set[Severity]:
        return {a.alarm.severity for a in self.attributes.values() if a.source is not None and a.name != "array"}


class Slow(Device):
    it = PVAttribute(VDouble(), "{prefix}SLOW")

    def __init__(self, name: str, prefix: str) -> None:
        super().__init__(name)


@pytest.fixture
def port() -> Iterator[int]:
    with channel_access() as (port,):
        yield port


def test_an_ioc_that_dies_and_comes_back_another(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    prefix = random_name() + ":"
    with Process() as process:
        station = Station(random_name("STATION"), prefix)
        process.add(station)
        view = process.view(station.name)
        with Ioc(BEFORE, port, f"P={prefix}") as ioc:
            eventually(lambda: station.severities() == {Severity.NONE}, "all connected", 10.0)
            assert (view.x, view.mode, view.text) == (3.0, "b", "b")
            assert station.x.vtype == VDouble(units="mm", control=(0, 5))
            ioc.kill()
            eventually(lambda: station.severities() == {Severity.INVALID}, "all INVALID", 10.0)
        assert station.x.alarm.message == f"{prefix}X: disconnected"
        assert station.readback.alarm.message == f"{prefix}X_RBV: disconnected"
        assert (view.x, view.mode) == (3.0, "b")  # the last values stay
        began = time.monotonic()
        with pytest.raises(Disconnected, match=f"{prefix}X: expected a connected PV"):
            view.x = 1.0
        assert time.monotonic() - began < 1.0
        with Ioc(AFTER, port, f"P={prefix}"):
            eventually(lambda: station.severities() == {Severity.NONE}, "all healed", 30.0)
            assert (view.x, view.mode, view.text) == (40.0, "d", "d")
            eventually(lambda: view.array.tolist() == [1, 2, 3, 4, 5], "the array, which the IOC fills as it starts")
            assert station.x.vtype == VDouble(units="um")  # no limits, no precision: nothing is left of before
            assert station.mode.vtype.labels == ("c", "d")  # type: ignore[attr-defined]  # VEnum's
            view.put(x=41.0, mode="c", readback=True)
            assert (view.x, view.mode) == (41.0, "c")
    assert "CA.Client.Exception" not in capfd.readouterr().err  # what libca has to say is for the log


def test_an_ioc_that_dies_while_it_is_asked(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values came already, and the subscription to the metadata finds the channel gone."""
    cadef = import_module("epicscorelibs.ca.cadef")
    original = cadef.ca_create_subscription
    refused = threading.Semaphore(0)

    def create(kind: int, count: int, channel: Any, events: int, *more: Any) -> Any:
        if events == PROPERTY:
            refused.release()
            raise cadef.Disconnected(channel._as_parameter_)
        return original(kind, count, channel, events, *more)

    monkeypatch.setattr(cadef, "ca_create_subscription", create)
    prefix = random_name() + ":"
    with Process() as process:
        station = Station(random_name("STATION"), prefix)
        process.add(station)
        with Ioc(BEFORE, port, f"P={prefix}") as ioc:
            for _ in range(6):
                assert refused.acquire(timeout=10.0)
            eventually(lambda: station.severities() == {Severity.NONE}, "all connected", 10.0)
            monkeypatch.undo()
            ioc.kill()
            eventually(lambda: station.severities() == {Severity.INVALID}, "all INVALID", 10.0)
        with Ioc(AFTER, port, f"P={prefix}"):
            eventually(lambda: station.severities() == {Severity.NONE}, "all healed", 30.0)


def test_a_put_ends_when_the_ioc_does(port: int) -> None:
    prefix = random_name() + ":"
    with Process() as process, Ioc(BEFORE, port, f"P={prefix}") as ioc:
        slow = Slow(random_name("SLOW"), prefix)
        process.add(slow)
        eventually(lambda: slow.it.alarm.message != "never connected", "connected", 10.0)
        errors: list[BaseException] = []

        def put() -> None:
            try:
                process.view(slow.name).it = 1.0
            except Disconnected as error:
                errors.append(error)

        putting = threading.Thread(target=put, name="putting")
        putting.start()
        eventually(lambda: slow.it.value == 1.0, "the put at the IOC")
        assert putting.is_alive()
        ioc.kill()
        putting.join(10.0)
        assert len(errors) == 1 and "SLOW: expected the end of the put, got disconnected" in str(errors[0])


def test_an_ioc_that_hangs(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection stands and nothing answers: INVALID after EPICS's own time-outs, 1 s here and 5 s for its echo."""
    monkeypatch.setenv("EPICS_CA_CONN_TMO", "1")
    prefix = random_name() + ":"
    with Process() as process, Ioc(BEFORE, port, f"P={prefix}") as ioc:
        station = Station(random_name("STATION"), prefix)
        process.add(station)
        eventually(lambda: station.severities() == {Severity.NONE}, "all connected", 10.0)
        assert ioc.process is not None
        ioc.process.send_signal(signal.SIGSTOP)
        try:
            eventually(lambda: station.severities() == {Severity.INVALID}, "all INVALID", 20.0)
            with pytest.raises(Disconnected):
                process.view(station.name).x = 1.0
        finally:
            ioc.process.send_signal(signal.SIGCONT)
        eventually(lambda: station.severities() == {Severity.NONE}, "all healed", 20.0)
        process.view(station.name).put(x=2.0, readback=True)


def test_two_iocs_only_one_of_which_goes() -> None:
    with channel_access(2) as (first, second), Process() as process:
        one, two = random_name() + ":", random_name() + ":"
        here, there = Station(random_name("HERE"), one), Station(random_name("THERE"), two)
        with Ioc(BEFORE, first, f"P={one}"):
            process.add(here)
            process.add(there)
            with Ioc(BEFORE, second, f"P={two}"):
                eventually(lambda: here.severities() | there.severities() == {Severity.NONE}, "both connected", 10.0)
            eventually(lambda: there.severities() == {Severity.INVALID}, "one gone", 10.0)
            assert here.severities() == {Severity.NONE}
            process.view(here.name).put(x=2.0, readback=True)


def test_removed_while_connecting(port: int) -> None:
    """A device whose PVs never came goes as any other, and leaves nothing behind."""
    with Process() as process:
        station = Station(random_name("STATION"), random_name() + ":")
        process.add(station)
        process.remove(station.name)
        again = Station(random_name("STATION"), random_name() + ":")
        process.add(again)
        assert again.severities() == {Severity.INVALID}


def test_the_int_of_a_double(port: int) -> None:
    """A value that is no integer makes an integer attribute INVALID, and says so."""
    database = 'record(ao, "$(P)X") { field(VAL, "1.5") field(PINI, "YES") }'
    prefix = random_name() + ":"

    class Counting(Device):
        count = PVAttribute(VInt(), prefix + "X")
        number = PVAttribute(VDouble(), prefix + "X")

    with Process() as process, Ioc(database, port, f"P={prefix}"):
        device = Counting(random_name("COUNTING"))
        process.add(device)
        eventually(lambda: device.number.value == 1.5, "connected", 10.0)
        eventually(lambda: "1.5" in device.count.alarm.message, "refused", 10.0)
        assert "expected an integer" in device.count.alarm.message
        process.view(device.name).number = 2.0
        eventually(lambda: device.count.reading[:2] == (2, device.number.alarm), "healed")
