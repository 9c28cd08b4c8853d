"""VBool, VString, VAction, VEnum, VTable and VMap: what they take, and what their values are."""

from __future__ import annotations

import copy
import enum
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.errors import BadValue
from macduff.values import (
    FrozenMap,
    Table,
    VAction,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VInt,
    VMap,
    VString,
    VTable,
    VType,
    values_equal,
)

from .strategies import Level, Mode, Trigger


class Text(str):
    pass


class Old(str, enum.Enum):  # noqa: UP042  # as it was written before StrEnum
    ONE = "one"


class Mixed(enum.Enum):
    A = "first"
    B = 2


def test_booleans() -> None:
    assert VBool().validate(np.bool_(True)) is True
    assert VBool().validate(np.array(False)) is False
    for bad in (0, 1, 0.0, "true", "", None, np.int8(1), np.array([True])):
        with pytest.raises(BadValue):
            VBool().validate(bad)


@pytest.mark.parametrize("text", [Text("one"), np.str_("one"), Old.ONE, "one"], ids=repr)
def test_text_becomes_plain(text: str) -> None:
    assert type(VString().validate(text)) is str
    assert VString().validate(text) == "one"
    assert type(VEnum(["one", "two"]).validate(text)) is str


@given(st.text())
def test_any_text_that_can_be_sent(text: str) -> None:
    """JSON traps: lone surrogates cannot be encoded, and are refused."""
    try:
        text.encode()
    except UnicodeEncodeError:
        with pytest.raises(BadValue, match="surrogates"):
            VString().validate(text)
    else:
        assert VString().validate(text) is text


@given(st.text(st.characters(categories=["Cs"]), min_size=1))
def test_surrogates_are_refused_everywhere(text: str) -> None:
    for vtype in (VString(), VEnum(["a"]), VArray(str)):
        with pytest.raises(BadValue):
            vtype.from_json([text] if isinstance(vtype, VArray) else text)


def test_actions_have_no_value() -> None:
    bad: list[Any] = [0, False, True, {}, []]
    for value in bad:
        with pytest.raises(BadValue):
            VAction().validate(value)


@pytest.mark.parametrize(
    ("vtype", "labels", "zero"),
    [
        (VEnum(["off", "on"]), ("off", "on"), "off"),
        (VEnum(Mode), ("FAST", "SLOW"), Mode.FAST),
        (VEnum(Trigger), ("Internal edge", "External edge"), Trigger.INTERNAL),
        (VEnum(Level), ("LOW", "HIGH"), Level.LOW),
        (VEnum(Old), ("one",), Old.ONE),
        (VEnum(Mixed), ("A", "B"), Mixed.A),
        (VEnum(), (), ""),
    ],
    ids=repr,
)
def test_labels(vtype: VEnum[Any], labels: tuple[str, ...], zero: Any) -> None:
    """rule 31: enums take labels; the labels of an Enum class are its values where all are str, else its names."""
    assert vtype.labels == labels
    assert vtype.zero() is zero
    for label in labels:
        value = vtype.validate(label)
        assert type(value) is vtype.python_type
        assert vtype.validate(value) is value
        assert vtype.to_json(value) == label and type(vtype.to_json(value)) is str
        assert vtype.from_json(label) is value


def test_members_of_another_class_and_indices_are_refused() -> None:
    for vtype, bad in ((VEnum(Mode), Level.HIGH), (VEnum(Level), 1), (VEnum(Level), True), (VEnum(["1"]), 1),
                       (VEnum(["FAST"]), Mode.FAST), (VEnum(Mode), "fast"), (VEnum(Trigger), "INTERNAL")):  # fmt: skip
        with pytest.raises(BadValue):
            vtype.validate(bad)


def test_an_unhashable_member() -> None:
    class Unhashable(enum.Enum):
        A = 1

        def __eq__(self, other: object) -> bool:
            return self is other

        __hash__ = None  # type: ignore[assignment]  # on purpose

    vtype = VEnum(Unhashable)
    assert vtype.to_json(vtype.validate("A")) == "A"


@pytest.mark.parametrize(
    "choices",
    ["off on", ["a", "a"], [1, 2], 3, None, int, enum.Flag("F", "A B"), enum.Enum("E", ""), ["\udc80"]],
    ids=repr,
)
def test_enums_that_cannot_be_made(choices: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="VEnum: expected"):
        VEnum(choices)


def test_tables() -> None:
    vtype = VTable({"x": VDouble(units="mm"), "name": str, "mode": VArray(Mode), "n": "uint8", "ok": bool})
    value = vtype.validate({"ok": [True], "mode": ["FAST"], "x": [1], "name": ["a"], "n": np.array([3])})
    assert list(value) == ["x", "name", "mode", "n", "ok"]
    assert isinstance(value, Table)
    assert value.row_count == 1
    assert list(value.rows()) == [{"x": 1.0, "name": "a", "mode": Mode.FAST, "n": 3, "ok": True}]
    assert value == vtype.from_json({"typeid": "malcolm:core/Table:1.0", **vtype.to_json(value)})
    assert vtype.zero().row_count == 0
    assert VTable({}).validate({}).row_count == 0
    assert vtype.columns["x"].units == "mm"


def test_maps() -> None:
    vtype = VMap({"x": VDouble(), "inner": VMap({"n": VInt(8)}), "image": VArray("uint8", 2)})
    value = vtype.validate({"image": [[1]], "inner": {"n": 1}, "x": 2})
    assert list(value) == ["x", "inner", "image"]
    assert vtype.equal(value, vtype.from_json(vtype.to_json(value)))
    with pytest.raises(BadValue, match=r"D\.inner\.n: expected"):
        vtype.validate({"image": [[1]], "inner": {"n": 128}, "x": 2}, "D")


def test_a_column_or_field_named_typeid_is_one() -> None:
    assert VMap({"typeid": VString()}).from_json({"typeid": "a"}) == {"typeid": "a"}
    assert VTable({"typeid": str}).from_json({"typeid": ["a"]}) == {"typeid": ("a",)}


@pytest.mark.parametrize(
    ("cls", "members"),
    [
        (VTable, {"x": VArray("f8", 2)}),
        (VTable, {"x": VArray(shape=(3,))}),
        (VTable, {1: "f8"}),
        (VTable, "x"),
        (VTable, {"x": VMap({})}),
        (VMap, {"x": VAction()}),
        (VMap, {"x": float}),
        (VMap, []),
    ],
    ids=str,
)
def test_tables_and_maps_that_cannot_be_made(cls: Any, members: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r": expected .*, got "):
        cls(members)


def test_mappings_are_immutable_and_compare_by_content() -> None:
    table = Table({"x": np.array([1.0, np.nan])})
    with pytest.raises(TypeError):
        table["x"] = 1  # type: ignore[index]  # on purpose
    assert table == {"x": np.array([1.0, np.nan])}
    assert table != {"x": np.array([1.0, 2.0])}
    assert table != 3
    assert copy.deepcopy(table) == table == pickle.loads(pickle.dumps(table))
    assert repr(FrozenMap({"a": 1})) == "FrozenMap({'a': 1})"
    given_items = {"a": 1}
    frozen = FrozenMap(given_items)
    given_items["a"] = 2
    assert frozen == {"a": 1}


@pytest.mark.parametrize(
    "vtype",
    [VDouble(), VInt(), VBool(), VString(), VAction(), VEnum(Mode), VArray(), VTable({"x": str}), VMap({"x": VInt()})],
    ids=repr,
)
def test_zero_exact_and_python_type_hold_together(vtype: VType[Any]) -> None:
    zero = vtype.zero()
    assert isinstance(zero, vtype.python_type)
    assert values_equal(vtype.validate(zero), zero)
    if vtype.exact is not None:
        assert vtype.validate(zero) is zero
