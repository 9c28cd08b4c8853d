"""Values as structures of PVAccess, and back; nothing is sent."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from macduff.convert.pva import form_of
from macduff.errors import BadValue
from macduff.values import VAction, VArray, VBool, VDouble, VEnum, VFloat, VInt, VMap, VString, VTable, VType
from tests.unit.values.strategies import TYPES, Mode, values_of

IMAGE = VArray("uint16", ndim=2)
TABLE = VTable({
    "flag": VBool(), "small": VInt(8), "byte": VInt(8, signed=False), "count": VInt(), "most": VInt(64, signed=False),
    "real": VFloat(), "half": VFloat(16), "x": VDouble(), "name": VString(), "mode": VEnum(Mode), "a b": VDouble(),
})  # fmt: skip
ROWS = {
    "flag": [True, False], "small": [-128, 127], "byte": [0, 255], "count": [-(2**63), 2**63 - 1],
    "most": [0, 2**64 - 1], "real": [0.5, -math.inf], "half": [0.5, math.nan], "x": [5e-324, math.nan],
    "name": ["", "µm Ω"], "mode": ["FAST", "SLOW"], "a b": [1.0, 2.0],
}  # fmt: skip
MAP = VMap({"gain": VDouble(), "inner": VMap({"n": VInt()}), "image": IMAGE, "rows": VTable({"x": VDouble()})})


def has_values(vtype: VType[Any]) -> bool:
    """Not so a structure with nothing in it: nothing of it can be changed."""
    if isinstance(vtype, VTable):
        return bool(vtype.columns)
    if isinstance(vtype, VMap):
        return bool(vtype.fields) and all(map(has_values, vtype.fields.values()))
    return not isinstance(vtype, VAction)


def put(vtype: VType[Any], value: Any, before: Any = None) -> Any:
    """What a client puts who sets everything that belongs to the value, or what differs from `before`."""
    form = form_of(vtype)
    raw = form.type()
    form.fill(raw, value, before)
    return raw


def there_and_back(vtype: VType[Any], value: Any) -> Any:
    return vtype.validate(form_of(vtype).taken(put(vtype, value), vtype.zero(), "X"), "X")


@st.composite
def several(draw: st.DrawFn, count: int) -> tuple[Any, ...]:
    """A type that has values, and so many of these."""
    vtype = draw(TYPES.filter(has_values))
    values = [draw(values_of(vtype)) for _ in range(count)]
    assume(isinstance(vtype, VEnum) or "\\x00" not in repr(values))  # there is no such text on PVAccess
    return (vtype, *values)


@given(several(1))
def test_every_value_is_the_same_after_the_journey(drawn: tuple[Any, ...]) -> None:
    """rule 31"""
    vtype, value = drawn
    assert vtype.equal(there_and_back(vtype, value), value)


@given(several(2))
def test_what_differs_from_what_was_sent_is_all_that_has_to_be_sent(drawn: tuple[Any, ...]) -> None:
    vtype, before, value = drawn
    raw = put(vtype, value, before)
    if isinstance(vtype, VMap | VTable) and vtype.equal(before, value):
        assert not raw.changed("value"), "nothing at all"
    else:
        assert vtype.equal(vtype.validate(form_of(vtype).taken(raw, before, "X"), "X"), value)


@given(TYPES)
def test_what_is_told_of_a_value_fits_into_the_structure(vtype: VType[Any]) -> None:
    form = form_of(vtype)
    raw = form.type()
    for path, item in form.facts("what it is: µ").items():
        raw[path] = item
    form.stamp(raw, 1_700_000_000_123_456_789, 2**40)
    assert (raw["timeStamp.secondsPastEpoch"], raw["timeStamp.nanoseconds"]) == (1_700_000_000, 123_456_789)
    assert form_of(vtype.replace(description="another")).type is form.type, "one type for all PVs that have it"


@pytest.mark.parametrize(
    ("vtype", "values"),
    [
        (VBool(), [True, False]),
        (VInt(8), [-128, 127]),
        (VInt(8, signed=False), [0, 255]),
        (VInt(16), [-(2**15), 2**15 - 1]),
        (VInt(16, signed=False), [2**16 - 1]),
        (VInt(32), [-(2**31), 2**31 - 1]),
        (VInt(32, signed=False), [2**32 - 1]),
        (VInt(), [-(2**63), 2**53 + 1, 2**63 - 1]),
        (VInt(64, signed=False), [2**63, 2**64 - 1]),
        (VFloat(), [0.5, math.nan, math.inf]),
        (VFloat(16), [0.5, -math.inf]),
        (VDouble(), [5e-324, 1e308, math.nan, math.inf, -math.inf]),
        (VString(), ["", "µm Ω 𝄞", "x" * 5000, "two\nlines"]),
        (VEnum(["a", "", "µ"]), ["a", "", "µ"]),
        (VEnum(Mode), [Mode.SLOW]),
        (VArray(VDouble()), [[], [math.nan, -math.inf, 0.1]]),
        (VArray(VInt()), [[-(2**63), 2**63 - 1]]),
        (VArray(VInt(64, signed=False)), [[2**64 - 1]]),
        (VArray("float16"), [[0.5, math.nan]]),
        (VArray(VBool()), [[], [True, False, True]]),
        (VArray(VString()), [[], ["", "µ", "x" * 100]]),
        (VArray(VEnum(Mode)), [[], ["FAST", "SLOW"]]),
        (IMAGE, [[[1, 2], [3, 4], [5, 65535]], np.zeros((0, 3), np.uint16), np.zeros((3, 0), np.uint16)]),
        (VArray("bool", ndim=2), [[[True, False, True], [False, False, True]]]),
        (VArray("float32", shape=(None, 2, 3)), [np.arange(12.0).reshape(2, 2, 3)]),
        (VArray("uint16", shape=(None, None)), [[[1, 2], [3, 4]]]),
        (VArray("float64", shape=(2, 2)), [[[1.0, math.nan], [3.0, 4.0]]]),
        (TABLE, [{name: [] for name in ROWS}, ROWS]),
        (MAP, [{"gain": 0.5, "inner": {"n": 2**63 - 1}, "image": [[1], [2]], "rows": {"x": [math.nan]}}]),
    ],
)
def test_edge_values_are_whole(vtype: VType[Any], values: list[Any]) -> None:
    """rule 31"""
    for value in map(vtype.validate, values):
        back = there_and_back(vtype, value)
        assert vtype.equal(back, value), f"{value!r} became {back!r}"


@pytest.mark.parametrize(
    ("vtype", "typeid"),
    [
        (VDouble(), "epics:nt/NTScalar:1.0"),
        (VString(), "epics:nt/NTScalar:1.0"),
        (VAction(), "epics:nt/NTScalar:1.0"),
        (VEnum(Mode), "epics:nt/NTEnum:1.0"),
        (VArray(VInt()), "epics:nt/NTScalarArray:1.0"),
        (VArray(VEnum(Mode)), "epics:nt/NTScalarArray:1.0"),
        (VArray(VDouble(), shape=(3,)), "epics:nt/NTScalarArray:1.0"),
        (IMAGE, "epics:nt/NTNDArray:1.0"),
        (VArray("bool", ndim=3), "epics:nt/NTNDArray:1.0"),
        (TABLE, "epics:nt/NTTable:1.0"),
        (MAP, "macduff:nt/Map:1.0"),
    ],
)
def test_the_normative_type_of_each(vtype: VType[Any], typeid: str) -> None:
    assert form_of(vtype).type().getID() == typeid


@pytest.mark.parametrize(
    ("vtype", "code"),
    [
        (VBool(), "?"), (VInt(8), "b"), (VInt(16), "h"), (VInt(32), "i"), (VInt(64), "l"),
        (VInt(8, signed=False), "B"), (VInt(16, signed=False), "H"), (VInt(32, signed=False), "I"),
        (VInt(64, signed=False), "L"), (VFloat(16), "f"), (VFloat(), "f"), (VDouble(), "d"), (VString(), "s"),
    ],
)  # fmt: skip
def test_scalars_and_their_arrays_have_the_width_of_ours(vtype: VType[Any], code: str) -> None:
    assert form_of(vtype).type.aspy("value") == code
    assert form_of(VArray(vtype)).type.aspy("value") == "a" + code
    columns = form_of(VTable({"x": vtype})).type.aspy("value")
    assert list(columns[2]) == [("x", "a" + code)]


def test_units_limits_and_severities_are_told() -> None:
    raw = form_of(VDouble()).type()
    vtype = VDouble(units="mm", precision=3, display=(-1, 1), control=(-5, None), warning=(None, 4), alarm=(-9, 9))
    for path, item in form_of(vtype).facts("Where").items():
        raw[path] = item
    display, control, told = raw["display"], raw["control"], raw["valueAlarm"]
    assert (display["units"], display["precision"], display["description"]) == ("mm", 3, "Where")
    assert (display["limitLow"], display["limitHigh"]) == (-1, 1)
    assert (control["limitLow"], control["limitHigh"]) == (-5, math.inf)
    assert told["active"] and math.isnan(told["lowWarningLimit"]) and told["lowWarningSeverity"] == 0
    assert (told["highWarningLimit"], told["highWarningSeverity"]) == (4, 1)
    assert (told["lowAlarmLimit"], told["lowAlarmSeverity"], told["highAlarmLimit"]) == (-9, 2, 9)


@pytest.mark.parametrize(
    ("vtype", "ends"),
    [
        (VInt(8, control=(-1.5, None)), (-1, 127)),
        (VInt(8, control=(None, 1.5)), (-128, 1)),
        (VInt(8, signed=False, control=(-5, 1000)), (0, 255)),
        (VInt(64, signed=False, control=(0, None)), (0, 2**64 - 1)),
        (VInt(), (0, 0)),
    ],
)
def test_limits_of_integers_are_integers_that_are_allowed(vtype: VInt, ends: tuple[int, int]) -> None:
    facts = form_of(vtype).facts("")
    assert (facts["control.limitLow"], facts["control.limitHigh"]) == ends


def test_an_image_says_how_it_lies() -> None:
    colours = VArray("uint8", ndim=3)
    raw = put(colours, colours.validate(np.zeros((4, 5, 3), np.uint8)))
    assert [dimension["size"] for dimension in raw["dimension"]] == [3, 5, 4], "the fastest comes first"
    assert (raw["compressedSize"], raw["uncompressedSize"]) == (60, 60)
    assert [(item["name"], item["value"]) for item in raw["attribute"]] == [("ColorMode", 2)]
    raw = put(colours, np.ones((4, 5, 3), np.uint8), np.zeros((4, 5, 3), np.uint8))
    assert not raw.changed("dimension"), "it lies as before"


def put_of(vtype: VType[Any], **members: Any) -> Any:
    raw = form_of(vtype).type()
    for path, item in members.items():
        raw[path.replace("__", ".")] = item
    return raw


@pytest.mark.parametrize(
    ("vtype", "members"),
    [
        (VDouble(), {}),
        (VDouble(), {"display__units": "mm"}),
        (VEnum(Mode), {"value__index": 2}),
        (VEnum(Mode), {"value__index": -1}),
        (VEnum(Mode), {"value__choices": ["x"]}),
        (IMAGE, {"dimension": [{"size": 2}, {"size": 2}]}),
        (IMAGE, {"value": ("ushortValue", np.zeros(5, np.uint16)), "dimension": [{"size": 2}, {"size": 2}]}),
        (IMAGE, {"value": ("ushortValue", np.zeros(4, np.uint16)), "dimension": [{"size": -2}, {"size": -2}]}),
        (IMAGE, {"value": ("ushortValue", np.zeros(4, np.uint16)), "dimension": [{"size": 4}]}),
        (IMAGE, {"value": ("doubleValue", np.array([0.5])), "dimension": [{"size": 1}, {"size": 1}]}),
        (IMAGE, {"value": ("ushortValue", np.zeros(4, np.uint16)), "codec__name": "jpeg"}),
        (IMAGE, {"value": ("ushortValue", np.zeros(4, np.uint16))}),
        (VArray("bool", ndim=2), {"value": ("intValue", [0, 2]), "dimension": [{"size": 2}, {"size": 1}]}),
        (VTable({"x": VDouble(), "y": VDouble()}), {"value__x": [1.0]}),
        (VTable({"x": VDouble(), "y": VDouble()}), {"labels": ["a", "b"]}),
        (VArray(VDouble(), shape=(2,)), {"value": [1.0, 2.0, 3.0]}),
        (VArray(VEnum(Mode)), {"value": ["FAST", "warp"]}),
        (VMap({"mode": VEnum(Mode)}), {"value__mode": "warp"}),
    ],
)
def test_what_is_no_value_is_refused_with_its_place(vtype: VType[Any], members: dict[str, Any]) -> None:
    """rule 31"""
    form = form_of(vtype)
    with pytest.raises(BadValue, match=r"^DEVICE.member.*: expected .*, got "):
        vtype.validate(form.taken(put_of(vtype, **members), vtype.zero(), "DEVICE.member"), "DEVICE.member")


def test_what_is_left_out_of_a_put_stays_as_it_is() -> None:
    vtype = VMap({"a": VDouble(), "inner": VMap({"b": VDouble(), "c": VString()})})
    was = vtype.validate({"a": 1.0, "inner": {"b": 2.0, "c": "three"}})
    assert form_of(vtype).taken(put_of(vtype, value__inner__c="four"), was, "X") == {
        "a": 1.0, "inner": {"b": 2.0, "c": "four"}
    }  # fmt: skip
    rows = VTable({"x": VDouble(), "name": VString()})
    taken = form_of(rows).taken(put_of(rows, value__x=[5.0]), rows.validate({"x": [1.0], "name": ["a"]}), "X")
    assert rows.equal(rows.validate(taken), rows.validate({"x": [5.0], "name": ["a"]}))


def test_an_image_without_dimensions_keeps_its_shape() -> None:
    """p4p's pvput of plain numbers sends the elements alone."""
    raw = put_of(IMAGE, value=("ushortValue", np.arange(6, dtype=np.uint16)))
    taken = form_of(IMAGE).taken(raw, IMAGE.validate(np.zeros((2, 3), np.uint16)), "X")
    assert IMAGE.validate(taken).tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("vtype", "value"),
    [
        (VString(), "a\0b"),
        (VArray(VString()), ["a", "b\0"]),
        (VTable({"x": VString()}), {"x": ["\0"]}),
        (VMap({"x": VEnum(["a\0b"])}), {"x": "a\0b"}),
    ],
)
def test_text_that_p4p_would_cut_is_not_said(vtype: VType[Any], value: Any) -> None:
    """rule 31: nothing is clipped without a word."""
    with pytest.raises(ValueError, match="without NUL"):
        put(vtype, vtype.validate(value))


def test_a_button_is_false_until_it_is_pressed() -> None:
    form = form_of(VAction())
    raw = form.type()
    form.fill(raw, None)
    assert raw["value"] is False
    raw["value"] = 1
    assert form.taken(raw, None, "X") is True
