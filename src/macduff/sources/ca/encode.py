"""Values for Channel Access: what a PV cannot hold exactly is refused, as nobody else would."""

from __future__ import annotations

import math
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import BadValue
from ...values import VAction, VArray, VEnum, VFloat, VInt, VType
from .native import CHAR, DOUBLE, ENUM, FLOAT, LONG, SHORT, STRING, Native

__all__ = ["encode"]

_DTYPES = {SHORT: "int16", FLOAT: "float32", ENUM: "uint16", LONG: "int32", DOUBLE: "float64"}
_RANGES = {SHORT: (-(2**15), 2**15 - 1), ENUM: (0, 2**16 - 1), CHAR: (-128, 255), LONG: (-(2**31), 2**31 - 1)}
LONGEST = 39
"""Bytes of a string in Channel Access; one more is the end."""


def encode(vtype: VType[Any], value: Any, native: Native) -> tuple[int, Any]:
    """The type to send it as and what to send, for a validated value; BadValue when the PV cannot take it."""
    if isinstance(vtype, VAction):
        return (STRING, "1") if native.kind == STRING else _number(1, native)
    if isinstance(vtype, VArray):
        return _array(vtype, value, native)
    if isinstance(vtype, VEnum):
        return _label(vtype, value, native)
    if isinstance(value, str):
        return _text(value, native)
    return _number(value, native)


def _label(vtype: VEnum[Any], value: Any, native: Native) -> tuple[int, Any]:
    label = vtype.to_json(value) if isinstance(value, Enum) else str(value)
    if native.text:
        return _text(label, native)
    labels = native.labels if native.kind == ENUM else vtype.labels
    if label not in labels:
        raise BadValue.of(str(native), f"one of {', '.join(labels)}", label)
    return _number(labels.index(label), native)


def _text(text: str, native: Native) -> tuple[int, Any]:
    if native.kind == ENUM:
        if text not in native.labels:
            raise BadValue.of(str(native), f"one of {', '.join(native.labels)}", text)
        return ENUM, native.labels.index(text)
    data = text.encode()
    if native.kind == CHAR and (native.count > 1 or native.pv.endswith("$")):
        if len(data) > native.count:
            raise BadValue.of(str(native), f"text of at most {native.count} bytes", text)
        if len(data) < native.count:
            data += b"\0"
        return CHAR, np.frombuffer(data, dtype=np.uint8)
    if len(data) > LONGEST:
        raise BadValue.of(str(native), f"text of at most {LONGEST} bytes (a PV name that ends in $ takes more)", text)
    return STRING, text


def _number(value: int | float, native: Native) -> tuple[int, Any]:
    kind = native.kind
    if kind == STRING:
        return STRING, str(int(value) if isinstance(value, bool) else value)
    if kind in _RANGES:
        low, high = _RANGES[kind]
        if not math.isfinite(value) or value != int(value) or not low <= value <= high:
            raise BadValue.of(str(native), f"an integer from {low} to {high}", value)
        return kind, int(value) & 0xFF if kind == CHAR else int(value)
    if isinstance(value, int) and int(np.dtype(_DTYPES[kind]).type(value)) != value:
        raise BadValue.of(str(native), "an integer that a float holds exactly", value)
    if kind == FLOAT:
        return kind, VFloat().validate(value, str(native))
    return kind, float(value)


def _array(vtype: VArray[Any], value: Any, native: Native) -> tuple[int, Any]:
    count = len(value) if isinstance(value, tuple) else value.size
    if not 1 <= count <= native.count:
        raise BadValue(f"{native}: expected 1 to {native.count} elements, got {count}")
    if isinstance(value, tuple):
        return _texts(vtype, value, native)
    flat: npt.NDArray[Any] = np.ravel(value)
    if native.kind == STRING:
        raise BadValue(f"{native}: expected text, got an array of {flat.dtype}")
    if native.kind == CHAR:
        signed = flat.dtype.kind != "u" and bool((flat < 0).any())
        chars = VArray(VInt(8, signed)).validate(flat, str(native))
        return CHAR, chars.view(np.uint8)
    if flat.dtype.kind == "b":
        flat = flat.astype(np.uint8)
    sent = VArray(_DTYPES[native.kind]).validate(flat, str(native))
    if flat.dtype.kind in "iu" and not (sent.astype(flat.dtype) == flat).all():
        raise BadValue.of(str(native), "integers that floats hold exactly", flat)
    return native.kind, sent


def _texts(vtype: VArray[Any], value: tuple[Any, ...], native: Native) -> tuple[int, Any]:
    single = Native(native.pv, native.kind, 1, native.labels)
    encoded = [encode(vtype.element, item, single) for item in value]
    return encoded[0][0], [item for _, item in encoded]
