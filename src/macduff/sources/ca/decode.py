"""Values from Channel Access, as the attribute's type wants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import BadValue
from ...values import VAction, VArray, VBool, VEnum, VNumber, VString, VType
from .native import CHAR, DOUBLE, ENUM, LONG, STRING, Native

__all__ = ["Decode", "decoder"]

Decode = Callable[[Any], Any]
CHAR_STRING = 999
"""aioca's name for characters in an array that are text."""


def decoder(vtype: VType[Any], native: Native) -> tuple[int | None, Decode]:
    """What to ask the server for (None: as the PV has it), and the function that makes a value of what comes.

    BadValue when the PV cannot be of that type; the function raises it for a value that is none, such as a state
    without a label.
    """
    if isinstance(vtype, VAction):
        return None, lambda raw: None
    if isinstance(vtype, VBool) and not native.text:
        return (None if native.kind == ENUM else DOUBLE), _bool(native)
    if isinstance(vtype, VNumber) and native.kind != STRING:
        return _number(vtype, native)
    if isinstance(vtype, VString):
        if native.kind == CHAR and (native.count > 1 or native.pv.endswith("$")):
            return CHAR_STRING, str
        return STRING, lambda raw: str(_single(raw))
    if isinstance(vtype, VEnum):
        return _enum(vtype, native)
    if isinstance(vtype, VArray):
        return _array(vtype, native)
    raise BadValue(f"{native}: expected a PV for {vtype.name}, got one that cannot be")


def _single(raw: Any) -> Any:
    """The value of a PV that holds one; the first element of one that holds several."""
    if isinstance(raw, np.ndarray):
        if raw.size == 0:
            raise BadValue("expected a value, got an empty array")
        return raw[0]
    return raw


def _bool(native: Native) -> Decode:
    def decode(raw: Any) -> bool:
        number = float(_single(raw))
        if number not in (0.0, 1.0):
            raise BadValue(f"{native}: expected 0 or 1, got {number:g}")
        return number == 1.0

    return decode


def _number(vtype: VNumber[Any], native: Native) -> tuple[int | None, Decode]:
    if vtype.python_type is float:
        return DOUBLE, lambda raw: float(_single(raw))
    if native.kind == CHAR:
        return LONG, lambda raw: int(_single(raw))  # a char of a record has a sign, that of Channel Access has none
    return None, lambda raw: _whole(_single(raw))


def _whole(raw: Any) -> int | float:
    """Integers of 64 bits come as floats; a fraction is left for validate to refuse."""
    return int(raw) if float(raw).is_integer() else float(raw)


def _enum(vtype: VEnum[Any], native: Native) -> tuple[int | None, Decode]:
    if native.text:
        return (CHAR_STRING if native.kind == CHAR else STRING), lambda raw: str(_single(raw))
    labels = native.labels if native.kind == ENUM else vtype.labels

    def decode(raw: Any) -> str:
        number = int(_single(raw))
        if not 0 <= number < len(labels):
            raise BadValue(f"{native}: expected a state from 0 to {len(labels) - 1}, got {number}")
        return labels[number]

    return None, decode


def _array(vtype: VArray[Any], native: Native) -> tuple[int | None, Decode]:
    element = vtype.element
    if isinstance(element, VString):
        return STRING, lambda raw: tuple(str(item) for item in np.atleast_1d(raw))
    if isinstance(element, VEnum):
        kind, one = _enum(element, native)
        return kind, lambda raw: tuple(one(item) for item in np.atleast_1d(raw))
    if native.kind == STRING:
        raise BadValue(f"{native}: expected a PV of numbers, got one of text")
    signed_char = native.kind == CHAR and element.dtype == "int8"
    shape = vtype.shape

    def decode(raw: Any) -> Any:
        array = np.array(raw, ndmin=1, subok=False)  # a copy of our own, no ca_array
        if signed_char:
            array = array.view(np.int8)
        if isinstance(element, VBool):
            if not np.isin(array, (0, 1)).all():
                raise BadValue(f"{native}: expected elements of 0 or 1, got others")
            array = array.astype(np.bool_)
        if shape is not None and len(shape) > 1:
            try:
                array = array.reshape([-1 if length is None else length for length in shape])
            except ValueError:
                raise BadValue(f"{native}: expected elements for shape {shape}, got {array.size}") from None
        return array

    return None, decode
