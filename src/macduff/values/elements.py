"""Which VType an element of an array has when only a dtype or a Python type was given."""

from __future__ import annotations

import contextlib
from enum import Enum
from typing import Any

import numpy as np

from .base import VType
from .enums import VEnum
from .numbers import VDouble, VFloat, VInt, VNumber
from .refusal import shown
from .simple import VBool, VString

__all__ = ["DTYPES", "element_type", "type_of_dtype"]

DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
)  # fmt: skip


def type_of_dtype(dtype: np.dtype[Any]) -> VType[Any] | None:
    """The VType of one number of that dtype; None for a dtype that holds no real number of at most 64 bits."""
    if dtype.kind == "b":
        return VBool()
    if dtype.kind in "iu":
        return VInt(dtype.itemsize * 8, dtype.kind == "i")
    if dtype.kind == "f" and dtype.itemsize <= 8:
        return VDouble() if dtype.itemsize == 8 else VFloat(dtype.itemsize * 8)
    return None


def element_type(element: object) -> VType[Any]:
    """The VType that was given, or the one that a dtype, a dtype's name, str or an Enum class stands for."""
    if isinstance(element, VType):
        if isinstance(element, (VNumber, VBool, VString, VEnum)):
            return element
        raise TypeError(f"VArray: expected elements that are numbers, bool, text or labels, got {element!r}")
    if isinstance(element, type) and issubclass(element, Enum):
        return VEnum(element)
    plain: dict[object, VType[Any]] = {float: VDouble(), int: VInt(), bool: VBool(), str: VString()}
    found = plain.get(element) if isinstance(element, type) else None
    with contextlib.suppress(TypeError, ValueError):  # what numpy raises for what names no dtype
        found = found or (None if element is None else type_of_dtype(np.dtype(element)))  # type: ignore[call-overload]  # anything may be given
    if found is None:
        raise TypeError(f"VArray: expected a VType or one of {', '.join(DTYPES)}, str, got {shown(element)}")
    return found
