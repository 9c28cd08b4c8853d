"""PVs of a real IOC: values, metadata, alarm, time stamp, completion."""

from __future__ import annotations

import gc
import json
import logging
import math
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest

from macduff import (
    PV,
    Attribute,
    BadValue,
    Device,
    Disconnected,
    NotWriteable,
    Process,
    PVAttribute,
    Severity,
    TimedOut,
    VAction,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VFloat,
    VInt,
    VString,
    VTable,
    VType,
)
from macduff.sources.ca import library
from macduff.values import AlarmStatus
from tests.support import eventually, random_name
from tests.system.ioc import Ioc, channel_access
from tests.system.sources.conftest import on_all_backends

RECORDS = Path(__file__).with_name("records.db")


@pytest.fixture(scope="module")
def prefix() -> Iterator[str]:
    """The prefix of the records of an IOC that all tests here share."""
    name = random_name() + ":"
    with channel_access() as (port,), Ioc(RECORDS, port, f"P={name}"):
        yield name


def connected(attribute: Attribute[Any]) -> bool:
    return attribute.alarm.message != "never connected"


def type_of(attribute: Attribute[Any]) -> Any:
    """Its VType, whichever that is."""
    return attribute.vtype


def device_with(process: Process, attributes: dict[str, Attribute[Any]], wait: bool = True) -> Device:
    """A device with these attributes, once all have a value."""
    device = Device(random_name("DEV"))
    for name, attribute in attributes.items():
        device.add_attribute(name, attribute)
    process.add(device)
    if wait:
        eventually(lambda: all(connected(device.attributes[name]) for name in attributes), "all connected")
    return device


def one(process: Process, vtype: VType[Any], source: PV, wait: bool = True) -> tuple[Attribute[Any], Any]:
    """One attribute, and a function that puts it from outside."""
    device = device_with(process, {"it": Attribute(vtype, source=source)}, wait)
    view = process.view(device.name)
    return device.attributes["it"], lambda value, **how: view.put(it=value, **how)


class Mode(Enum):
    SLOW = "Slow"
    FAST = "Fast"
    IDLE = "Idle"


@pytest.mark.parametrize(
    ("record", "vtype", "values"),
    [
        ("PLAIN", VDouble(), [0.1, -3.0, 1e300, math.inf]),
        ("PLAIN", VFloat(), [0.5]),
        ("PLAIN", VInt(), [3]),
        ("LONG", VInt(), [-(2**31), 12]),
        ("LONG", VDouble(), [4.0]),
        ("INT64", VInt(), [2**53, 1]),
        ("BO", VBool(), [True, False]),
        ("BO", VEnum(), ["On", "Off"]),
        ("BO", VInt(), [1, 0]),
        ("LONG", VBool(), [True, False]),
        ("MODE", VEnum(), ["Fast", "Idle"]),
        ("MODE", VEnum(Mode), [Mode.FAST, Mode.IDLE]),
        ("MODE", VString(), ["Fast", "Idle"]),
        ("TEXT", VString(), ["µ" * 19, ""]),
        ("TEXT.DESC$", VString(), ["a description"]),
        ("LONGTEXT", VString(), ["x" * 300, "long " * 20, "é"]),
        ("LSO.VAL$", VString(), ["y" * 200, "short"]),
        ("PLAIN.DESC", VString(), ["Å"]),
        ("DOUBLES", VArray("float64"), [[1.5, math.nan, -2.0], [0.0] * 10]),
        ("FLOATS", VArray("float32"), [[1.5, 2.5]]),
        ("SHORTS", VArray("int16"), [[1, -2, 3]]),
        ("SHORTS", VArray(VBool()), [[True, False]]),
        ("SHORTS", VArray(VEnum(["a", "b"])), [("a", "b", "a")]),
        ("BYTES", VArray("uint8"), [[0, 255]]),
        ("CHARS", VArray("int8"), [[-1, 127]]),
        ("STRINGS", VArray(VString()), [("a", "b", "c"), ("d",)]),
        ("ONE", VArray("float64"), [[4.0]]),
        ("IMAGE", VArray("uint16", shape=(2, 3)), [[[1, 2, 3], [4, 5, 6]]]),
    ],
)
def test_what_is_put_comes_back(
    process: Process, prefix: str, record: str, vtype: VType[Any], values: list[Any]
) -> None:
    attribute, put = one(process, vtype, PV(prefix + record))
    for value in values:
        put(value, readback=True, timeout=5.0)
        assert attribute.vtype.equal(attribute.value, attribute.vtype.validate(value))
        assert attribute.alarm.severity is not Severity.INVALID


@pytest.mark.parametrize(
    ("record", "vtype", "value", "message"),
    [
        ("LONG", VInt(), 2**31, "an integer from -2147483648 to 2147483647"),
        ("LONG", VDouble(), 1.5, "an integer"),
        ("INT64", VInt(), 2**53 + 1, "holds exactly"),
        ("TEXT", VString(), "x" * 40, "at most 39 bytes"),
        ("LONGTEXT", VString(), "x" * 301, "at most 300 bytes"),
        ("MODE", VString(), "Faster", "one of Slow, Fast, Idle"),
        ("MODE", VEnum(), "Faster", "Slow"),
        ("DOUBLES", VArray("float64"), [0.0] * 11, "1 to 10 elements"),
        ("DOUBLES", VArray("int64"), [2**53 + 1], "hold exactly"),
        ("SHORTS", VArray("int32"), [40000], "int16"),
        ("FLOATS", VArray("float64"), [1e300], "float32"),
        ("STRINGS", VArray(VString()), ["x" * 40], "at most 39 bytes"),
    ],
)
def test_what_the_pv_cannot_hold_is_refused(
    process: Process, prefix: str, record: str, vtype: VType[Any], value: Any, message: str
) -> None:
    """Rule 31: lossless or refused; the server would cut or wrap without a word."""
    attribute, put = one(process, vtype, PV(prefix + record))
    before = attribute.reading
    with pytest.raises(BadValue, match=message):
        put(value)
    assert attribute.reading == before or isinstance(before.value, np.ndarray)


def test_metadata_is_the_pvs(process: Process, prefix: str) -> None:
    declared = VDouble(units="m", precision=1, control=(0, 1), description="kept")
    ao, put = one(process, declared, PV(prefix + "AO"))
    vtype = ao.vtype
    assert vtype == VDouble(
        units="mm", precision=3, display=(-12, 12), control=(-10, 10), warning=(None, 8), alarm=(None, 9),
        description="kept",
    )  # fmt: skip
    with pytest.raises(BadValue, match="-10 to 10 mm"):
        put(11.0)
    plain, _ = one(process, VDouble(units="furlong", precision=2, control=(0, 9)), PV(prefix + "PLAIN"))
    assert type_of(plain).units == "furlong"  # the PV has none
    assert type_of(plain).control == (0, 9)
    counts, _ = one(process, VInt(), PV(prefix + "LONG"))
    assert counts.vtype == VInt(units="counts", alarm=(None, 100))
    array, _ = one(process, VArray("float64"), PV(prefix + "DOUBLES"))
    assert (type_of(array).units, type_of(array).precision) == ("V", 2)
    mode, _ = one(process, VEnum(["other"]), PV(prefix + "MODE"))
    assert type_of(mode).labels == ("Slow", "Fast", "Idle")


def test_metadata_that_changes_is_followed(process: Process, prefix: str) -> None:
    device = device_with(
        process,
        {
            "ao": PVAttribute(VDouble(), prefix + "AO"),
            "high": PVAttribute(VDouble(), prefix + "AO.DRVH"),
            "mode": PVAttribute(VEnum(), prefix + "MODE"),
            "name_of_fast": PVAttribute(VString(), prefix + "MODE.ONST"),
        },
    )
    view = process.view(device.name)
    view.mode = "Fast"
    view.put(high=20.0, name_of_fast="Swift")
    eventually(lambda: type_of(device.attributes["ao"]).control == (-10, 20), "the new limit")
    eventually(lambda: type_of(device.attributes["mode"]).labels == ("Slow", "Swift", "Idle"), "the new label")
    eventually(lambda: device.attributes["mode"].value == "Swift", "the value under its new name")
    view.put(high=10.0, name_of_fast="Fast")
    eventually(lambda: type_of(device.attributes["mode"]).labels[1] == "Fast", "the old label")


def seen_by_another(pv: str) -> dict[str, Any]:
    """Alarm and time stamp as another client in another process sees them."""
    program = (
        "import asyncio, json, sys, aioca\n"
        "async def main():\n"
        "    value = await aioca.caget(sys.argv[1], format=aioca.FORMAT_TIME)\n"
        "    seconds, nanoseconds = value.raw_stamp\n"
        "    stamp = seconds * 10**9 + nanoseconds\n"
        "    print(json.dumps(dict(severity=value.severity, status=value.status, time=stamp)))\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program, pv], capture_output=True, text=True, timeout=20, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_alarm_and_time_are_the_iocs(process: Process, prefix: str) -> None:
    device = device_with(
        process,
        {
            "ao": PVAttribute(VDouble(), prefix + "AO"),
            "early": PVAttribute(VDouble(), prefix + "EARLY"),
            "late": PVAttribute(VInt(), prefix + "LATE"),
            "count": PVAttribute(VInt(), prefix + "LONG"),
            "never": PVAttribute(VDouble(), prefix + "NEVER"),
            "mode": PVAttribute(VEnum(Mode), prefix + "MODE"),
        },
    )
    view, attributes = process.view(device.name), device.attributes
    for value, severity, word in (
        (8.5, Severity.MINOR, "HIGH"),
        (9.5, Severity.MAJOR, "HIHI"),
        (1.0, Severity.NONE, ""),
    ):
        view.put(ao=value, readback=True)
        reading, theirs = attributes["ao"].reading, seen_by_another(prefix + "AO")
        assert (reading.alarm.severity, reading.alarm.message) == (severity, word)
        assert reading.alarm.status is (AlarmStatus.DEVICE if word else AlarmStatus.NONE)
        assert (int(reading.alarm.severity), reading.time) == (theirs["severity"], theirs["time"])
    # LATE has the time of EARLY: the stamp is the server's choice, not the moment of arrival.
    view.put(early=2.0, readback=True)
    stamp = attributes["early"].time
    view.put(count=attributes["count"].value + 1, readback=True)
    eventually(lambda: attributes["late"].value == attributes["count"].value, "the update")
    assert attributes["late"].time == stamp < attributes["count"].time
    # A record that was never processed is INVALID for the IOC, and has no time of its own.
    never = attributes["never"].reading
    assert (never.alarm.severity, never.alarm.message) == (Severity.INVALID, "UDF")
    assert abs(never.time - time.time_ns()) < 60e9
    view.put(mode=Mode.FAST, readback=True)
    assert attributes["mode"].alarm[::2] == (Severity.MINOR, "STATE")


def at_rest(process: Process, prefix: str) -> None:
    """Wait until SLOW has done what it does after a put: one that comes before is done at once."""
    busy, _ = one(process, VInt(), PV(prefix + "SLOW_WAIT.DLYA", read_only=True))
    eventually(lambda: busy.value == 0, "SLOW at rest")


@on_all_backends
def test_a_put_is_done_when_the_record_is(process: Process, prefix: str) -> None:
    """SLOW processes for 0.4 s."""
    attribute, put = one(process, VDouble(), PV(prefix + "SLOW"))
    _, put_and_go = one(process, VDouble(), PV(prefix + "SLOW", put_callback=False))
    _, put_in_haste = one(process, VDouble(), PV(prefix + "SLOW", timeout=0.05))
    at_rest(process, prefix)
    began = time.monotonic()
    put(attribute.value + 1.0)
    assert 0.35 < time.monotonic() - began < 3.0
    at_rest(process, prefix)
    began = time.monotonic()
    put_and_go(attribute.value + 1.0)
    assert time.monotonic() - began < 0.3
    at_rest(process, prefix)
    with pytest.raises(TimedOut, match=r"SLOW: expected the end of the put within 0.05 s"):
        put_in_haste(attribute.value + 1.0)


def test_a_second_put_does_not_wait_for_the_first(process: Process, prefix: str) -> None:
    """As when a stop follows a start; and nothing else on the same server waits either."""
    device = device_with(
        process, {"slow": PVAttribute(VDouble(), prefix + "SLOW"), "plain": PVAttribute(VDouble(), prefix + "PLAIN")}
    )
    view, ends = process.view(device.name), dict[str, float]()
    at_rest(process, prefix)
    began = time.monotonic()

    def first() -> None:
        view.slow = 10.0
        ends["first"] = time.monotonic() - began

    thread = threading.Thread(target=first, name="first")
    thread.start()
    eventually(lambda: device.attributes["slow"].value == 10.0, "the first put")
    view.slow = 11.0
    view.plain = 1.0
    ends["others"] = time.monotonic() - began
    thread.join()
    assert device.attributes["slow"].value == 11.0
    assert ends["others"] < 0.35 < ends["first"]


@on_all_backends
def test_set_point_and_readback(process: Process, prefix: str) -> None:
    device = device_with(
        process,
        {
            "current": Attribute(VDouble(units="V"), source=PV(prefix + "SET", rbv=prefix + "READ")),
            "elsewhere": PVAttribute(VDouble(), prefix + "SET"),
        },
    )
    view, current = process.view(device.name), device.attributes["current"]
    eventually(lambda: type_of(current).control is not None, "the limits of the set point")
    view.current = 3.7
    assert current.setpoint == 3.7
    eventually(lambda: current.value == 3.0, "the readback")
    assert current.vtype == VDouble(units="A", precision=1, control=(0, 5), warning=(None, 4))
    eventually(lambda: view.elsewhere == 3.7, "the set point elsewhere")
    view.elsewhere = 4.2  # as if by another client
    eventually(lambda: (current.setpoint, current.value) == (4.2, 4.0), "both follow")
    with pytest.raises(BadValue, match="0 to 5"):
        view.current = 6.0


def test_a_set_point_just_asked_for_stays_asked_for(process: Process, prefix: str) -> None:
    """Updates that left the server before the put do not take it back, not even for a moment."""
    device = device_with(process, {"count": PVAttribute(VInt(), prefix + "COUNT")})
    count = device.attributes["count"]
    queue: SimpleQueue[Any] = SimpleQueue()
    process.listen(queue, device.name, "count", every=True)
    view = process.view(device.name)
    for n in range(1, 101):
        view.count = n
        assert count.setpoint == n
    eventually(lambda: count.value == 100, "the last one")
    setpoints: list[Any] = []
    values: list[Any] = []
    while not queue.empty():
        for name, change in queue.get()[2].items():
            (setpoints if name == "count.setpoint" else values).append(change)
    assert setpoints == sorted(setpoints)
    assert [reading.value for reading in values] == list(range(1, 101))  # every update came, in order


def test_read_only(process: Process, prefix: str) -> None:
    attribute, put = one(process, VDouble(), PV(prefix + "AO", read_only=True))
    assert not attribute.writable
    with pytest.raises(NotWriteable):
        put(1.0)


def test_an_action_is_a_button(process: Process, prefix: str) -> None:
    device = device_with(
        process,
        {
            "press": PVAttribute(VAction(), prefix + "BUTTON.PROC"),
            "pressed": PVAttribute(VInt(), prefix + "PRESSED", read_only=True),
        },
    )
    before = device.attributes["pressed"].value
    process.view(device.name).press = None
    eventually(lambda: device.attributes["pressed"].value == before + 1, "pressed")


def test_a_pv_of_another_kind_is_invalid_with_the_reason(process: Process, prefix: str) -> None:
    text, _ = one(process, VDouble(), PV(prefix + "TEXT"))
    assert text.alarm.severity is Severity.INVALID
    assert text.alarm.message.endswith("TEXT (string): expected a PV for VDouble, got one that cannot be")
    many, _ = one(process, VBool(), PV(prefix + "LONG"))
    assert many.alarm.severity is Severity.INVALID or many.value in (0, 1)
    with pytest.raises(TypeError, match="got VTable"):
        one(process, VTable({"a": VArray("float64")}), PV(prefix + "AO"))


def test_a_pv_that_is_nowhere(process: Process, prefix: str) -> None:
    """Rule 7: the type's zero, INVALID, never connected; a put fails at once."""
    attribute, put = one(process, VDouble(), PV(prefix + "NOWHERE"), wait=False)
    began = time.monotonic()
    with pytest.raises(Disconnected, match="NOWHERE: expected a connected PV"):
        put(1.0)
    assert time.monotonic() - began < 1.0
    assert attribute.reading[:2] == (0.0, (Severity.INVALID, AlarmStatus.UNDEFINED, "never connected"))


def test_with_the_last_pv_all_of_channel_access_ends(prefix: str, caplog: pytest.LogCaptureFixture) -> None:
    context = library.load()._catools._Context
    with Process() as process:
        attribute, _ = one(process, VDouble(), PV(prefix + "AO"))
        assert sum(thread.name == "macduff ca" for thread in threading.enumerate()) == 1
        other, _ = one(process, VDouble(), PV(prefix + "PLAIN"))
        process.remove(other._device.name)
        assert sum(thread.name == "macduff ca" for thread in threading.enumerate()) == 1
        assert connected(attribute)
    eventually(lambda: not any(thread.name == "macduff ca" for thread in threading.enumerate()), "no thread")
    assert context._ca_context is None
    with Process() as process:
        many = {f"a{n}": PVAttribute(VDouble(), prefix + "AO") for n in range(50)}
        device_with(process, many)
    eventually(lambda: not any(thread.name == "macduff ca" for thread in threading.enumerate()), "no thread")
    gc.collect()
    assert not [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_missing_extra_says_how_to_install_it(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aioca", None)
    with pytest.raises(Exception, match=r"pip install 'macduff\[ca\]'"):
        one(process, VDouble(), PV("X"))


def test_importing_sources_imports_no_control_system() -> None:
    program = "import sys, macduff.sources; print([n for n in ('aioca', 'epicscorelibs') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
