"""values_equal: NaN equals NaN, arrays by content, and nothing makes it raise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from macduff.values import FrozenMap, VDouble, values_equal

from .strategies import ODD, TYPED_VALUES, Broken

NAN_ARRAY = np.array([1.0, math.nan])


@pytest.mark.parametrize(
    ("a", "b"),
    [(math.nan, math.nan), (NAN_ARRAY, NAN_ARRAY.copy()), (0.0, -0.0), (1, 1.0), ([1, math.nan], (1, math.nan)),
     ({"a": NAN_ARRAY}, FrozenMap({"a": NAN_ARRAY.copy()})), (None, None), (np.float64(1), 1.0),
     (np.bool_(True), True)],
)  # fmt: skip
def test_equal(a: Any, b: Any) -> None:
    assert values_equal(a, b) is True
    assert values_equal(b, a) is True


@pytest.mark.parametrize(
    ("a", "b"),
    [(1, True), (0.0, False), (np.array([1]), np.array([1.0])), (np.array([1]), 1), (np.array([1]), [1]), ([1], [1, 2]),
     (np.zeros((1, 2)), np.zeros((2, 1))), ({"a": 1}, {"b": 1}), ({"a": 1}, {"a": 1, "b": 2}), (None, 0), ("1", 1),
     (math.nan, 1.0), (np.array([1.0]), NAN_ARRAY), (Broken(), 1), ([Broken()], [Broken()]), ("a", ["a"])],
)  # fmt: skip
def test_not_equal(a: Any, b: Any) -> None:
    assert values_equal(a, b) is False
    assert values_equal(b, a) is False


@given(ODD, ODD)
def test_never_raises(a: Any, b: Any) -> None:
    assert values_equal(a, b) is values_equal(b, a)
    assert VDouble().equal(a, b) is values_equal(a, b)


@given(TYPED_VALUES)
def test_a_value_equals_itself_made_again(case: Any) -> None:
    vtype, value = case
    assert values_equal(value, value)
    assert values_equal(vtype.validate(value), value)


def test_what_contains_itself() -> None:
    a: list[Any] = []
    a.append(a)
    b: list[Any] = [a]
    b[0] = b
    assert values_equal(a, b) is False
