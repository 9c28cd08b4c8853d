"""What type checkers are told: mypy reads this file with the others, and an ignore that is not needed is an error."""

from __future__ import annotations

from typing import Any, TypeVar, assert_type

import numpy as np
import numpy.typing as npt

from macduff.values import Table, VArray, VBool, VDouble, VEnum, VInt, VString, VTable, VType

from .strategies import Mode

T = TypeVar("T")


def declare(vtype: VType[T], initial: T) -> T:
    """Takes a type and a value as an attribute's declaration does."""
    return vtype.validate(initial)


def test_a_value_of_another_type_is_an_error() -> None:
    """VTypes are invariant in their Python type; else the ignored line would pass."""
    assert_type(declare(VDouble(), 1), float)
    assert_type(declare(VInt(), 1), int)
    wide: VType[float] = VInt()  # type: ignore[assignment]  # the error that is wanted
    assert wide.python_type is int


def test_what_values_are() -> None:
    assert_type(VBool().zero(), bool)
    assert_type(VEnum(["a"]).zero(), str)
    assert_type(VEnum(Mode).zero(), Mode)
    assert_type(VArray(np.uint8).zero(), npt.NDArray[np.uint8])
    assert_type(VArray("uint8").zero(), npt.NDArray[Any])
    assert_type(VArray(float).zero(), npt.NDArray[Any])
    assert_type(VArray(VDouble()).zero(), npt.NDArray[Any])
    assert_type(VArray(str).zero(), tuple[str, ...])
    assert_type(VArray(VString()).zero(), tuple[str, ...])
    assert_type(VArray(VEnum(Mode)).zero(), tuple[Mode, ...])
    assert_type(VTable({"x": VDouble(), "n": str, "k": "int8"}).zero(), Table)
    assert_type(VArray(np.uint8, shape=(None, 3), units="mm").replace(units="m"), VArray[npt.NDArray[np.uint8]])
