"""The `ca` device: PVs by name, from an allow-list, gone when nobody listens (rule 39)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from macduff import CaDevice, Device, NotFound, NotWriteable, Process, Severity, VArray, VDouble, VEnum, VInt
from macduff import VString as VText
from macduff.errors import Refused
from macduff.sources.ca.device import attribute_name
from tests.support import eventually, random_name
from tests.system.ioc import Ioc, channel_access

RECORDS = Path(__file__).with_name("records.db")


@pytest.fixture(scope="module")
def prefix() -> Iterator[str]:
    name = random_name() + ":"
    with channel_access() as (port,), Ioc(RECORDS, port, f"P={name}"):
        yield name


def test_pvs_become_attributes_of_their_own_types(process: Process, prefix: str) -> None:
    process.add(CaDevice(allow=[prefix + "*"]))
    view = process.view("ca")
    names = {
        pv: view.open(prefix + pv) for pv in ("AO", "LONG", "MODE", "TEXT", "DOUBLES", "STRINGS", "BYTES", "AO.DESC$")
    }
    attributes = process.devices["ca"].attributes
    types: dict[str, Any] = {pv: attributes[name].vtype for pv, name in names.items()}
    assert isinstance(types["AO"], VDouble) and types["AO"].units == "mm"
    assert types["LONG"].replace(units="", alarm=None) == VInt(32)
    assert types["MODE"] == VEnum(["Slow", "Fast", "Idle"])
    assert types["TEXT"] == types["AO.DESC$"] == VText()
    assert isinstance(types["DOUBLES"], VArray) and types["DOUBLES"].dtype == "float64"
    assert (types["STRINGS"], types["BYTES"].dtype) == (VArray(VText()), "uint8")
    assert attributes[names["LONG"]].value == 7
    assert attributes[names["AO"]].description == prefix + "AO"
    assert names["AO"] == prefix.replace(":", "_") + "AO"
    assert view.open(prefix + "AO") == names["AO"]
    assert dict(zip(view.pvs["pv"], view.pvs["attribute"], strict=True))[prefix + "AO"] == names["AO"]
    assert all(attributes[name].alarm.severity is not Severity.INVALID or pv == "BYTES" or pv == "DOUBLES"
               or pv == "STRINGS" for pv, name in names.items())  # fmt: skip
    view.close(prefix + "AO")
    assert names["AO"] not in process.devices["ca"].attributes and prefix + "AO" not in view.pvs["pv"]


def test_only_what_is_allowed_and_read_only_unless_told(process: Process, prefix: str) -> None:
    process.add(CaDevice("shut"))
    process.add(CaDevice("ca", allow=[prefix + "A*"], timeout=0.3))
    process.add(CaDevice("rw", allow=[prefix + "PLAIN"], writable=True))
    with pytest.raises(Refused, match="none are allowed"):
        process.view("shut").open(prefix + "AO")
    view = process.view("ca")
    with pytest.raises(Refused, match=r"or a PV that matches its patterns \(.*A\*\)"):
        view.open(prefix + "LONG")
    with pytest.raises(NotFound, match=r"found none within 0\.3 s"):
        view.open(prefix + "ABSENT")
    name = view.open(prefix + "AO")
    with pytest.raises(NotWriteable):
        setattr(view, name, 1.0)
    writing = process.view("rw")
    name = writing.open(prefix + "PLAIN")
    setattr(writing, name, 4.0)
    eventually(lambda: getattr(writing, name) == 4.0, "what was put")


def test_an_attribute_leaves_when_nobody_listens(process: Process, prefix: str) -> None:
    process.add(CaDevice("ca", allow=["*"], linger=0.2))
    device, view = process.devices["ca"], process.view("ca")
    kept, left = view.open(prefix + "AO"), view.open(prefix + "LONG")
    queue: SimpleQueue[Any] = SimpleQueue()
    listener = process.listen(queue, "ca", kept, initial_value=True)
    eventually(lambda: left not in device.attributes, "the one without a listener left")
    assert kept in device.attributes and device.attributes[kept].value == 1.5
    process.unlisten(listener)
    eventually(lambda: kept not in device.attributes, "the other left too")
    eventually(lambda: view.pvs["pv"] == (), "an empty table")
    assert view.open(prefix + "AO") == kept


def test_names_that_every_protocol_can_bear() -> None:
    device = Device("X")
    assert attribute_name("BL01:X.RBV", device.fields) == "BL01_X_RBV_"
    assert attribute_name("XF:23{Det:1}T-I", device.fields) == "XF_23_Det_1_T_I"
    assert attribute_name("1:X", device.fields) == "pv_1_X"
    assert attribute_name("state", device.fields) == "state_"
    assert attribute_name("pvs", device.fields) == "pvs_"
    assert attribute_name("a:b", ["A_B"]) == "a_b_2"


def test_simulated(process: Process) -> None:
    process.add(CaDevice(allow=["*"], writable=True), simulate=True)
    view = process.view("ca")
    name = view.open("BL01:X")
    setattr(view, name, 2.0)
    assert getattr(view, name) == 2.0
