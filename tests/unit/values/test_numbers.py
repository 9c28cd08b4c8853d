"""Numbers: lossless or refused for integers, rounded to nearest for floats (rule 31)."""

from __future__ import annotations

import enum
import json
import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from macduff.errors import BadValue
from macduff.values import VDouble, VFloat, VInt, VNumber

from .strategies import INT_TYPES, NOT_NUMBERS, NUMBER_TYPES

FLOATS: tuple[VNumber[float], ...] = (VDouble(), VFloat(), VFloat(16))
NUMPY = {64: np.float64, 32: np.float32, 16: np.float16}


def refused(vtype: VNumber[Any], value: object) -> bool:
    try:
        vtype.validate(value, "D.a")
    except BadValue:
        return True
    return False


@pytest.mark.parametrize("vtype", [VInt(), VInt(8, False), VDouble(), VFloat()])
@pytest.mark.parametrize("value", NOT_NUMBERS, ids=lambda item: type(item).__name__)
def test_what_is_no_number(vtype: VNumber[Any], value: object) -> None:
    """rule 31: "3" is no number, True is no number, complex is refused."""
    assert refused(vtype, value)


@given(INT_TYPES, st.one_of(st.integers(), st.floats(), st.integers(-(2**65), 2**65), st.integers(-300, 300)))
@example(VInt(), 2**63)
@example(VInt(), 2.0**63)
@example(VInt(), -(2.0**63))
@example(VInt(64, False), 2**64 - 1)
@example(VInt(), 1.5)
@example(VInt(), 2.0)
@example(VInt(), -0.0)
def test_an_integer_is_kept_exactly_or_refused(vtype: VInt, value: float) -> None:
    """rule 31: 1.5 is no VInt, 2**63 does not fit int64; 2.0 is the integer 2."""
    finite = isinstance(value, int) or math.isfinite(value)
    fits = finite and Fraction(value).denominator == 1 and vtype.minimum <= value <= vtype.maximum
    assert refused(vtype, value) is not fits
    if fits:
        checked = vtype.validate(value)
        assert type(checked) is int
        assert checked == Fraction(value)


def nearest(value: Fraction, bits: int) -> float | None:
    """The nearest float of so many bits, ties to even, found by comparing neighbours as fractions; None: overflow."""
    kind: Any = NUMPY[bits]
    info = np.finfo(kind)
    largest = Fraction(float(info.max))
    step = largest - Fraction(float(np.nextafter(info.max, kind(0))))
    if abs(value) >= largest + step / 2:
        return None
    low, high = -float(info.max), float(info.max)
    guess = kind(max(low, min(high, float(value))))
    with np.errstate(over="ignore"):
        around = [np.nextafter(guess, kind(-np.inf)), guess, np.nextafter(guess, kind(np.inf))]
    candidates = [float(item) for item in around if np.isfinite(item)]
    distance = min(abs(Fraction(item) - value) for item in candidates)
    best = [item for item in candidates if abs(Fraction(item) - value) == distance]
    if len(best) == 1:
        return best[0]
    return next(item for item in best if int(kind(item).view(f"u{bits // 8}")) % 2 == 0)


@given(
    st.sampled_from(FLOATS),
    st.one_of(st.integers(), st.integers(-(2**140), 2**140), st.floats(allow_nan=False, allow_infinity=False)),
)
@example(VFloat(), 2**64 + 2**40 + 1)  # rounded twice it would be 2**64
@example(VFloat(), 2**24 + 1)
@example(VDouble(), 2**53 + 1)
@example(VFloat(), 3.4028235677973366e38)  # half a step above the largest
@example(VFloat(), 3.4028235e38)
@example(VFloat(16), 65519)
@example(VFloat(16), 65520)
def test_a_float_is_the_nearest_or_refused(vtype: VNumber[float], value: float) -> None:
    """rule 31: floats round to nearest, overflow is refused."""
    bits = vtype.bits if isinstance(vtype, VFloat) else 64
    wanted = nearest(Fraction(value), bits)
    assert refused(vtype, value) is (wanted is None)
    if wanted is not None:
        checked = vtype.validate(value)
        assert type(checked) is float
        assert checked == wanted


@pytest.mark.parametrize("vtype", FLOATS, ids=repr)
def test_nan_infinities_and_signed_zero_are_floats(vtype: VNumber[float]) -> None:
    assert math.isnan(vtype.validate(math.nan))
    assert vtype.validate(-math.inf) == -math.inf
    assert math.copysign(1, vtype.validate(-0.0)) == -1
    assert refused(vtype, 10**400)
    assert refused(vtype, np.longdouble("1e4000")) or np.isinf(np.longdouble("1e4000"))


class Real(float):
    pass


class Whole(int):
    pass


class Grade(enum.IntEnum):
    GOOD = 2


@pytest.mark.parametrize(
    "value",
    [Grade.GOOD, Whole(2), Real(2), np.float64(2), np.int8(2), np.uint64(2), np.float16(2), np.longdouble(2),
    np.array(2)],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("vtype", [VInt(), VDouble(), VFloat()], ids=repr)
def test_subclasses_and_numpy_scalars_become_plain(vtype: VNumber[Any], value: object) -> None:
    checked = vtype.validate(value)
    assert type(checked) is vtype.python_type
    assert checked == 2
    assert json.dumps(vtype.to_json(checked)) in ("2", "2.0")


@pytest.mark.parametrize(("bits", "signed", "dtype"), [(8, True, "int8"), (16, False, "uint16"), (64, True, "int64")])
def test_ranges_of_integers(bits: int, signed: bool, dtype: str) -> None:
    vtype = VInt(bits, signed)
    assert vtype.dtype == dtype
    assert (vtype.minimum, vtype.maximum) == (np.iinfo(dtype).min, np.iinfo(dtype).max)


ANY_NUMERIC_TEXT = st.one_of(
    st.from_regex(r"[-+]?[0-9]{1,20}(\.[0-9]{0,20})?([eE][-+]?[0-9]{1,4})?", fullmatch=True),
    st.text(st.sampled_from("0123456789.eE+-_ ٣ NaInfty\n"), max_size=8),
    st.sampled_from(
        ["NaN", "Infinity", "-Infinity", "1e999", "-0", "1" * 5000, "0." + "1" * 5000, "1e-999999999", "1\n"]
    ),
)


@given(NUMBER_TYPES, ANY_NUMERIC_TEXT)
@example(VInt(), "1.00000000000000000000001")
@example(VInt(), "9007199254740993.0")
@example(VInt(), "9007199254740993")
@example(VInt(), "1" * 5000)
@example(VDouble(), "1" * 5000)
@example(VDouble(), "0." + "1" * 5000)
def test_numeric_strings_are_exactly_json_numbers(vtype: VNumber[Any], text: str) -> None:
    """Without a subprotocol a string that is exactly a JSON number, NaN or Infinity stands for it."""
    strict = _read(text)
    try:
        value = vtype.from_json(text, "D.a", numeric_strings=True)
    except BadValue:
        assert strict is None or refused(vtype, strict) or isinstance(vtype, VInt)
        if isinstance(vtype, VInt) and strict is not None and not refused(vtype, strict):
            assert Decimal(text) != Decimal(strict), "only what would lose something"
        return
    assert strict is not None
    assert vtype.equal(value, vtype.validate(strict))
    assert not isinstance(vtype, VInt) or value == Decimal(text)


def _read(text: str) -> float | None:
    """The number that Python's own JSON reader finds, and nothing around it."""
    if text in ("NaN", "Infinity", "-Infinity"):
        return float(text)
    if re.search(r"\s", text):
        return None
    try:
        number = json.loads(text)
    except ValueError:
        return None
    return number if type(number) in (int, float) and math.isfinite(number) else None


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_names_of_what_json_has_no_number_for(text: str) -> None:
    """rule 31: for numeric types, with numeric strings or without; an integer has no NaN."""
    for vtype in FLOATS:
        assert vtype.equal(vtype.from_json(text), float(text))
        assert vtype.to_json(float(text)) == text
    with pytest.raises(BadValue):
        VInt().from_json(text)
