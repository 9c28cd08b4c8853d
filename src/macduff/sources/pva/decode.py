"""Values from PVAccess, as the attribute's type wants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import BadValue
from ...values import VAction, VArray, VBool, VEnum, VMap, VNumber, VString, VTable, VType
from .native import DTYPES, Native

__all__ = ["Decode", "decoder"]

Decode = Callable[[Any], Any]


def decoder(vtype: VType[Any], native: Native) -> Decode:
    """The function that makes a value of what comes; the verdict on it is the type's.

    BadValue when the PV cannot be of that type; the function raises it for a value that is none, such as a state
    without a label.
    """
    if isinstance(vtype, VAction):
        return lambda raw: None
    made: Decode | None = None
    if isinstance(vtype, VBool):
        made = _bool(native)
    elif isinstance(vtype, VNumber):
        made = _number(native)
    elif isinstance(vtype, VString):
        made = _text(native)
    elif isinstance(vtype, VEnum):
        made = _label(vtype, native)
    elif isinstance(vtype, VArray):
        made = _array(vtype, native)
    elif isinstance(vtype, VTable) and native.kind == "table":
        made = _named(native, vtype.columns)
    elif isinstance(vtype, VMap) and native.kind == "map":
        made = _named(native, vtype.fields)
    if made is None:
        raise BadValue(f"{native}: expected a PV for {vtype.name}, got one that cannot be")
    return made


def _bool(native: Native) -> Decode | None:
    if native.kind == "enum":
        return lambda raw: _zero_or_one(native, raw["value.index"])
    if native.kind == "scalar" and native.code == "?":
        return lambda raw: raw["value"]
    if native.kind == "scalar" and native.code in DTYPES:
        return lambda raw: _zero_or_one(native, raw["value"])
    return None


def _zero_or_one(native: Native, number: float) -> bool:
    if number not in (0, 1):
        raise BadValue(f"{native}: expected 0 or 1, got {number:g}")
    return number == 1


def _number(native: Native) -> Decode | None:
    if native.kind == "enum":
        return lambda raw: int(raw["value.index"])
    if native.kind == "scalar" and native.code in DTYPES and native.code != "?":
        return lambda raw: raw["value"]
    return None


def _text(native: Native) -> Decode | None:
    if native.kind == "scalar" and native.code == "s":
        return lambda raw: raw["value"]
    if native.kind == "enum":
        return lambda raw: _choice(native, raw["value.choices"], raw["value.index"])
    if native.kind == "array" and native.code in ("b", "B"):
        return lambda raw: _long_text(raw["value"])
    return None


def _long_text(characters: Any) -> str:
    data: bytes = b"" if characters is None else characters.tobytes()
    return data.partition(b"\0")[0].decode(errors="replace")


def _choice(native: Native, choices: Any, index: int) -> str:
    if not 0 <= index < len(choices):
        raise BadValue(f"{native}: expected a state from 0 to {len(choices) - 1}, got {index}")
    return str(choices[index])


def _label(vtype: VEnum[Any], native: Native) -> Decode | None:
    if native.kind == "scalar" and native.code == "s":
        return lambda raw: raw["value"]
    if native.kind == "enum":  # the type has the PV's labels, told apart where two are the same
        labels = vtype.labels if len(vtype.labels) == len(native.labels) and not _own(vtype) else native.labels
        return lambda raw: _choice(native, labels, raw["value.index"])
    if native.kind == "scalar" and native.code in "bBhHiIlL":
        return lambda raw: _choice(native, vtype.labels, raw["value"])
    return None


def _own(vtype: VEnum[Any]) -> bool:
    """Whether the labels are those of an Enum class, which no PV changes."""
    return isinstance(vtype.choices, type)


def _array(vtype: VArray[Any], native: Native) -> Decode | None:
    element = vtype.element
    if native.kind == "image":
        return _image(native) if not isinstance(element, VString | VEnum) else None
    if native.kind != "array":
        return None
    if isinstance(element, VString | VEnum):
        return (lambda raw: tuple(raw["value"] or ())) if native.code == "s" else None
    if native.code == "s":
        return None
    shape = vtype.shape

    def decode(raw: Any) -> Any:
        given = raw["value"]  # None when nobody ever gave it elements
        array = np.empty(0, DTYPES[native.code]) if given is None else np.array(given)  # a copy of our own
        if isinstance(element, VBool) and array.dtype.kind != "b":
            if not np.isin(array, (0, 1)).all():
                raise BadValue(f"{native}: expected elements of 0 or 1, got others")
            array = array.astype(np.bool_)
        return array if shape is None or len(shape) == 1 else _shaped(native, array, shape)

    return decode


def _shaped(native: Native, array: Any, shape: tuple[int | None, ...]) -> Any:
    try:
        return array.reshape([-1 if length is None else length for length in shape])
    except ValueError:
        raise BadValue(f"{native}: expected elements for shape {shape}, got {array.size}") from None


def _image(native: Native) -> Decode:
    def decode(raw: Any) -> Any:
        codec = raw.get("codec.name", "")
        if codec:
            raise BadValue(f"{native}: expected an image that is not compressed, got {codec}")
        pixels = raw["value"]
        if pixels is None or not hasattr(pixels, "dtype"):
            raise BadValue(f"{native}: expected an image, got none yet")
        # areaDetector's first dimension is the one that varies fastest, ours the last
        sizes = [dimension["size"] for dimension in reversed(raw["dimension"])]
        if int(np.prod(sizes)) != pixels.size:
            raise BadValue(f"{native}: expected {' x '.join(map(str, sizes))} pixels, got {pixels.size}")
        return np.array(pixels).reshape(sizes)

    return decode


def _named(native: Native, wanted: Any) -> Decode:
    """Columns of a table, or fields of a map; the names are held against the type's by its verdict."""
    prefix = f"{native.path}." if native.path else ""
    paths = {name: prefix + native.inner.get(name, name) for name in native.members}
    missing = [name for name in wanted if name not in paths]
    if missing:
        raise BadValue(f"{native}: expected {', '.join(wanted)}, got no {', '.join(missing)}")

    def decode(raw: Any) -> Any:
        return {name: _copied(raw[path]) for name, path in paths.items()}

    return decode


def _copied(item: Any) -> Any:
    """None is an array that nobody ever gave elements."""
    return [] if item is None else np.array(item) if isinstance(item, np.ndarray) else item
