"""PVs of a C IOC over PVAccess: records as QSRV shows them, and groups of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from macduff import (
    Attribute,
    BadValue,
    Device,
    Process,
    Pva,
    PvaAttribute,
    Severity,
    VAction,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VInt,
    VMap,
    VString,
)
from macduff.sources.pva.library import PVA
from tests.support import eventually, free_port, random_name
from tests.system.ioc import Ioc
from tests.system.pva_source.server import environment

RECORDS = """
record(ao, "$(P)X") {
    field(VAL, "3") field(PINI, "YES") field(EGU, "mm") field(PREC, "3") field(HOPR, "10") field(LOPR, "-10")
    field(DRVL, "0") field(DRVH, "5") field(HIGH, "4") field(HSV, "MINOR") field(FLNK, "$(P)X_RBV")
}
record(ai, "$(P)X_RBV") { field(INP, "$(P)X NPP NMS") field(PINI, "YES") field(EGU, "mm") field(PREC, "2") }
record(longout, "$(P)I") { field(VAL, "7") field(PINI, "YES") }
record(bo, "$(P)FLAG") { field(ZNAM, "off") field(ONAM, "on") field(VAL, "1") field(PINI, "YES") }
record(mbbo, "$(P)MODE") { field(ZRST, "slow") field(ONST, "fast") field(VAL, "1") field(PINI, "YES") }
record(stringout, "$(P)TEXT") { field(VAL, "hello") field(PINI, "YES") }
record(waveform, "$(P)WAVE") { field(FTVL, "DOUBLE") field(NELM, "100") field(INP, "[1,2,3]") field(PINI, "YES") }
record(waveform, "$(P)LONG") { field(FTVL, "CHAR") field(NELM, "100") }
record(ai, "$(P)NEVER") { }
record(ao, "$(P)SLOW") { field(FLNK, "$(P)WAIT") }
record(calcout, "$(P)WAIT") { field(CALC, "1") field(OOPT, "Every Time") field(ODLY, "0.5") }
record(ao, "$(P)G1") {
    field(VAL, "1.5") field(PINI, "YES") info(Q:group, {"$(P)GROUP": {"first": {+channel: "VAL", +putorder: 0}}})
}
record(ao, "$(P)G2") {
    field(VAL, "2.5") field(PINI, "YES") info(Q:group, {"$(P)GROUP": {"second": {+channel: "VAL", +putorder: 1}}})
}
"""


class Station(Device):
    """One record of each sort."""

    x = PvaAttribute(VDouble(), "{prefix}X", rbv_suffix="_RBV")
    setpoint = PvaAttribute(VDouble(), "{prefix}X")
    i = PvaAttribute(VInt(32), "{prefix}I")
    flag = PvaAttribute(VBool(), "{prefix}FLAG")
    mode = PvaAttribute(VEnum(), "{prefix}MODE")
    text = PvaAttribute(VString(), "{prefix}TEXT")
    wave = PvaAttribute(VArray("float64"), "{prefix}WAVE")
    long = PvaAttribute(VString(), "{prefix}LONG")
    slow = PvaAttribute(VDouble(), "{prefix}SLOW")
    group = PvaAttribute(VMap({"first": VDouble(), "second": VDouble()}), "{prefix}GROUP")
    process_it = PvaAttribute(VAction(), "{prefix}X_RBV.PROC")
    never = Attribute(VDouble(), source=Pva("{prefix}NEVER", read_only=True))

    def __init__(self, name: str, prefix: str) -> None:
        super().__init__(name)


def connected(station: Station) -> bool:
    return all(a.alarm.message != "never connected" for a in station.attributes.values() if a.source is not None)


@pytest.fixture
def ioc(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ioc]:
    ioc = Ioc(RECORDS, free_port(), f"P={random_name()}:")
    for name, value in environment(ioc.pva_search_port).items():
        monkeypatch.setenv(name, value)
    with ioc:
        yield ioc
    PVA.join(10.0)


@pytest.fixture
def process(ioc: Ioc) -> Iterator[Process]:
    with Process() as process:
        yield process


@pytest.fixture
def station(process: Process, ioc: Ioc) -> Station:
    station = Station("STATION", ioc.macros.removeprefix("P="))
    process.add(station)
    eventually(lambda: connected(station), "all connected", 10.0)
    return station


def kind(attribute: Attribute[Any]) -> Any:
    """Its type, whichever it is."""
    return attribute.vtype


def test_records_with_units_limits_labels_alarms_and_times(station: Station) -> None:
    assert (station.x.value, station.setpoint.value) == (3.0, 3.0)
    assert (kind(station.setpoint).units, kind(station.setpoint).precision) == ("mm", 3)
    assert kind(station.x).control == (0, 5), "of the set point's record"
    assert kind(station.setpoint).warning == (None, 4)
    assert abs(station.x.time - time.time_ns()) < 60e9
    assert (station.i.value, station.flag.value, station.mode.value, station.text.value) == (7, True, "fast", "hello")
    assert kind(station.mode).labels == ("slow", "fast")
    assert station.wave.value.tolist() == [1.0, 2.0, 3.0]
    assert dict(station.group.value) == {"first": 1.5, "second": 2.5}
    assert station.never.alarm.severity is Severity.INVALID and "UDF" in station.never.alarm.message


def test_puts_are_done_when_the_records_are(station: Station, process: Process) -> None:
    here = process.view("STATION")
    here.put(x=4.5, i=-3, flag=False, mode="slow", text="other", wave=[5.0], long="a long text", readback=True)
    assert (station.x.value, station.setpoint.alarm.severity) == (4.5, Severity.MINOR)
    assert "HIGH" in station.setpoint.alarm.message
    began = time.monotonic()
    here.slow = 1.0
    assert time.monotonic() - began >= 0.5, "the whole chain of records"
    here.group = {"first": 5.0, "second": 6.0}
    eventually(lambda: dict(station.group.value) == {"first": 5.0, "second": 6.0}, "both of the group")
    here.process_it = None
    with pytest.raises(BadValue):
        here.x = 6.0


def test_a_second_put_is_not_held_up_by_the_first(station: Station, process: Process) -> None:
    here = process.view("STATION")
    first = threading.Thread(target=lambda: setattr(here, "slow", 1.0), name="first")
    first.start()
    eventually(lambda: station.slow.value == 1.0, "the first under way")
    began = time.monotonic()
    here.slow = 2.0
    assert time.monotonic() - began < 0.4
    first.join(5.0)
    assert not first.is_alive()


def test_it_is_killed_and_starts_again(station: Station, process: Process, ioc: Ioc) -> None:
    ioc.kill()
    eventually(lambda: station.x.alarm.severity is Severity.INVALID, "INVALID", 5.0)
    assert station.x.alarm.message.endswith("X_RBV: disconnected") and station.x.value == 3.0
    ioc.start()
    eventually(lambda: station.x.alarm.severity is Severity.NONE, "healed", 30.0)
    process.view("STATION").put(x=1.0, readback=True)
