"""Values as people read them, and nothing in them that a terminal would obey."""

from __future__ import annotations

import math
import re
from enum import Enum
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.client import AttributeInfo
from macduff.client.describe import AttributeState
from macduff.ipython.reprs_rows import attribute_facts
from macduff.values import (
    Alarm,
    AlarmStatus,
    Reading,
    Severity,
    Table,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VInt,
    VString,
    VTable,
    VType,
)
from macduff.values.text import alarm_text, clean, time_text, value_text
from tests.unit.values.strategies import TYPES, values_of

TIMES = "\N{MULTIPLICATION SIGN}"


class Mode(Enum):
    SLOW = "slow"
    FAST = 2


@pytest.mark.parametrize(
    ("vtype", "value", "text"),
    [
        (VDouble(precision=4), 0.45, "0.4500"),
        (VDouble(precision=2), -0.001, "0.00"),
        (VDouble(precision=3), 1e20, "1e+20"),
        (VDouble(precision=3), math.nan, "nan"),
        (VDouble(precision=3), math.inf, "inf"),
        (VDouble(), 0.1 + 0.2, "0.3"),
        (VInt(), 1234567890123, "1234567890123"),
        (VBool(), True, "on"),
        (VBool(), False, "off"),
        (VString(), "warm", "warm"),
        (VString(), "", ""),
        (VEnum(["slow", "fast"]), "slow", "slow"),
        (VEnum(Mode), Mode.SLOW, "slow"),
        (VEnum(Mode), Mode.FAST, "FAST"),
        (VArray(VDouble(precision=1)), np.array([1.0, 2.25]), "[1.0, 2.2]"),
        (VArray("int32"), np.arange(3), "[0, 1, 2]"),
        (VArray("int32"), np.array([], np.int32), "[]"),
        (VArray(VBool()), np.array([True, False]), "[on, off]"),
        (VArray("uint8", 2), np.array([[1, 2, 3], [4, 5, 6]], np.uint8), f"2 {TIMES} 3 uint8, 1 to 6"),
        (VArray("uint8", 2), np.zeros((0, 3), np.uint8), f"0 {TIMES} 3 uint8"),
        (VArray(VString()), ("a", "b"), "[a, b]"),
        (VTable({"x": VDouble(), "name": str}), Table({"x": [1.0], "name": ["a"]}), "1 row of x, name"),
        (VDouble(), None, "\N{EN DASH}"),
    ],
)
def test_a_value_on_one_line(vtype: VType[Any], value: Any, text: str) -> None:
    assert value_text(vtype, value) == text


def test_a_long_array_says_what_it_begins_with_and_how_long_it_is() -> None:
    assert value_text(VArray("int32"), np.arange(1000), 20) == "[0, 1, 2, …] (1000)"
    assert value_text(VArray(VString()), ("abc",) * 100, 22) == "[abc, abc, …] (100)"


@given(st.text())
def test_nothing_moves_the_cursor(text: str) -> None:
    """A device's text may hold anything; what is printed is one line of characters."""
    for shown in (clean(text), value_text(VString(), text), alarm_text(Alarm(Severity.MAJOR, message=text))):
        assert shown.isprintable()
    assert len(clean(text, 5)) <= 5


@given(st.data())
def test_whatever_a_device_may_have_is_one_line(data: st.DataObject) -> None:
    vtype = data.draw(TYPES)
    value = data.draw(values_of(vtype))
    assert value_text(vtype, value).isprintable()
    state = AttributeState(AttributeInfo("it", vtype, writable=True), Reading(value, Alarm(), 0, 0), value)
    assert all(fact.text.isprintable() for fact in attribute_facts(state))


def test_an_alarm_and_its_message() -> None:
    assert alarm_text(Alarm()) == ""
    assert alarm_text(Alarm(Severity.MINOR, AlarmStatus.RECORD, "above 5 mm")) == "MINOR: above 5 mm"
    assert alarm_text(Alarm(Severity.INVALID)) == "INVALID"


def test_times_are_those_of_who_reads_them() -> None:
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.125", time_text(1_700_000_000_125_999_999))
    assert re.fullmatch(r"2023-11-1\d \d\d:\d\d:\d\d\.125", time_text(1_700_000_000_125_999_999, date=True))
    assert time_text(0) == ""
    assert time_text(10**30).endswith(" ns"), "a clock that was never right is shown, not raised"
