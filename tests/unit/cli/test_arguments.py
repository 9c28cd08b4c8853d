"""What is typed in a shell, as values and as arguments of a method."""

from __future__ import annotations

import math
from typing import Any

import numpy
import pytest

from macduff.cli import exits
from macduff.cli.acting import arguments_of
from macduff.cli.remote import from_text, parts_of, stamp
from macduff.client import MethodInfo
from macduff.errors import BadValue
from macduff.values import VArray, VBool, VDouble, VEnum, VInt, VString, VType

MOVE = MethodInfo(
    "move",
    takes={"target": VDouble(), "how_fast": VDouble(), "wait": VBool(), "note": VString()},
    required=("target",),
    returns={"return": VDouble()},
    unpacked=True,
    description="Go there.",
)


@pytest.mark.parametrize(
    ("tokens", "arguments"),
    [
        (["3"], {"target": 3.0}),
        (["-3.5"], {"target": -3.5}),
        (["--target", "-3.5"], {"target": -3.5}),
        (["--target=-3.5"], {"target": -3.5}),
        (["3", "0.1"], {"target": 3.0, "how_fast": 0.1}),
        (["--how-fast", "1", "3"], {"how_fast": 1.0, "target": 3.0}),
        (["--how_fast=1", "--target", "3"], {"how_fast": 1.0, "target": 3.0}),
        (["3", "--wait"], {"target": 3.0, "wait": True}),
        (["--wait", "--target", "3"], {"target": 3.0, "wait": True}),
        (["3", "--wait", "false"], {"target": 3.0, "wait": False}),
        (["3", "--note", "12"], {"target": 3.0, "note": "12"}),
        (["3", "--note=a=b"], {"target": 3.0, "note": "a=b"}),
        (["3", "--note="], {"target": 3.0, "note": ""}),
    ],
)
def test_tokens_are_arguments(tokens: list[str], arguments: dict[str, Any]) -> None:
    assert arguments_of("X.move", MOVE, tokens) == arguments


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (["--targe", "3"], r"X.move: expected --target \[--how_fast\] \[--wait\] \[--note\], got --targe"),
        ([], r"X.move: expected --target .*, got no --target"),
        (["--wait"], r"X.move: expected --target .*, got no --target"),
        (["--target"], "X.move: --target: expected a value, got none"),
        (["--target", "--wait"], "X.move: --target: expected a value, got none"),
        (["3", "--target", "4"], "X.move: --target: expected once, got twice"),
        (["1", "2", "true", "a", "5"], "X.move: expected .*, got '5' too"),
    ],
)
def test_tokens_that_are_none_are_a_usage_fault(tokens: list[str], message: str) -> None:
    with pytest.raises(exits.Usage, match=message):
        arguments_of("X.move", MOVE, tokens)


def test_a_bad_value_is_the_devices_verdict() -> None:
    with pytest.raises(BadValue, match=r"X.move\(target\): expected a number"):
        arguments_of("X.move", MOVE, ["fast"])


@pytest.mark.parametrize(
    ("vtype", "text", "value"),
    [
        (VDouble(), "2.5", 2.5),
        (VDouble(), "NaN", math.nan),
        (VDouble(), "-Infinity", -math.inf),
        (VInt(), "3", 3),
        (VBool(), "ON", True),
        (VBool(), "0", False),
        (VString(), "3", "3"),
        (VString(), '"quoted"', '"quoted"'),
        (VEnum(["a", "1"]), "1", "1"),
    ],
)
def test_a_value_as_it_is_typed(vtype: VType[Any], text: str, value: object) -> None:
    got = from_text(vtype, text, "X.a")
    assert got == value or (got != got and value != value)
    assert type(got) is type(value)


def test_an_array_is_typed_as_json() -> None:
    got = from_text(VArray("float64"), "[1, 2.5]", "X.a")
    assert isinstance(got, numpy.ndarray)
    assert got.tolist() == [1.0, 2.5]


@pytest.mark.parametrize(
    ("vtype", "text"), [(VInt(), "1.5"), (VBool(), "maybe"), (VDouble(), "[1]"), (VInt(), "[" * 9999)]
)
def test_a_value_that_does_not_fit(vtype: VType[Any], text: str) -> None:
    with pytest.raises(BadValue, match=r"^X\.a: expected "):
        from_text(vtype, text, "X.a")


def test_names_of_members() -> None:
    assert parts_of("BL01:X.position") == ("BL01:X", "position")
    assert parts_of("..blocks") == (".", "blocks")
    for path in ("X", "X.", ".health", ""):
        with pytest.raises(exits.Usage, match=r"expected DEVICE\.NAME"):
            parts_of(path)


def test_a_time_stamp_keeps_its_nanoseconds() -> None:
    assert stamp(1_700_000_000_123_456_789) == "2023-11-14T22:13:20.123456789Z"
    assert stamp(0) == ""
