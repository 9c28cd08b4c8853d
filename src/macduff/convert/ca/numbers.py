"""Numbers, bools, arrays of them, and actions, over Channel Access."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from macduff.errors import BadValue
from macduff.values import VArray, VBool, VInt, VNumber

from .dbr import CHAR, ENUM, SHORT, STRING
from .form import Form, elements_of, known_shape
from .spelling import (
    Packed,
    as_kind,
    check_exact,
    element_in,
    number_bytes,
    number_in,
    number_kind,
    number_text,
    numbers_in,
    padded,
    single,
    texts_in,
)

__all__ = ["ActionForm", "ArrayForm", "BoolForm", "NumberForm"]

_BOOLS = {"false": False, "0": False, "true": True, "1": True}


class NumberForm(Form):
    """An integer or a float. Integers of more than 32 bits are doubles, for there is nothing longer."""

    def __init__(self, vtype: VNumber[Any]) -> None:
        super().__init__(vtype)
        self.kind = number_kind(vtype)
        self._precision = vtype.precision

    def pack(self, value: Any, kind: int, most: int) -> Packed:
        if kind == STRING:
            return 1, padded(number_text(value, self._precision).encode()), True
        return number_bytes(value, kind)

    def unpack(self, kind: int, count: int, data: bytes, where: str) -> Any:
        if kind == STRING:
            return number_in(single(texts_in(count, data, where), where), where)
        raw = single(numbers_in(kind, count, data, where), where).item()
        if isinstance(self.vtype, VInt):
            check_exact(raw, kind, where)
        return raw


class BoolForm(Form):
    kind = ENUM
    labels = ("false", "true")

    def pack(self, value: Any, kind: int, most: int) -> Packed:
        if kind == STRING:
            return 1, padded(self.labels[value].encode()), True
        return number_bytes(int(value), kind)

    def unpack(self, kind: int, count: int, data: bytes, where: str) -> Any:
        if kind == STRING:
            text = single(texts_in(count, data, where), where)
            return _BOOLS.get(text.strip().lower(), text)
        raw = single(numbers_in(kind, count, data, where), where).item()
        return bool(raw) if raw in (0, 1) else raw


class ArrayForm(Form):
    """Numbers or bools; several dimensions one after the other, the last running fastest."""

    def __init__(self, vtype: VArray[Any]) -> None:
        super().__init__(vtype)
        self.element = vtype.element
        self.kind = CHAR if isinstance(self.element, VBool) else number_kind(self.element)
        self.count = elements_of(vtype)
        self._precision = vtype.precision
        self._shape = known_shape(vtype)

    def pack(self, value: Any, kind: int, most: int) -> Packed:
        flat = np.ravel(value)[:most]
        if kind == STRING:
            texts = (padded(number_text(item, self._precision).encode()) for item in flat.tolist())
            return flat.size, b"".join(texts), True
        return flat.size, *as_kind(flat, kind)

    def unpack(self, kind: int, count: int, data: bytes, where: str) -> Any:
        if kind == STRING:
            return self._shaped(np.array([number_in(text, where) for text in texts_in(count, data, where)]))
        array = numbers_in(kind, count, data, where)
        if isinstance(self.element, VInt) and array.dtype.kind == "f":
            finite = np.abs(array[np.isfinite(array)])
            check_exact(float(finite.max()) if finite.size else 0.0, kind, where)
        if isinstance(self.element, VBool) and np.isin(array, (0, 1)).all():
            array = array.astype(np.bool_)
        return self._shaped(array)

    def _shaped(self, array: Any) -> Any:
        """In the dimensions that the type declares; where it says not all of them, the type refuses what is flat."""
        if self._shape is not None and array.size == math.prod(self._shape):
            return array.reshape(self._shape)
        return array


class ActionForm(Form):
    """A button: reads 0; `unpack` gives True when it is pressed, which is anything but 0."""

    kind = SHORT

    def pack(self, value: Any, kind: int, most: int) -> Packed:
        return (1, padded(b"0"), True) if kind == STRING else number_bytes(0, kind)

    def unpack(self, kind: int, count: int, data: bytes, where: str) -> Any:
        raw = element_in(kind, count, data, where)
        number = number_in(raw, where) if isinstance(raw, str) else raw
        if number not in (0, 1):
            raise BadValue.of(where, "1 to press the button, or 0, which does nothing", raw)
        return bool(number)
