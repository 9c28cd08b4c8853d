"""Values, metadata and alarms of Channel Access, without any: what comes is turned, what goes is refused or exact."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff import BadValue, Severity, VArray, VBool, VDouble, VEnum, VFloat, VInt, VString
from macduff.sources.ca.decode import decoder
from macduff.sources.ca.encode import encode
from macduff.sources.ca.facts import facts_of
from macduff.sources.ca.guard import Guard
from macduff.sources.ca.link import _Pending
from macduff.sources.ca.native import CHAR, DOUBLE, ENUM, LONG, SHORT, STRING, Native, alarm_of, time_of
from macduff.sources.facts import Facts, improved, unique_labels
from macduff.values import NO_ALARM, AlarmStatus

LIMITS = {SHORT: (-(2**15), 2**15 - 1), LONG: (-(2**31), 2**31 - 1), ENUM: (0, 2**16 - 1)}


@given(st.sampled_from(sorted(LIMITS)), st.integers(-(2**40), 2**40))
def test_an_integer_is_exact_or_refused(kind: int, number: int) -> None:
    low, high = LIMITS[kind]
    native = Native("X", kind, 1)
    if low <= number <= high:
        assert encode(VInt(), number, native) == (kind, number)
    else:
        with pytest.raises(BadValue, match=f"{low} to {high}"):
            encode(VInt(), number, native)


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_of_64_bits_is_exact_or_refused(number: int) -> None:
    try:
        kind, sent = encode(VInt(), number, Native("X", DOUBLE, 1))
    except BadValue:
        assert int(float(number)) != number
    else:
        assert kind == DOUBLE and int(sent) == number


@given(st.floats())
def test_a_float_for_an_integer_record_is_whole_or_refused(number: float) -> None:
    try:
        _, sent = encode(VDouble(), number, Native("X", LONG, 1))
    except BadValue:
        assert not (math.isfinite(number) and number == int(number) and -(2**31) <= number < 2**31)
    else:
        assert sent == number


@given(st.integers(-128, 255))
def test_a_char_has_a_sign_or_none(number: int) -> None:
    kind, sent = encode(VInt(), number, Native("X", CHAR, 1))
    assert kind == CHAR and sent == number % 256


@given(st.text(max_size=50))
def test_text_is_whole_or_refused(text: str) -> None:
    try:
        _, sent = encode(VString(), text, Native("X", STRING, 1))
    except BadValue:
        assert len(text.encode()) > 39
    else:
        assert sent == text


def test_labels_are_told_apart() -> None:
    assert unique_labels(["", "on", "on", "", "o\nff"]) == ("0", "on", "on (2)", "3", "off")


@pytest.mark.parametrize(("kind", "count"), [(ENUM, 1), (LONG, 1), (SHORT, 4)])
@pytest.mark.parametrize("number", [0, 2, 3, 65535])
def test_a_state_without_a_label_is_refused(kind: int, count: int, number: int) -> None:
    native = Native("X", kind, count, ("a", "b", "c") if kind == ENUM else ())
    _, decode = decoder(VEnum(["a", "b", "c"]), native)
    if number < 3:
        assert decode(number) == "abc"[number]
    else:
        with pytest.raises(BadValue, match=f"0 to 2, got {number}"):
            decode(number)


def test_bools_are_0_or_1() -> None:
    _, decode = decoder(VBool(), Native("X", ENUM, 1))
    assert decode(1) is True and decode(0) is False
    with pytest.raises(BadValue, match="0 or 1, got 2"):
        decode(2)
    _, decode = decoder(VArray(VBool()), Native("X", SHORT, 3))
    assert decode(np.array([0, 1])).tolist() == [False, True]
    with pytest.raises(BadValue):
        decode(np.array([0, 2]))


def test_arrays_are_copies_of_their_own() -> None:
    came = np.array([1.0, 2.0])
    _, decode = decoder(VArray("float64"), Native("X", DOUBLE, 5))
    value = decode(came)
    came[0] = 9.0
    assert value.tolist() == [1.0, 2.0] and type(value) is np.ndarray
    with pytest.raises(BadValue, match="shape"):
        decoder(VArray("float64", shape=(2, 2)), Native("X", DOUBLE, 5))[1](came)


@pytest.mark.parametrize(
    ("vtype", "native"),
    [(VDouble(), Native("X", STRING, 1)), (VArray("int32"), Native("X", STRING, 3)), (VBool(), Native("X", STRING, 1))],
)
def test_text_is_no_number(vtype: Any, native: Native) -> None:
    with pytest.raises(BadValue, match="string"):
        decoder(vtype, native)


def control(**changes: Any) -> SimpleNamespace:
    nan = math.nan
    fields = {
        "units": "mm", "precision": 3, "lower_disp_limit": -1.0, "upper_disp_limit": 1.0, "lower_ctrl_limit": 0.0,
        "upper_ctrl_limit": 0.0, "lower_warning_limit": nan, "upper_warning_limit": nan, "lower_alarm_limit": nan,
        "upper_alarm_limit": nan,
    }  # fmt: skip
    return SimpleNamespace(**{**fields, **changes})


def test_limits_that_are_none() -> None:
    facts = facts_of(control(), floating=True)
    assert facts == Facts(units="mm", precision=3, display=(-1, 1))
    assert facts_of(control(precision=-1), floating=True).precision is None
    assert facts_of(control(), floating=False).precision is None
    assert facts_of(control(lower_alarm_limit=5.0, upper_alarm_limit=4.0), floating=True).alarm is None
    assert facts_of(control(upper_warning_limit=4.0), floating=True).warning == (None, 4.0)


def test_the_pv_wins_where_it_knows() -> None:
    declared = VDouble(units="m", control=(0, 1), alarm=(0, 9), description="kept")
    shown, put = Facts(units="mm", display=(0, 2), control=(5, 6)), Facts(units="cm", control=(0, 3))
    assert improved(declared, shown, put) == VDouble(
        units="mm", control=(0, 3), alarm=(0, 9), display=(0, 2), description="kept"
    )
    assert improved(declared, Facts(), Facts()) is declared
    assert improved(VEnum(["a"]), Facts(labels=("x", "y")), Facts()) == VEnum(["x", "y"])
    assert improved(VString(), shown, put) == VString()
    assert improved(VArray("float32"), shown, put) == VArray(VFloat(units="mm", control=(0, 3), display=(0, 2)))


def test_alarms_and_times() -> None:
    assert alarm_of(SimpleNamespace(severity=0, status=0)) == NO_ALARM
    assert alarm_of(SimpleNamespace(severity=2, status=3)) == (Severity.MAJOR, AlarmStatus.DEVICE, "HIHI")
    assert alarm_of(SimpleNamespace(severity=3, status=14)) == (Severity.INVALID, AlarmStatus.RECORD, "LINK")
    assert alarm_of(SimpleNamespace(severity=9, status=99)) == (Severity.INVALID, AlarmStatus.UNDEFINED, "condition 99")
    assert time_of(SimpleNamespace(raw_stamp=(1_700_000_000, 123_456_789))) == 1_700_000_000_123_456_789
    assert time_of(SimpleNamespace(raw_stamp=(631152000, 0))) is None


class Later:
    """Stands for the loop: what is to be called later, when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, seconds: float, function: Callable[[], None]) -> None:
        self.waiting.append(function)

    def happen(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


def test_older_news_of_a_set_point_is_held_back() -> None:
    delivered: list[int] = []
    later = Later()
    guard = Guard(delivered.append, lambda a, b: a == b, later)
    guard.saw(1)
    guard.asked(5)
    guard.saw(1)  # sent before the put arrived
    guard.done()
    guard.saw(1)  # and still on its way when the put was done
    assert delivered == [1, 5]
    guard.saw(5)
    later.happen()
    assert delivered == [1, 5, 5]
    guard.saw(3)  # somebody else's
    assert delivered == [1, 5, 5, 3]


def test_a_set_point_that_the_server_made_another_is_believed_in_the_end() -> None:
    delivered: list[int] = []
    later = Later()
    guard = Guard(delivered.append, lambda a, b: a == b, later)
    guard.asked(5)
    guard.asked(6)
    guard.done()
    guard.saw(4)
    later.happen()
    assert delivered == [5, 6]  # the second put is still open
    guard.done()
    later.happen()
    assert delivered == [5, 6, 4]


def test_updates_that_wait_are_bounded_and_counted() -> None:
    """Rule 6: every queue is bounded, every drop counted."""
    pending = _Pending(3)
    for n in range(5):
        pending.append(n)
    assert list(pending) == [2, 3, 4] and pending.dropped == 2
