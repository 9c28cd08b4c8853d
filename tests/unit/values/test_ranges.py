"""Control limits refuse; warning and alarm limits raise alarms by themselves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from macduff.errors import BadValue
from macduff.values import (
    NO_ALARM,
    Alarm,
    AlarmStatus,
    Severity,
    VArray,
    VDouble,
    VFloat,
    VInt,
    VMap,
    VTable,
)

LIMIT = st.one_of(st.none(), st.floats(-100, 100, width=16))
ORDERED = st.lists(st.floats(-100, 100, width=16), min_size=2, max_size=2).map(sorted).map(tuple)
PAIR: st.SearchStrategy[Any] = st.one_of(ORDERED, st.tuples(LIMIT, st.none()), st.tuples(st.none(), LIMIT))
VALUE = st.one_of(st.floats(width=16), st.floats(-120, 120, width=16))


def inside(value: float, pair: tuple[float | None, float | None]) -> bool:
    low, high = pair
    if low is None and high is None:
        return True
    return value == value and (low is None or low <= value) and (high is None or value <= high)


@given(PAIR, VALUE)
def test_control_refuses_what_is_outside(pair: Any, value: float) -> None:
    """rule 31: NaN is outside control limits. What is (validate) has no limits."""
    for vtype in (VDouble(control=pair), VFloat(control=pair), VArray("float32", control=pair)):
        given_value: Any = [0.0, value] if isinstance(vtype, VArray) and inside(0.0, pair) else [value]
        given_value = given_value if isinstance(vtype, VArray) else value
        vtype.validate(given_value)
        try:
            vtype.validate_setpoint(given_value, "D.a")
        except BadValue as error:
            assert not inside(value, pair)
            assert str(error).startswith(f"D.a[{len(given_value) - 1}]" if isinstance(given_value, list) else "D.a:")
        else:
            assert inside(value, pair)


@given(PAIR, PAIR, st.lists(VALUE, min_size=1, max_size=4))
@example((0.0, 5.0), (None, None), [1.0, math.nan])
def test_severity_follows_the_ranges(warning: Any, alarm: Any, values: list[float]) -> None:
    def severity(value: float) -> Severity:
        if not inside(value, alarm):
            return Severity.MAJOR
        return Severity.NONE if inside(value, warning) else Severity.MINOR

    vtype = VDouble(warning=warning, alarm=alarm)
    assert vtype.alarm_for(values[0]).severity is severity(values[0])
    array = VArray("float16", warning=warning, alarm=alarm)
    worst = array.alarm_for(array.validate(values))
    assert worst.severity is max(map(severity, values))
    assert (worst.status is AlarmStatus.RECORD) is (worst != NO_ALARM) is bool(worst.message)


def test_messages() -> None:
    vtype = VDouble(units="mm", warning=(-1, 5), alarm=(None, 7.5))
    assert vtype.alarm_for(5.5) == Alarm(Severity.MINOR, AlarmStatus.RECORD, "above warning limit 5 mm")
    assert vtype.alarm_for(-2.0) == Alarm(Severity.MINOR, AlarmStatus.RECORD, "below warning limit -1 mm")
    assert vtype.alarm_for(8.0) == Alarm(Severity.MAJOR, AlarmStatus.RECORD, "above alarm limit 7.5 mm")
    assert vtype.alarm_for(math.nan) == Alarm(Severity.MAJOR, AlarmStatus.RECORD, "NaN is outside the alarm limits")
    assert vtype.alarm_for(0.0) is NO_ALARM
    for control, words in (
        ((0, 30), "from 0 to 30 V"),
        ((None, 30), "of at most 30 V"),
        ((0.5, None), "of at least 0.5 V"),
    ):
        with pytest.raises(BadValue) as caught:
            VDouble(control=control, units="V").validate_setpoint(math.nan, "PSU.voltage")
        assert str(caught.value) == f"PSU.voltage: expected a value {words}, got nan"


def test_a_value_equal_to_its_limit_is_within_it() -> None:
    """0.1 as float32 is more than 0.1 as float64."""
    limits: Any = {"control": (0, 0.1), "warning": (0, 0.1), "alarm": (0, 0.1)}
    vtype, array = VFloat(**limits), VArray("float32", **limits)
    assert vtype.alarm_for(vtype.validate_setpoint(0.1)) is NO_ALARM
    assert array.alarm_for(array.validate_setpoint([0.1])) is NO_ALARM
    assert vtype.control == (0, 0.1)
    with pytest.raises(BadValue, match=r"from 0 to 0\.1,"):
        vtype.validate_setpoint(0.1001)
    assert VFloat(control=(0.7, None)).validate_setpoint(0.7) < 0.7
    assert VFloat(control=(None, 1e300)).validate_setpoint(3e38) == np.float32(3e38)


def test_integers() -> None:
    vtype = VInt(8, warning=(0, 10), control=(-5, 10.5))
    assert vtype.alarm_for(11).message == "above warning limit 10"
    assert vtype.control == (-5, 10.5) and type(vtype.control[0]) is int
    with pytest.raises(BadValue, match=r"expected a value from -5 to 10\.5, got 11"):
        vtype.validate_setpoint(11)
    array = VArray("uint8", control=(-1, 1000), alarm=(None, 200))
    assert array.alarm_for(array.validate_setpoint([0, 255])).severity is Severity.MAJOR
    assert array.alarm_for(array.zero()) is NO_ALARM


def test_what_is_inside_a_table_or_map() -> None:
    column = VDouble(units="K", control=(0, None), warning=(None, 300), alarm=(None, 400))
    for vtype, value in (
        (VTable({"n": str, "t": column}), {"n": ["a"], "t": [350]}),
        (VMap({"t": column}), {"t": 350}),
    ):
        checked: Any = vtype.validate_setpoint(value, "D.a")
        alarm: Alarm = vtype.alarm_for(checked)
        assert alarm == Alarm(Severity.MINOR, AlarmStatus.RECORD, "t: above warning limit 300 K")
    both = VMap({"a": column, "b": column, "c": column})
    assert both.alarm_for({"a": 1.0, "b": 301.0, "c": 350.0}).message.startswith("b: "), "the first of the worst"
    with pytest.raises(BadValue, match=r"D\.a\.t\[0\]: expected a value of at least 0 K, got -1"):
        VTable({"t": column}).validate_setpoint({"t": [-1]}, "D.a")
    with pytest.raises(BadValue, match=r"D\.a\.t: expected a value of at least 0 K, got -1"):
        VMap({"t": column}).validate_setpoint({"t": -1}, "D.a")


@pytest.mark.parametrize(
    ("pair", "kept"),
    [(None, None), ((None, None), None), ((-math.inf, math.inf), None), ([0, 5], (0.0, 5.0)), ((0, math.inf),
     (0.0, None)),
     ((np.float32(1), np.int8(2)), (1.0, 2.0)), ((5, 5), (5.0, 5.0))],
)  # fmt: skip
def test_pairs_are_kept_plain(pair: Any, kept: Any) -> None:
    vtype = VDouble(control=pair)
    assert vtype.control == kept
    assert kept is None or {type(end) for end in vtype.control or ()} <= {float, type(None)}


@pytest.mark.parametrize("pair", [5, (1,), (1, 2, 3), ("0", "1"), (True, 5), (5, 1), (math.nan, 1), (math.inf, None),
                                  (0, 10**400), "ab", {1, 2}, (1j, 2)], ids=str)  # fmt: skip
@pytest.mark.parametrize("name", ["control", "warning", "alarm"])
def test_pairs_that_make_no_range(name: str, pair: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"VDouble\({name}\): expected .*, got "):
        VDouble(**{name: pair})


def test_a_display_range_may_run_downwards() -> None:
    assert VDouble(display=(10, -10)).display == (10, -10)


def test_exact_promises_that_no_alarm_is_possible() -> None:
    """`exact`: validate returns the very value, and it never has an alarm."""
    assert VDouble().exact is float
    assert VDouble(control=(0, 1)).exact is float
    assert VDouble(warning=(0, 1)).exact is None
    assert VDouble(alarm=(None, 1)).exact is None
    assert VInt().exact is None, "an int may be too large"
