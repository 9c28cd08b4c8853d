"""Values as bytes of Channel Access, and back."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.convert.ca import LongForm, Unfit, form_of
from macduff.errors import BadValue
from macduff.values import (
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

STRING, SHORT, FLOAT, ENUM, CHAR, LONG, DOUBLE = range(7)
MANY = 1 << 20
doubles = st.floats(allow_nan=False)
integers = st.integers(-(2**63), 2**63 - 1)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def there_and_back(vtype: VType[Any], value: Any, kind: int | None = None) -> Any:
    form = form_of(vtype)
    kind = form.kind if kind is None else kind
    count, data, exact = form.pack(value, kind, MANY)
    assert exact
    return vtype.validate(form.unpack(kind, count, data, "X"), "X")


@given(doubles)
def test_doubles_are_the_same_after_the_journey(value: float) -> None:
    assert there_and_back(VDouble(), value) == value
    assert there_and_back(VDouble(), value, STRING) == value


@given(st.floats(width=32, allow_nan=False))
def test_floats_are_the_same_after_the_journey(value: float) -> None:
    assert there_and_back(VFloat(), value) == value


@given(integers)
def test_integers_are_exact_or_say_that_they_are_not(value: int) -> None:
    """rule 31"""
    assert there_and_back(VInt(), value, STRING) == value
    form = form_of(VInt())
    _, data, exact = form.pack(value, DOUBLE, 1)
    (sent,) = struct.unpack(">d", data)
    assert exact == (int(float(value)) == value)
    assert sent == value if exact else math.isnan(sent)
    if abs(value) < 2**53:
        assert there_and_back(VInt(), value) == value


@pytest.mark.parametrize(
    ("vtype", "kind"),
    [
        (VInt(8), SHORT), (VInt(8, signed=False), CHAR), (VInt(16), SHORT), (VInt(16, signed=False), LONG),
        (VInt(32), LONG), (VInt(32, signed=False), DOUBLE), (VInt(64), DOUBLE), (VInt(64, signed=False), DOUBLE),
    ],
)  # fmt: skip
def test_the_smallest_kind_that_holds_every_value(vtype: VInt, kind: int) -> None:
    assert form_of(vtype).kind == kind
    for value in (vtype.minimum, vtype.maximum) if vtype.bits < 64 else (-(2**52), 2**52) if vtype.signed else (2**52,):
        assert there_and_back(vtype, value) == value
        assert there_and_back(VArray(vtype), np.array([value], vtype.dtype)).tolist() == [value]


@given(st.lists(integers, max_size=5))
def test_arrays_of_integers_are_exact_or_say_that_they_are_not(values: list[int]) -> None:
    count, data, exact = form_of(VArray(VInt())).pack(np.array(values, np.int64), DOUBLE, MANY)
    sent = struct.unpack(f">{count}d", data)
    assert exact == all(int(float(value)) == value for value in values)
    for value, item in zip(values, sent, strict=True):
        assert item == value or (math.isnan(item) and int(float(value)) != value)


@given(words)
def test_texts_are_whole_as_char_arrays_and_shown_cut_as_strings(text: str) -> None:
    form = LongForm(VString(), MANY)
    count, data, _ = form.pack(text, CHAR, MANY)
    assert form.unpack(CHAR, count, data, "X") == text
    _, data, _ = form_of(VString()).pack(text, STRING, 1)
    assert len(data) == 40
    shown = data.split(b"\0")[0].decode()
    assert shown == text if len(text.encode()) <= 39 else shown.endswith("...")


@given(st.lists(st.text("abc", max_size=39), max_size=5))
def test_arrays_of_texts(texts: list[str]) -> None:
    assert there_and_back(VArray(VString()), tuple(texts)) == tuple(texts)


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("kind", range(7))
def test_bools_in_every_kind(value: bool, kind: int) -> None:
    assert there_and_back(VBool(), value, kind) is value


@pytest.mark.parametrize("kind", range(7))
def test_labels_in_every_kind(kind: int) -> None:
    for labels in (["off", "on"], [f"a label that is no shorter {n}" for n in range(20)]):
        vtype = VEnum(labels)
        assert there_and_back(vtype, labels[1], kind) == labels[1]
        assert there_and_back(VArray(vtype), (labels[1], labels[0]), kind) == (labels[1], labels[0])


def test_a_label_that_is_a_number_is_a_label() -> None:
    assert form_of(VEnum(["1", "0"])).unpack(STRING, 1, b"0\0", "X") == "0"


@pytest.mark.parametrize(
    ("vtype", "kind", "count", "data"),
    [
        (VDouble(), STRING, 1, b"1e\0"),
        (VDouble(), STRING, 1, b"1_000\0"),
        (VDouble(), DOUBLE, 1, b"1234"),
        (VDouble(), DOUBLE, 0, b""),
        (VInt(), DOUBLE, 1, struct.pack(">d", 1.5)),
        (VInt(), DOUBLE, 1, struct.pack(">d", 2.0**53)),
        (VInt(), DOUBLE, 1, struct.pack(">d", math.nan)),
        (VInt(), FLOAT, 1, struct.pack(">f", 2.0**24)),
        (VInt(16), LONG, 1, struct.pack(">i", 1 << 20)),
        (VBool(), SHORT, 1, struct.pack(">h", 2)),
        (VEnum(["a"]), SHORT, 1, struct.pack(">h", -1)),
        (VEnum(["a"]), DOUBLE, 1, struct.pack(">d", 0.5)),
        (VString(), DOUBLE, 1, struct.pack(">d", 1.0)),
        (VString(), STRING, 1, b"\xff\0"),
        (VArray(VInt()), DOUBLE, 2, struct.pack(">dd", 1.0, 2.0**60)),
        (VArray(VBool()), CHAR, 2, b"\1\2"),
        (VArray("float64", shape=(2, 2)), DOUBLE, 3, struct.pack(">ddd", 1, 2, 3)),
        (VArray("float64", ndim=2), DOUBLE, 4, struct.pack(">dddd", 1, 2, 3, 4)),
        (VArray(VString()), DOUBLE, 1, struct.pack(">d", 1.0)),
        (VTable({"x": VArray(VDouble())}), CHAR, 4, b"[1]\0"),
        (VMap({"x": VDouble()}), CHAR, 3, b"{x\0"),
        (VMap({"x": VDouble()}), CHAR, 100_000, b"[" * 100_000),
        (VAction(), SHORT, 1, struct.pack(">h", 5)),
    ],
)
def test_what_is_no_value_is_refused(vtype: VType[Any], kind: int, count: int, data: bytes) -> None:
    """rule 31: the verdict is the VType's, on what the spelling means."""
    with pytest.raises(BadValue):
        vtype.validate(form_of(vtype).unpack(kind, count, data, "X"), "X")


@pytest.mark.parametrize(
    ("vtype", "value", "kind"),
    [
        (VDouble(), 1e300, LONG), (VDouble(), math.nan, SHORT), (VDouble(), 1e300, FLOAT), (VInt(), 2**40, LONG),
        (VString(), "x", DOUBLE), (VArray(VDouble()), np.array([1e300]), FLOAT),
        (VArray(VDouble()), np.array([math.nan]), LONG), (VArray(VInt()), np.array([2**40]), LONG),
        (VArray(VString()), ("x",), DOUBLE), (VMap({"x": VDouble()}), {"x": 1.0}, DOUBLE),
    ],
)  # fmt: skip
def test_what_a_kind_cannot_say_is_unfit(vtype: VType[Any], value: Any, kind: int) -> None:
    with pytest.raises(Unfit):
        form_of(vtype).pack(vtype.validate(value), kind, MANY)


def test_a_label_that_the_type_has_no_more_is_no_other_label() -> None:
    with pytest.raises(Unfit):
        form_of(VEnum(["a", "b"])).pack("c", ENUM, 1)
    assert form_of(VEnum()).pack("", ENUM, 1)[1] == b"\0\0"


def test_a_fraction_asked_for_as_an_integer_loses_its_digits() -> None:
    """What the client asked for, as on any server (rule 32)."""
    assert form_of(VDouble()).pack(-1.9, LONG, 1)[1] == struct.pack(">i", -1)


def test_numbers_as_text_show_the_precision() -> None:
    assert form_of(VDouble(precision=2)).pack(1.005, STRING, 1)[1].rstrip(b"\0") in (b"1.00", b"1.01")
    assert form_of(VDouble(precision=2)).pack(1e300, STRING, 1)[1].rstrip(b"\0") == b"1.00e+300"


def test_tables_and_maps_are_json() -> None:
    vtype = VTable({"x": VArray(VDouble()), "name": VArray(VString())})
    value = vtype.validate({"x": [1.5, math.inf], "name": ["a", "b"]})
    form = form_of(vtype)
    count, data, _ = form.pack(value, CHAR, MANY)
    assert json.loads(data[: count - 1]) == {"x": [1.5, "Infinity"], "name": ["a", "b"]}
    assert vtype.equal(form.unpack(CHAR, count, data, "X"), value)


def test_several_dimensions_go_one_after_the_other() -> None:
    vtype = VArray("int32", shape=(2, 3))
    value = np.arange(6, dtype="int32").reshape(2, 3)
    assert form_of(vtype).count == 6
    assert there_and_back(vtype, value).tolist() == value.tolist()
