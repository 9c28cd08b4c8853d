"""VTypes are immutable, equal by content, checked when they are made, and say what they are."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from macduff.values import (
    Alarm,
    AlarmStatus,
    Reading,
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

from .strategies import TYPES, Level, Mode, Trigger

FULL: dict[str, Any] = {
    "description": "Where it is", "label": "Position", "tags": ("widget:meter",), "units": "mm", "precision": 4,
    "display": (-10, 10), "control": (0, None), "warning": (1, 8), "alarm": (None, 9.5),
}  # fmt: skip
NAMES_HERE = {
    cls.__name__: cls for cls in (VAction, VArray, VBool, VDouble, VEnum, VFloat, VInt, VMap, VString, VTable)
}


@pytest.mark.parametrize(
    "vtype", [VDouble(**FULL), VFloat(**FULL), VInt(16, **FULL), VArray("int8", 2, **FULL)], ids=repr
)
def test_numbers_carry_everything(vtype: Any) -> None:
    for name, value in FULL.items():
        assert getattr(vtype, name) == value
    assert vtype.name == type(vtype).__name__


@given(TYPES)
def test_a_copy_is_equal_and_another_is_not(vtype: VType[Any]) -> None:
    other = vtype.replace(description="another")
    assert vtype.replace() == vtype and hash(vtype.replace()) == hash(vtype)
    assert other != vtype and other.description == "another" and type(other) is type(vtype)
    assert other.replace(description=vtype.description) == vtype
    assert pickle.loads(pickle.dumps(vtype)) == vtype
    assert copy.deepcopy(vtype) is vtype
    assert vtype != "VDouble()"


@given(TYPES)
def test_repr_is_the_call_that_makes_it(vtype: VType[Any]) -> None:
    text = repr(vtype)
    for cls in (Mode, Trigger, Level):
        text = text.replace(repr(cls), cls.__name__)
    names = {**NAMES_HERE, "Mode": Mode, "Trigger": Trigger, "Level": Level}
    assert eval(text, names) == vtype


def test_repr_by_example() -> None:
    assert repr(VDouble(label="Position", units="mm")) == "VDouble(units='mm', label='Position')"
    assert repr(VInt(8)) == "VInt(bits=8)"
    assert repr(VArray("uint16", 2)) == "VArray(VInt(bits=16, signed=False), ndim=2)"
    assert repr(VTable({"x": VDouble()})) == "VTable({'x': VArray(VDouble())})"
    assert repr(VEnum(["off", "on"])) == "VEnum(('off', 'on'))"


def test_replace_checks_as_the_constructor_does() -> None:
    vtype = VDouble(units="mm", display=(0, 5))
    assert vtype.replace(units="m", precision=3) == VDouble(units="m", precision=3, display=(0, 5))
    assert VEnum().replace(choices=["a"]) == VEnum(["a"])
    assert VInt().replace(bits=8).maximum == 127
    assert VMap({}).replace(fields={"x": VInt()}).fields["x"] == VInt()
    assert VTable({}).replace(columns={"x": int}) == VTable({"x": VInt()})
    for wrong in ({"unit": "mm"}, {"units": 3}, {"control": (5, 1)}):
        with pytest.raises((TypeError, ValueError)):
            vtype.replace(**wrong)


def test_order_and_class_count() -> None:
    assert VMap({"x": VInt(), "y": VInt()}) != VMap({"y": VInt(), "x": VInt()})
    assert VTable({"x": int, "y": int}) != VTable({"y": int, "x": int})
    assert VFloat() != VDouble()
    assert VDouble(display=(0, 1)) == VDouble(display=(0.0, 1.0))
    assert len({VInt(8), VInt(8), VInt(16)}) == 2


@pytest.mark.parametrize("name", ["units", "_rule", "anything"])
def test_nothing_can_be_changed(name: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(VDouble(), name, "mm")


@pytest.mark.parametrize(
    ("cls", "arguments"),
    [(VDouble, {"units": 3}), (VDouble, {"units": "\udc80"}), (VDouble, {"precision": 1.5}),
     (VDouble, {"precision": -1}),
     (VDouble, {"precision": 101}), (VDouble, {"precision": True}), (VDouble, {"tags": "widget:plot"}),
     (VDouble, {"tags": [1]}), (VDouble, {"tags": 5}), (VString, {"description": b"x"}), (VBool, {"label": None}),
     (VInt, {"bits": 7}), (VInt, {"bits": "8"}), (VInt, {"bits": 8.0}), (VInt, {"signed": 1}), (VFloat, {"bits": 64})],
    ids=str,
)  # fmt: skip
def test_metadata_that_is_wrong(cls: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"{cls.__name__}\({next(iter(arguments))}\): expected .*, got "):
        cls(**arguments)


def test_metadata_becomes_plain() -> None:
    vtype = VDouble(tags=["a", "b"], precision=np.int8(3))  # type: ignore[arg-type]  # what a configuration file gives
    assert vtype.tags == ("a", "b")
    assert vtype.precision == 3 and type(vtype.precision) is int


def test_numbers_of_alarms_are_those_of_the_wire() -> None:
    assert [item.name for item in Severity] == ["NONE", "MINOR", "MAJOR", "INVALID"]
    assert [item.value for item in Severity] == [0, 1, 2, 3]
    assert [item.name for item in AlarmStatus] == "NONE DEVICE DRIVER RECORD DB CONF UNDEFINED CLIENT".split()
    assert [item.value for item in AlarmStatus] == list(range(8))
    assert hash(Alarm()) == hash(Alarm(Severity.NONE, AlarmStatus.NONE, ""))
    assert tuple.__new__(Reading, (1.5, Alarm(), 10, 1)) == Reading(1.5, Alarm(), time=10, sequence=1)
