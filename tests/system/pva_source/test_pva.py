"""Attributes from PVs over PVAccess, of a p4p server in another process."""

from __future__ import annotations

import threading
import time
from enum import Enum
from typing import cast

import numpy as np
import pytest

from macduff import (
    Attribute,
    BadValue,
    Device,
    DeviceFailed,
    Disconnected,
    Process,
    Pva,
    PvaAttribute,
    Severity,
    TimedOut,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VInt,
    VMap,
    VString,
    VTable,
)
from macduff.sources.pva.binding import PvaBinding
from macduff.values import Alarm, AlarmStatus
from tests.support import eventually
from tests.system.pva_source.server import PvaProgram


class Mode(Enum):
    SLOW = "slow"
    FAST = "fast"


class Station(Device):
    """One PV of each sort."""

    x = PvaAttribute(VDouble(), "{prefix}X", "What is asked for", rbv_suffix="_RBV")
    setpoint = Attribute(VDouble(), source=Pva("{prefix}X"))
    i = PvaAttribute(VInt(32), "{prefix}I")
    flag = PvaAttribute(VBool(), "{prefix}FLAG")
    text = PvaAttribute(VString(), "{prefix}TEXT")
    mode = PvaAttribute(VEnum(), "{prefix}MODE")
    member = PvaAttribute(VEnum(Mode), "{prefix}MODE")
    wave = PvaAttribute(VArray("float64"), "{prefix}WAVE")
    names = PvaAttribute(VArray(VString()), "{prefix}NAMES")
    long = PvaAttribute(VString(), "{prefix}LONG")
    table = PvaAttribute(VTable({"x": VDouble(), "name": VString()}), "{prefix}TABLE")
    image = PvaAttribute(VArray("uint16", ndim=2), "{prefix}IMAGE", read_only=True)
    point = PvaAttribute(VMap({"x": VDouble(), "label": VString(), "path": VArray("float64")}), "{prefix}POINT")
    group = PvaAttribute(VMap({"a": VDouble(), "b": VDouble()}), "{prefix}GROUP")
    quick = PvaAttribute(VDouble(), "{prefix}X", timeout=0.2)

    def __init__(self, name: str, prefix: str) -> None:
        super().__init__(name)


class Three(Device):
    """What the program has under these names also when it comes back another."""

    x = PvaAttribute(VDouble(), "{prefix}X")
    mode = PvaAttribute(VEnum(), "{prefix}MODE")
    wave = PvaAttribute(VArray("float64"), "{prefix}WAVE")

    def __init__(self, name: str, prefix: str) -> None:
        super().__init__(name)


def severities(device: Device) -> set[Severity]:
    return {attribute.alarm.severity for attribute in device.attributes.values() if attribute.source is not None}


@pytest.fixture
def station(process: Process, server: PvaProgram) -> Station:
    station = Station("STATION", server.prefix)
    process.add(station)
    eventually(lambda: Severity.INVALID not in severities(station), "all connected", 10.0)
    return station


def test_values_of_every_type_with_what_the_pv_tells_of_them(station: Station) -> None:
    assert (station.x.value, station.x.setpoint, station.setpoint.value) == (2.5, 3.0, 3.0)
    assert station.x.alarm == Alarm(Severity.MINOR, AlarmStatus.DEVICE, "near")
    assert station.x.time == 1_700_000_000_250_000_000, "the time stamp is the source's"
    assert station.x.vtype == VDouble(units="mm", precision=3, display=(-10, 10), control=(0, 5), warning=(-4, 4))
    assert (station.i.value, station.flag.value, station.text.value) == (7, True, "käse")
    assert (station.mode.value, station.mode.vtype.labels) == ("fast", ("slow", "fast"))  # type: ignore[attr-defined]  # VEnum's
    assert station.member.value is Mode.FAST
    assert station.wave.value.tolist() == [1.0, 2.0] and not station.wave.value.flags.writeable
    assert station.names.value == ("a", "b") and station.long.value == "long text"
    assert station.table.value.row(1) == {"x": 2.0, "name": "two"}
    assert station.image.value.tolist() == np.arange(12).reshape(3, 4).tolist(), "rows and columns as they were"
    assert (station.point.value["x"], station.point.value["label"]) == (1.5, "p")
    assert dict(station.group.value) == {"a": 4.0, "b": 0.0}, "a group of PVs is a map of their values"


def test_puts_arrive_whole_and_are_done_when_the_server_says(
    station: Station, process: Process, server: PvaProgram
) -> None:
    view = process.view("STATION")
    view.x = 4.0
    eventually(lambda: station.setpoint.value == 4.0, "the put seen by the other attribute of the same PV")
    view.put(i=-3, flag=False, text="né", mode="slow", names=["x"], long="other", wave=[3.0], readback=True)
    assert server.tell(took="MODE") == ["0"] and server.tell(took="I") == ["-3"]
    assert (station.text.value, station.long.value) == ("né", "other")
    view.table = {"x": [5.0], "name": ["five"]}
    view.point = {"x": 2.0, "label": "q", "path": [1.0]}
    view.group = {"a": 1.0, "b": 2.0}
    eventually(lambda: dict(station.group.value) == {"a": 1.0, "b": 2.0}, "the group")
    eventually(lambda: station.table.value.row_count == 1 and station.point.value["label"] == "q", "the structures")


def test_what_the_pv_cannot_hold_is_refused_and_not_made_to_fit(process: Process, server: PvaProgram) -> None:
    """Rules 31, 32: p4p itself would write 1 for 1.5 and 0 for 2**40."""

    class Loose(Device):
        i = Attribute(VDouble(), source=Pva(f"{server.prefix}I"))
        big = Attribute(VInt(), source=Pva(f"{server.prefix}I"))
        names = Attribute(VArray(VString()), source=Pva(f"{server.prefix}WAVE"))

    loose = Loose("LOOSE")
    process.add(loose)
    eventually(lambda: loose.i.alarm.severity is Severity.NONE, "connected")
    view = process.view("LOOSE")
    with pytest.raises(BadValue, match=r"LOOSE.i: .*expected an integer .*got 1.5"):
        view.i = 1.5
    with pytest.raises(BadValue, match="expected an integer"):
        view.big = 2**40
    assert server.tell(took="I") == []
    eventually(lambda: "expected a PV for VArray, got one that cannot be" in loose.names.alarm.message, "the reason")


def test_control_limits_are_the_pvs_and_a_refusal_is_in_its_words(
    station: Station, process: Process, server: PvaProgram
) -> None:
    view = process.view("STATION")
    with pytest.raises(BadValue, match="expected a value from 0 to 5 mm"):
        view.x = 6.0
    server.tell(refuse={"X": "the motor is off"})
    with pytest.raises(DeviceFailed, match=r"STATION.x: .*the motor is off"):
        view.x = 1.0
    eventually(lambda: station.x.setpoint == 3.0, "the set point that is")


def test_a_put_waits_for_the_server_and_no_longer_than_told(
    station: Station, process: Process, server: PvaProgram
) -> None:
    view = process.view("STATION")
    server.tell(hold={"X": True})
    began = time.monotonic()
    with pytest.raises(TimedOut, match=r"STATION.quick: .*within 0.2 s"):
        view.quick = 1.0
    assert time.monotonic() - began < 2.0
    done = threading.Event()

    def put() -> None:
        view.x = 2.0
        done.set()

    putting = threading.Thread(target=put, name="putting")
    putting.start()
    assert not done.wait(0.2), "not done before the server says so"
    server.tell(hold={"X": False})
    assert done.wait(5.0)
    putting.join()


def test_metadata_and_labels_are_followed(station: Station, server: PvaProgram) -> None:
    server.tell(post={"X_RBV": {"display.units": "um"}, "X": {"control.limitHigh": 7}})
    eventually(lambda: station.x.vtype.units == "um" and station.x.vtype.control == (0, 7), "new units and limits")  # type: ignore[attr-defined]  # VDouble's
    assert station.x.value == 2.5
    server.tell(post={"MODE": {"index": 2, "choices": ["a", "b", "c"]}})
    eventually(lambda: station.mode.value == "c", "new labels")
    assert station.mode.vtype.labels == ("a", "b", "c")  # type: ignore[attr-defined]  # VEnum's
    eventually(lambda: station.member.alarm.severity is Severity.INVALID, "a label that the Enum class has not")


def test_every_update_is_taken_in_order(station: Station, process: Process, server: PvaProgram) -> None:
    class Inbox:
        def __init__(self) -> None:
            self.values: list[float] = []

        def put(self, item: tuple[object, ...]) -> None:
            if len(item) > 3 and isinstance(item[2], dict) and "setpoint" in item[2]:
                self.values.append(item[2]["setpoint"].value)

    inbox = Inbox()
    listener = process.listen(inbox, "STATION", "setpoint", every=True)
    server.tell(burst=["X"])
    eventually(lambda: inbox.values[-1:] == [199.0], "the last of the burst")
    assert inbox.values == [float(number) for number in range(200)]
    process.unlisten(listener)


def test_images_of_another_type_and_none_that_would_be_wrong(station: Station, server: PvaProgram) -> None:
    server.tell(post={"IMAGE": {"pixels": [[1, 2], [3, 4]], "dtype": "uint8"}})
    eventually(lambda: station.image.value.tolist() == [[1, 2], [3, 4]], "bytes fit into 16 bits")
    assert station.image.value.dtype == np.uint16
    server.tell(post={"IMAGE": {"pixels": [[1.5]], "dtype": "float64"}})
    eventually(lambda: station.image.alarm.severity is Severity.INVALID, "a fraction is no integer")
    assert station.image.value.tolist() == [[1, 2], [3, 4]], "the last good one stays"


def test_large_images_do_not_wait_by_the_thousand(station: Station, process: Process, server: PvaProgram) -> None:
    class Inbox:
        def __init__(self) -> None:
            self.sizes: list[int] = []
            self.worst = Severity.NONE

        def put(self, item: tuple[object, ...]) -> None:
            if len(item) > 3 and isinstance(item[2], dict) and "image" in item[2]:
                self.sizes.append(item[2]["image"].value.size)
                self.worst = max(self.worst, item[2]["image"].alarm.severity)

    inbox, binding = Inbox(), cast("PvaBinding", station.image._binding)
    listener = process.listen(inbox, "STATION", "image", every=True)
    server.tell(large=2000)
    eventually(lambda: inbox.sizes[-1:] == [2000 * 2000], "the large image")
    eventually(lambda: binding._links[0]._queue == 4, "room for four")
    server.tell(post={"IMAGE": {"pixels": [[1, 2], [3, 4]], "dtype": "uint8"}})
    eventually(lambda: inbox.sizes[-1:] == [4], "those that follow")
    assert inbox.worst is Severity.NONE
    process.unlisten(listener)


def test_a_server_that_dies_and_comes_back_another(process: Process, server: PvaProgram) -> None:
    three = Three("THREE", server.prefix)
    process.add(three)
    view = process.view("THREE")
    eventually(lambda: severities(three) == {Severity.NONE}, "connected")
    server.kill()
    eventually(lambda: severities(three) == {Severity.INVALID}, "all INVALID", 5.0)
    assert three.x.alarm.message == f"{server.prefix}X: disconnected"
    assert (view.x, view.mode) == (3.0, "fast"), "the last values stay"
    began = time.monotonic()
    with pytest.raises(Disconnected, match=f"{server.prefix}X: expected a connected PV"):
        view.x = 1.0
    assert time.monotonic() - began < 1.0
    server.start("other")
    eventually(lambda: three.x.alarm.severity is three.mode.alarm.severity is Severity.NONE, "healed", 20.0)
    assert (view.x, view.mode) == (40.0, "c")
    assert three.x.vtype == VDouble(units="um"), "nothing is left of before"
    eventually(lambda: "expected a PV for VArray, got one that cannot be" in three.wave.alarm.message, "the reason")
    view.x = 41.0
    eventually(lambda: view.x == 41.0, "the put")
    with pytest.raises(BadValue, match="expected an integer"):
        view.x = 41.5
    server.kill()
    server.start()
    eventually(lambda: severities(three) == {Severity.NONE}, "healed again, the array too", 20.0)
    assert view.wave.tolist() == [1.0, 2.0]


def test_a_put_ends_when_the_server_does(station: Station, process: Process, server: PvaProgram) -> None:
    server.tell(hold={"X": True})
    errors: list[BaseException] = []

    def put() -> None:
        try:
            process.view("STATION").x = 1.0
        except Disconnected as error:
            errors.append(error)

    putting = threading.Thread(target=put, name="putting")
    putting.start()
    eventually(lambda: station.x.setpoint == 1.0, "the put under way")
    server.kill()
    putting.join(5.0)
    assert len(errors) == 1 and "expected the end of the put, got disconnected" in str(errors[0])
    server.start()
    eventually(lambda: Severity.INVALID not in severities(station), "healed", 20.0)
    assert server.tell(took="X") == [], "a put is not sent again"


def test_a_pv_that_is_not_there_says_never_connected(process: Process, server: PvaProgram) -> None:
    """Rule 7."""

    class Lone(Device):
        it = PvaAttribute(VDouble(), "no:such:pv")

    lone = Lone("LONE")
    process.add(lone)
    assert (lone.it.value, lone.it.alarm.severity, lone.it.alarm.message) == (0.0, Severity.INVALID, "never connected")
    with pytest.raises(Disconnected):
        process.view("LONE").it = 1.0


def test_simulated_it_needs_no_server(process: Process) -> None:
    station = Station("STATION", "nowhere:")
    process.add(station, simulate=True)
    process.view("STATION").x = 1.5
    assert station.x.value == 1.5 and station.x.alarm.severity is Severity.NONE
