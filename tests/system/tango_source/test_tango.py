"""Attributes from a Tango device in another process: with events pushed by it, and read where there are none."""

from __future__ import annotations

import time
from enum import Enum

import pytest

from macduff import (
    Attribute,
    BadValue,
    Device,
    DeviceFailed,
    Disconnected,
    NotWriteable,
    Process,
    Severity,
    Tango,
    TangoAttribute,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VInt,
    VMap,
    VString,
)
from tests.support import eventually
from tests.system.tango_source.server import DEVICE, TangoProgram

# libtango keeps its connections to servers, and what its events come by, until the program ends
pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")
both = pytest.mark.parametrize("server", ["events", "plain"], indirect=True)


class Mode(Enum):
    SLOW = "slow"
    FAST = "fast"


class Station(Device):
    """One attribute of each sort."""

    x = TangoAttribute(VDouble(), "{device}/x", period=0.1)
    count = TangoAttribute(VInt(16), "{device}/count", period=0.1)
    flag = TangoAttribute(VBool(), "{device}/flag", period=0.1)
    text = TangoAttribute(VString(), "{device}/text", period=0.1)
    mode = TangoAttribute(VEnum(), "{device}/mode", period=0.1)
    member = TangoAttribute(VEnum(Mode), "{device}/mode", period=0.1)
    door = TangoAttribute(VEnum(), "{device}/door", period=0.1, read_only=True)
    state_there = TangoAttribute(VEnum(), "{device}/State", period=0.1, read_only=True)
    wave = TangoAttribute(VArray("float64"), "{device}/wave", period=0.1)
    names = TangoAttribute(VArray(VString()), "{device}/names", period=0.1)
    image = TangoAttribute(VArray("uint16", ndim=2), "{device}/image", period=0.1, read_only=True)
    raw = TangoAttribute(VMap({"format": VString(), "data": VArray("uint8")}), "{device}/raw", read_only=True)
    only = TangoAttribute(VDouble(), "{device}/only", period=0.1)

    def __init__(self, name: str, device: str) -> None:
        super().__init__(name)


class Three(Device):
    """What the program has under these names also when it comes back another."""

    x = TangoAttribute(VDouble(), "{device}/x", period=0.1)
    mode = TangoAttribute(VString(), "{device}/mode", period=0.1)
    wave = TangoAttribute(VArray("float64"), "{device}/wave", period=0.1)

    def __init__(self, name: str, device: str) -> None:
        super().__init__(name)


def severities(device: Device) -> set[Severity]:
    return {attribute.alarm.severity for attribute in device.attributes.values() if attribute.source is not None}


@pytest.fixture
def station(process: Process, server: TangoProgram) -> Station:
    station = Station("STATION", server.device)
    process.add(station)
    eventually(lambda: Severity.INVALID not in severities(station), "all connected", 10.0)
    return station


@both
def test_values_of_every_type_with_what_the_device_tells_of_them(station: Station, server: TangoProgram) -> None:
    assert (station.x.value, station.x.setpoint) == (1.0, 0.0), "the set point is Tango's written value"
    assert station.x.vtype == VDouble(units="mm", precision=3, control=(-5, 5), warning=(-4, 4), alarm=(-4.5, 4.5))
    assert (station.count.value, station.flag.value, station.text.value) == (7, True, "käse")
    assert (station.mode.value, station.mode.vtype.labels) == ("fast", ("slow", "fast"))  # type: ignore[attr-defined]  # VEnum's
    assert station.member.value is Mode.FAST
    assert (station.door.value, station.state_there.value) == ("OPEN", "ON")
    assert station.wave.value.tolist() == [1.0, 2.0] and station.names.value == ("a", "b")
    assert station.image.value.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert station.raw.value["format"] == "JPEG" and bytes(station.raw.value["data"]) == b"\xff\x00\x01"


@both
def test_writes_arrive_whole(station: Station, process: Process, server: TangoProgram) -> None:
    view = process.view("STATION")
    view.put(x=2.5, count=-3, flag=False, text="né", mode="slow", names=["q"], wave=[3.0], readback=True)
    assert sorted(server.tell(wrote=True)) == sorted(
        ["x=2.5", "count=-3", "flag=False", "text=né", "mode=0", "names=['q']", "wave=[3.]"]
    )
    view.only = 4.5
    eventually(lambda: station.only.value == 4.5, "what was written is the value of a write-only attribute")
    eventually(lambda: station.member.value is Mode.SLOW, "another attribute of ours on the same one")
    assert station.x.setpoint == 2.5


@pytest.mark.parametrize("server", ["plain"], indirect=True)
def test_the_devices_time_and_quality(station: Station, server: TangoProgram) -> None:
    server.tell(set={"x": 4.2}, time=1_700_000_000.25, quality="WARNING")
    eventually(lambda: station.x.value == 4.2, "the new value")
    assert station.x.time == 1_700_000_000_250_000_000, "the time stamp is the source's"
    assert station.x.alarm.severity is Severity.MINOR and "warning limit 4 mm" in station.x.alarm.message
    server.tell(set={"x": 1.0}, time=1_700_000_001.0, quality="ALARM")
    eventually(lambda: station.x.alarm.severity is Severity.MAJOR, "the quality ALARM")
    assert station.x.alarm.message == "the device says ALARM"
    server.tell(set={"x": 1.0}, time=1_700_000_002.0, quality="INVALID")
    eventually(lambda: station.x.alarm.severity is Severity.INVALID, "the quality INVALID")
    server.tell(set={"x": 1.5}, time=1_700_000_003.0, quality="CHANGING")
    eventually(lambda: station.x.value == 1.5 and station.x.alarm.severity is Severity.NONE, "healed")


def test_events_are_followed_without_reading(process: Process, server: TangoProgram) -> None:
    class Slow(Device):
        x = Attribute(VDouble(), source=Tango(f"{server.device}/x", period=3600.0))
        polled = Attribute(VInt(), source=Tango(f"{server.device}/polled", period=3600.0))

    slow = Slow("SLOW")
    process.add(slow)
    eventually(lambda: severities(slow) == {Severity.NONE}, "connected")
    server.tell(set={"polled": 5})
    eventually(lambda: slow.polled.value == 5, "an event of the server's own polling")
    server.tell(push={"x": 3.5})
    eventually(lambda: slow.x.value == 3.5, "an event that the device pushed")
    server.tell(burst=500)
    eventually(lambda: slow.x.value == 0.499, "the last of a burst of one a millisecond")


@both
def test_a_change_of_configuration_is_followed(station: Station, server: TangoProgram) -> None:
    server.tell(unit="um")
    eventually(lambda: station.x.vtype.units == "um", "the new unit")  # type: ignore[attr-defined]  # VDouble's
    assert station.x.value == 1.0 and station.x.alarm.severity is Severity.NONE


@both
def test_what_the_attribute_cannot_hold_is_refused(process: Process, server: TangoProgram) -> None:
    """Rule 31: lossless or refused."""

    class Loose(Device):
        count = Attribute(VDouble(), source=Tango(f"{server.device}/count"))
        text = Attribute(VString(), source=Tango(f"{server.device}/text"))
        door = Attribute(VEnum(), source=Tango(f"{server.device}/door"))
        wave = Attribute(VArray(VString()), source=Tango(f"{server.device}/wave"))
        nope = Attribute(VDouble(), source=Tango(f"{server.device}/nope"))
        broken = Attribute(VDouble(), source=Tango(f"{server.device}/broken"))

    loose = Loose("LOOSE")
    process.add(loose)
    eventually(lambda: loose.count.alarm.severity is Severity.NONE and "OPEN" in loose.door.value, "connected")
    view = process.view("LOOSE")
    with pytest.raises(BadValue, match=r"LOOSE.count: .*expected an integer .*got 1.5"):
        view.count = 1.5
    with pytest.raises(BadValue, match="Latin-1"):
        view.text = "π"
    with pytest.raises(NotWriteable, match="read-only"):
        view.door = "CLOSE"
    assert server.tell(wrote=True) == []
    eventually(lambda: "expected an attribute for VArray" in loose.wave.alarm.message, "the reason")
    eventually(lambda: "not found" in loose.nope.alarm.message, "the reason")
    eventually(lambda: "no sensor" in loose.broken.alarm.message, "the device's own error")


@both
def test_limits_are_the_devices_and_a_refusal_is_in_its_words(
    station: Station, process: Process, server: TangoProgram
) -> None:
    view = process.view("STATION")
    with pytest.raises(BadValue, match="expected a value from -5 to 5 mm"):
        view.x = 6.0
    server.tell(set={"broken": "x"})
    with pytest.raises(DeviceFailed, match=r"STATION.x: .*x is stuck"):
        view.x = 1.5


@both
def test_a_server_that_dies_and_comes_back_another(process: Process, server: TangoProgram) -> None:
    three = Three("THREE", server.device)
    process.add(three)
    view = process.view("THREE")
    eventually(lambda: severities(three) == {Severity.NONE}, "connected")
    server.kill()
    eventually(lambda: severities(three) == {Severity.INVALID}, "all INVALID", 5.0)
    assert f"{DEVICE}#dbase=no: cannot be reached" in three.x.alarm.message
    assert (view.x, view.mode) == (1.0, "fast"), "the last values stay"
    began = time.monotonic()
    with pytest.raises(
        Disconnected, match=r"expected a device that is there, got one that is not: .*cannot be reached"
    ):
        view.x = 1.0
    assert time.monotonic() - began < 1.0
    server.start("other")
    eventually(lambda: three.x.alarm.severity is three.mode.alarm.severity is Severity.NONE, "healed", 8.0)
    assert (view.x, view.mode) == (40.0, "text")
    assert three.x.vtype == VDouble(units="um"), "nothing is left of before"
    eventually(lambda: "expected an attribute for VArray" in three.wave.alarm.message, "the reason")
    view.x = 41.0
    eventually(lambda: view.x == 41.0, "the write")
    server.kill()
    server.start()
    eventually(lambda: severities(three) == {Severity.NONE}, "healed again, the array too", 8.0)
    assert view.wave.tolist() == [1.0, 2.0]
    server.tell(set={"x": 2.0}, push={"count": 1})
    eventually(lambda: view.x == 2.0, "followed again, by reading as long as no event has come")


def test_a_device_that_is_not_there_says_why(process: Process) -> None:
    class Lone(Device):
        it = TangoAttribute(VDouble(), "tango://127.0.0.1:1/a/b/c#dbase=no/it")

    lone = Lone("LONE")
    process.add(lone)
    assert lone.it.alarm.severity is Severity.INVALID, "rule 7"
    eventually(lambda: "Failed to connect to device a/b/c" in lone.it.alarm.message, "the reason")
    with pytest.raises(Disconnected):
        process.view("LONE").it = 1.0


def test_simulated_it_needs_no_server(process: Process) -> None:
    station = Station("STATION", "no/such/device")
    process.add(station, simulate=True)
    process.view("STATION").x = 1.5
    assert station.x.value == 1.5 and station.x.alarm.severity is Severity.NONE
