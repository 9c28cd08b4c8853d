"""What a value of PVAccess says of its PV, and both ways between its values and ours; nothing is sent."""

from __future__ import annotations

import math
from enum import Enum
from typing import Any

import numpy as np
import pytest
from p4p import Type, Value
from p4p.nt import NTEnum, NTNDArray, NTScalar, NTTable

from macduff.errors import BadValue, NotWriteable
from macduff.sources.facts import Facts
from macduff.sources.pva.decode import decoder
from macduff.sources.pva.encode import encode
from macduff.sources.pva.facts import facts_of, vtype_for
from macduff.sources.pva.native import Native, alarm_of, native_of, time_of
from macduff.values import (
    Alarm,
    AlarmStatus,
    Severity,
    VAction,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VFloat,
    VInt,
    VMap,
    VString,
    VTable,
    VType,
)


class Mode(Enum):
    SLOW = "slow"
    FAST = "fast"


def scalar(code: str, value: Any, **more: Any) -> Any:
    return NTScalar(code).wrap(value, **more)


MODE = NTEnum().wrap({"index": 1, "choices": ["slow", "fast"]})
SAME = NTEnum().wrap({"index": 1, "choices": ["on", "on", ""]})
TABLE = NTTable([("x", "d"), ("name", "s")]).wrap([{"x": 1.0, "name": "one"}])
IMAGE = NTNDArray().wrap(np.arange(6, dtype=np.uint16).reshape(2, 3))


@pytest.mark.parametrize(
    ("raw", "vtype", "value"),
    [
        (scalar("d", 1.5), VDouble(), 1.5),
        (scalar("f", 1.5), VFloat(), 1.5),
        (scalar("b", -1), VInt(8), -1),
        (scalar("L", 2**63), VInt(64, False), 2**63),
        (scalar("?", True), VBool(), True),
        (scalar("s", "é"), VString(), "é"),
        (MODE, VEnum(["slow", "fast"]), "fast"),
        (SAME, VEnum(["on", "on (1)", "2"]), "on (1)"),
        (scalar("ad", [1.0]), VArray("float64"), [1.0]),
        (scalar("a?", [True]), VArray("bool"), [True]),
        (scalar("as", ["a"]), VArray(VString()), ("a",)),
        (TABLE, VTable({"x": VDouble(), "name": VString()}), {"x": [1.0], "name": ("one",)}),
        (IMAGE, VArray("uint16", ndim=2), [[0, 1, 2], [3, 4, 5]]),
    ],
)
def test_every_normative_type_has_a_type_of_ours(raw: Any, vtype: VType[Any], value: Any) -> None:
    native = native_of("X", raw)
    assert vtype_for(native) == vtype
    decoded = vtype.validate(decoder(vtype, native)(raw))
    assert vtype.equal(decoded, vtype.validate(value))


@pytest.mark.parametrize(
    ("raw", "vtype", "value"),
    [
        (MODE, VEnum(Mode), Mode.FAST),
        (MODE, VBool(), True),
        (MODE, VInt(), 1),
        (MODE, VString(), "fast"),
        (scalar("i", 1), VBool(), True),
        (scalar("i", 1), VEnum(["a", "b"]), "b"),
        (scalar("s", "slow"), VEnum(Mode), Mode.SLOW),
        (scalar("i", 3), VDouble(), 3.0),
        (scalar("d", 3.0), VInt(), 3),
        (scalar("ab", np.frombuffer(b"text\0more", np.int8)), VString(), "text"),
        (scalar("aB", np.array([0, 1], np.uint8)), VArray("bool"), [False, True]),
        (scalar("ai", np.arange(6, dtype=np.int32)), VArray("int32", shape=(2, 3)), [[0, 1, 2], [3, 4, 5]]),
        (IMAGE, VArray("float64", ndim=2), [[0, 1, 2], [3, 4, 5]]),
        (scalar("d", 1.0), VAction(), None),
    ],
)
def test_what_else_may_be_declared(raw: Any, vtype: VType[Any], value: Any) -> None:
    decoded = vtype.validate(decoder(vtype, native_of("X", raw))(raw))
    assert vtype.equal(decoded, vtype.validate(value))


@pytest.mark.parametrize(
    ("raw", "vtype"),
    [
        (scalar("s", "1.5"), VDouble()),
        (scalar("d", 1.0), VString()),
        (scalar("?", True), VDouble()),
        (scalar("ad", [1.0]), VDouble()),
        (scalar("as", ["a"]), VArray("float64")),
        (scalar("ad", [1.0]), VArray(VString())),
        (TABLE, VTable({"y": VDouble()})),
        (IMAGE, VArray(VString())),
        (scalar("d", 1.0), VMap({"x": VDouble()})),
    ],
)
def test_what_cannot_be_is_said_when_connecting(raw: Any, vtype: VType[Any]) -> None:
    with pytest.raises(BadValue, match=r"X.*: expected"):
        decoder(vtype, native_of("X", raw))


def test_values_that_are_none_are_refused_by_what_is_wrong_with_them() -> None:
    native = native_of("X", MODE)
    wrong = NTEnum().wrap({"index": 7, "choices": ["slow", "fast"]})
    with pytest.raises(BadValue, match="expected a state from 0 to 1, got 7"):
        decoder(VEnum(["slow", "fast"]), native)(wrong)
    with pytest.raises(BadValue, match="expected 0 or 1, got 2"):
        decoder(VBool(), native_of("X", scalar("i", 2)))(scalar("i", 2))
    image = native_of("X", IMAGE)
    squeezed = NTNDArray().wrap(np.zeros((2, 3), np.uint8))
    squeezed["codec.name"] = "jpeg"
    with pytest.raises(BadValue, match="not compressed, got jpeg"):
        decoder(vtype_for(image), image)(squeezed)
    short = NTNDArray().wrap(np.zeros((2, 3), np.uint8))
    short["dimension"] = [{"size": 7}]
    with pytest.raises(BadValue, match="expected 7 pixels, got 6"):
        decoder(vtype_for(image), image)(short)
    empty = Value(Type(NTNDArray.buildType().aspy()[2], "epics:nt/NTNDArray:1.0"))
    with pytest.raises(BadValue, match="got none yet"):
        decoder(vtype_for(image), image)(empty)


def test_a_structure_is_a_map_and_a_group_of_pvs_too() -> None:
    inner = ("S", None, [("x", "d"), ("names", "as")])
    raw = Value(Type([("value", inner)], "macduff:nt/Map:1.0"), {"value": {"x": 1.5}})
    native = native_of("X", raw)
    assert vtype_for(native) == VMap({"x": VDouble(), "names": VArray(VString())})
    assert decoder(vtype_for(native), native)(raw) == {"x": 1.5, "names": []}
    of_pvs = ("S", "epics:nt/NTScalar:1.0", [("value", "i"), ("alarm", ("S", None, [("severity", "i")]))])
    group = Value(Type([("record", ("S", None, [("x", "d")])), ("a", of_pvs), ("b", of_pvs)]), {"b": {"value": 3}})
    native = native_of("X", group)
    assert vtype_for(native) == VMap({"a": VInt(32), "b": VInt(32)})
    assert decoder(vtype_for(native), native)(group) == {"a": 0, "b": 3}
    assert encode(vtype_for(native), {"a": 1, "b": 2}, native) == {"a.value": 1, "b.value": 2}


@pytest.mark.parametrize(
    "spec", [[("value", "v")], [("alarm", ("S", None, [("severity", "i")]))], [("a", ("U", None, [("x", "d")]))]]
)
def test_what_has_no_place_among_our_types_is_said(spec: Any) -> None:
    with pytest.raises(BadValue, match="X: expected"):
        native_of("X", Value(Type(spec)))


@pytest.mark.parametrize(
    ("vtype", "value", "raw", "members"),
    [
        (VDouble(), 3.0, scalar("i", 0), {"value": 3}),
        (VInt(), 3, scalar("d", 0), {"value": 3.0}),
        (VBool(), True, scalar("i", 0), {"value": 1}),
        (VBool(), True, MODE, {"value.index": 1}),
        (VEnum(Mode), Mode.FAST, MODE, {"value.index": 1}),
        (VEnum(["on", "on (1)", "2"]), "2", SAME, {"value.index": 2}),
        (VEnum(Mode), Mode.FAST, scalar("s", ""), {"value": "fast"}),
        (VEnum(["a", "b"]), "b", scalar("i", 0), {"value": 1}),
        (VAction(), None, scalar("?", False), {"value": True}),
        (VAction(), None, MODE, {"value.index": 1}),
        (VArray(VString()), ("a",), scalar("as", []), {"value": ["a"]}),
    ],
)
def test_what_is_sent(vtype: VType[Any], value: Any, raw: Any, members: Any) -> None:
    assert encode(vtype, value, native_of("X", raw)) == members


@pytest.mark.parametrize(
    ("vtype", "value", "raw"),
    [
        (VDouble(), 1.5, scalar("i", 0)),
        (VDouble(), math.nan, scalar("i", 0)),
        (VInt(), 300, scalar("B", 0)),
        (VInt(), 2**53 + 1, scalar("d", 0)),
        (VInt(), 2, scalar("?", False)),
        (VInt(), 2, MODE),
        (VString(), "on", MODE),
        (VString(), "text", scalar("d", 0)),
        (VDouble(), 1e300, scalar("f", 0)),
        (VArray("float64"), np.array([1.5]), scalar("ai", [])),
        (VArray("int64"), np.array([2**53 + 1]), scalar("ad", [])),
        (VArray(VString()), ("a",), scalar("ad", [])),
        (VArray("float64"), np.array([1.5]), scalar("as", [])),
        (VString(), "text", scalar("ad", [])),
    ],
)
def test_what_does_not_fit_is_refused(vtype: VType[Any], value: Any, raw: Any) -> None:
    """Rules 31, 32: p4p would clip, cut or round it without a word."""
    with pytest.raises(BadValue):
        encode(vtype, value, native_of("X", raw))


@pytest.mark.parametrize("text", ["one\0two", "file \udcff"])
@pytest.mark.parametrize(
    ("vtype", "raw", "shape"),
    [
        (VString(), NTScalar("s").wrap(""), lambda text: text),
        (VArray(VString()), NTScalar("as").wrap([]), lambda text: ("good", text)),
        (
            VTable({"name": VArray(VString())}),
            NTTable([("name", "s")]).wrap([{"name": "one"}]),
            lambda text: {"name": ("good", text)},
        ),
    ],
)
def test_text_that_p4p_would_cut_or_choke_on_is_refused(vtype: VType[Any], raw: Any, shape: Any, text: str) -> None:
    with pytest.raises(BadValue, match="expected text"):
        encode(vtype, vtype.validate(shape(text), "X"), native_of("PV", raw))


def test_images_are_not_put() -> None:
    with pytest.raises(NotWriteable, match="no image"):
        encode(VArray("uint16", ndim=2), np.zeros((1, 1), np.uint16), native_of("X", IMAGE))


FULL = NTScalar("d", display=True, control=True, valueAlarm=True)


def facts(raw: Any) -> Facts:
    return facts_of(raw, native_of("X", raw))


def test_metadata() -> None:
    told = FULL.wrap({
        "value": 1.0, "display.units": "mm", "display.format": "%8.3f", "display.limitLow": -1, "display.limitHigh": 1,
        "control.limitLow": -math.inf, "control.limitHigh": 5, "valueAlarm.highWarningLimit": 4,
        "valueAlarm.highWarningSeverity": 1, "valueAlarm.highAlarmLimit": 6,
    })  # fmt: skip
    assert facts(told) == Facts("mm", 3, (-1, 1), (None, 5), (None, 4), None), "no severity: no limit"
    assert facts(FULL.wrap(1.0)) == Facts(), "limits of 0 are none"
    whole = NTScalar("b", control=True, display=True).wrap(
        {"value": 1, "control.limitLow": -128, "control.limitHigh": 5, "display.format": "%d"}
    )
    assert facts(whole).control == (None, 5), "as far as it reaches: open"
    unsigned = NTScalar("B", control=True, display=True)
    assert facts(unsigned.wrap(1)) == Facts(), "limits of 0 are none, although it begins there"
    assert facts(unsigned.wrap({"value": 1, "control.limitHigh": 5})).control == (None, 5)


def test_alarm_and_time() -> None:
    raw = scalar("d", 1.0, timestamp=1_700_000_000.5)
    raw["alarm"] = {"severity": 2, "status": 3, "message": "HIHI"}
    assert alarm_of(raw) == Alarm(Severity.MAJOR, AlarmStatus.RECORD, "HIHI")
    assert time_of(raw) == 1_700_000_000_500_000_000
    raw["alarm"] = {"severity": 9, "status": 99, "message": "odd"}
    assert alarm_of(raw) == Alarm(Severity.INVALID, AlarmStatus.UNDEFINED, "odd")
    bare = Value(Type([("value", "d")]), {"value": 1.0})
    assert (alarm_of(bare), time_of(bare)) == (Alarm(), None)
    assert str(Native("X", "scalar", "d", typeid="epics:nt/NTScalar:1.0")) == "X (NTScalar of float64)"
