"""Bad input always says where, expected what, got what, and never raises anything else (rule 31)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

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
    shown,
)

from .strategies import ODD, PLAIN_JSON, TYPES, Broken, Mode

WHERE = "STAGE.position"
Verdict = Callable[[], Any]


def accepted(verdict: Verdict) -> bool:
    """Whether a value was taken; if it was not, that the refusal says everything, in text that can be sent."""
    try:
        verdict()
    except BadValue as error:
        message = str(error)
        assert message.startswith(WHERE)
        assert ": expected " in message
        assert ", got " in message
        assert len(message) < 600
        assert json.loads(json.dumps(message)) == message
        message.encode()
        return False
    return True


@given(TYPES, ODD, st.booleans())
@settings(max_examples=300)
def test_any_input_is_taken_or_refused_with_a_sentence(vtype: VType[Any], value: Any, owned: bool) -> None:
    if accepted(lambda: vtype.validate(value, WHERE, owned=owned)):
        checked = vtype.validate(value, WHERE)
        assert vtype.equal(vtype.validate(checked, WHERE), checked), "what is valid stays as it is"


@given(TYPES, PLAIN_JSON, st.booleans())
@settings(max_examples=300)
def test_any_json_is_taken_or_refused_with_a_sentence(vtype: VType[Any], data: Any, numeric_strings: bool) -> None:
    accepted(lambda: vtype.from_json(data, WHERE, numeric_strings))


BINARY = st.recursive(
    st.one_of(PLAIN_JSON, st.binary(max_size=20)),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "dtype": st.one_of(st.sampled_from(["float64", "int8", "bool", "object", "<f8", "float128"]), inner),
            "shape": st.one_of(st.lists(st.integers(-1, 2**70), max_size=3), st.lists(st.integers(0, 4)), inner),
            "data": st.one_of(st.binary(max_size=20), inner),
        },
    ),
    max_leaves=6,
)


@given(TYPES, BINARY)
@settings(max_examples=300)
@example(VArray(), {"dtype": "float64", "shape": [0, 2**70], "data": b""})
@example(VArray("float64", None), {"dtype": "float64", "shape": [0] * 70, "data": b""})
@example(VArray("float64", 2), {"dtype": "float64", "shape": [0, 2**62], "data": b""})
@example(VArray(bool), {"dtype": "bool", "shape": [1], "data": b"\x02"})
def test_any_binary_is_taken_or_refused_with_a_sentence(vtype: VType[Any], data: Any) -> None:
    accepted(lambda: vtype.from_binary(data, WHERE))


@given(st.one_of(TYPES), ODD)
def test_set_points_are_refused_at_least_where_values_are(vtype: VType[Any], value: Any) -> None:
    """rule 31: the same bad value gets the same verdict."""
    taken = accepted(lambda: vtype.validate(value, WHERE))
    assert accepted(lambda: vtype.validate_setpoint(value, WHERE)) is taken


@pytest.mark.parametrize(
    ("vtype", "value", "message"),
    [
        (VInt(), 1.5, "D.a: expected an integer from -9223372036854775808 to 9223372036854775807 (int64), got 1.5"),
        (VInt(8, False), 300, "D.a: expected an integer from 0 to 255 (uint8), got 300"),
        (VDouble(), "3", "D.a: expected a number (float64), got '3'"),
        (VDouble(), 10**5000, "D.a: expected a number (float64), got an integer of 16610 bits"),
        (VFloat(), 1e39, "D.a: expected a number (float32), got 1e+39"),
        (VBool(), 1, "D.a: expected true or false (bool), got 1"),
        (VString(), b"x", "D.a: expected text (str), got b'x'"),
        (VString(), "\udc80", "D.a: expected text without lone surrogates, got '\\udc80'"),
        (VEnum(["off", "on"]), "of", "D.a: expected one of 'off', 'on', got 'of'"),
        (VEnum(Mode), 1, "D.a: expected one of 'FAST', 'SLOW', got 1"),
        (VEnum(), "x", "D.a: expected '' (there are no labels yet), got 'x'"),
        (VAction(), 1, "D.a: expected nothing (None): an action takes no value, got 1"),
        (VArray("int8", 2), [[1, 2], [3, 400]], "D.a[1][1]: expected an integer from -128 to 127 (int8), got 400"),
        (VArray("int8"), np.array([1, 300]), "D.a[1]: expected an integer from -128 to 127 (int8), got 300"),
        (VArray(), [1, "2"], "D.a[1]: expected a number (float64), got '2'"),
        (VArray(ndim=2), [[1, 2], [3]], "D.a[1]: expected 2 elements as in its neighbours, got [3]"),
        (VArray(ndim=2), [1], "D.a[0]: expected a list, got 1"),
        (VArray(), 5.0, "D.a: expected an array of float64, 1 dimension, got 5.0"),
        (VArray(shape=(None, 3)), [[1, 2]], "D.a: expected an array of float64, shape (any, 3), got [[1, 2]]"),
        (VArray("f4"), np.array([1j]), "D.a: expected an array of float32, 1 dimension, "
         "got an array of complex128, shape (1,)"),
        (VArray(str), ["a", 1], "D.a[1]: expected text (str), got 1"),
        (VArray(VEnum(["a"])), "a", "D.a: expected a list of labels, got 'a'"),
        (VTable({"x": VDouble(), "n": str}), {"x": [1]}, "D.a: expected the columns x, n, got no n"),
        (VTable({"x": VDouble()}), {"x": [1], "y": []}, "D.a: expected the columns x, got 'y'"),
        (VTable({"x": int, "n": str}), {"x": [1], "n": []},
         "D.a: expected columns of one length, got lengths x: 1, n: 0"),
        (VTable({"x": VDouble()}), {"x": ["b"]}, "D.a.x[0]: expected a number (float64), got 'b'"),
        (VMap({"x": VInt(8)}), {"x": 128}, "D.a.x: expected an integer from -128 to 127 (int8), got 128"),
        (VMap({"x": VInt(8)}), [1], "D.a: expected a mapping with the fields x, got [1]"),
    ],
    ids=lambda item: type(item).__name__,
)  # fmt: skip
def test_sentences(vtype: VType[Any], value: Any, message: str) -> None:
    with pytest.raises(BadValue) as caught:
        vtype.validate(value, "D.a")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (-float("inf"),
         'D.a: expected a number (float64), got a number beyond float64 (infinity is the string "-Infinity")'),
        (float("nan"), 'D.a: expected a number (float64), got a bare NaN (in JSON it is the string "NaN")'),
        (None, "D.a: expected a number (float64), got None"),
        ("1.5", "D.a: expected a number (float64), got '1.5'"),
    ],
)  # fmt: skip
def test_sentences_for_json(data: Any, message: str) -> None:
    with pytest.raises(BadValue) as caught:
        VDouble().from_json(data, "D.a")
    assert str(caught.value) == message
    with pytest.raises(BadValue) as caught:
        VArray().from_json([1.0, data], "D.a")
    assert str(caught.value) == message.replace("D.a", "D.a[1]")


class Mangled:
    """A foreign object whose repr cannot be sent."""

    def __repr__(self) -> str:
        return "\udc80"


@pytest.mark.parametrize(
    "value",
    [list(range(10**6)), "x" * 10**6, {str(n): n for n in range(10**5)}, 10**5000, b"x" * 10**6, Broken(), [10**5000],
     {10**5000}, Mangled()],
    ids=lambda item: type(item).__name__,
)  # fmt: skip
def test_what_was_got_is_shown_short(value: Any) -> None:
    assert len(shown(value)) <= 80
    assert shown(value).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"dtype": "float128", "shape": [1], "data": b""}, "D.a.dtype: expected one of bool, int8, "),
        ({"dtype": "int8", "shape": [-1], "data": b""}, "D.a.shape: expected a list of lengths, got [-1]"),
        ({"dtype": "int8", "shape": 1, "data": b"1"}, "D.a.shape: expected a list of lengths, got 1"),
        ({"dtype": "int8", "shape": [2], "data": b"1"}, "D.a.data: expected 2 elements of int8, got 1 bytes"),
        ({"dtype": "int8", "shape": [1], "data": [1]}, "D.a.data: expected bytes, got [1]"),
        ({"dtype": "bool", "shape": [1], "data": b"\x02"}, "D.a.data: expected bytes 0 and 1 for bool, got others"),
        ({"dtype": "float64", "shape": [1], "data": b"\x00" * 6 + b"\xf8?"}, "D.a[0]: expected an integer from -128"),
        ({}, "D.a.dtype: expected one of "),
        (b"12", "D.a: expected an array of int8, 1 dimension as a map of dtype, shape and data, got b'12'"),
    ],
    ids=lambda item: type(item).__name__,
)
def test_sentences_for_raw_arrays(data: Any, message: str) -> None:
    with pytest.raises(BadValue) as caught:
        VArray("int8").from_binary(data, "D.a")
    assert str(caught.value).startswith(message)


def test_a_long_list_of_labels_is_cut() -> None:
    with pytest.raises(BadValue, match=r"'label 11', \.\.\. \(50 labels\), got 'x'"):
        VEnum([f"label {n}" for n in range(50)]).validate("x", "D.a")
