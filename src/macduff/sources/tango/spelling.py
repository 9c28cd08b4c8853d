"""Values of Tango as an attribute's type wants them, and the other way: what Tango cannot hold exactly is refused."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import numpy as np

from ...errors import BadValue
from ...values import VAction, VArray, VBool, VEnum, VMap, VNumber, VString, VType
from .native import DTYPES, STATES, Native, vtype_for

__all__ = ["Decode", "decoder", "encode", "encode_scalar"]

Decode = Callable[[Any], Any]


def decoder(vtype: VType[Any], native: Native) -> Decode:
    """The function that makes a value of what comes; the verdict on it is the type's.

    BadValue when the attribute cannot be of that type; the function raises it for a value that is none.
    """
    if isinstance(vtype, VAction):
        return lambda raw: None
    if native.form == "SCALAR" and not isinstance(vtype, VArray):
        made = _scalar(vtype, native)
    elif isinstance(vtype, VArray) and native.form != "SCALAR" and native.type != "DevEncoded":
        made = _array(vtype, native)
    else:
        made = None
    if made is None:
        raise BadValue(f"{native}: expected an attribute for {vtype.name}, got one that cannot be")
    return made


def _scalar(vtype: VType[Any], native: Native) -> Decode | None:
    if isinstance(vtype, VBool) and native.type in DTYPES:
        return lambda raw: _bool(native, raw)
    if isinstance(vtype, VNumber) and (native.type in DTYPES or native.type == "DevEnum"):
        return (lambda raw: raw) if native.type != "DevBoolean" else None
    if isinstance(vtype, VString | VEnum):
        labels = _labels(vtype, native)
        if labels:
            return lambda raw: _label(native, labels, raw)
        return str if native.type == "DevString" else None
    if isinstance(vtype, VMap) and native.type == "DevEncoded":
        return lambda raw: {"format": str(raw[0]), "data": np.frombuffer(_bytes(raw[1]), np.uint8)}
    return None


def _bytes(data: Any) -> bytes:
    return data.encode("latin-1") if isinstance(data, str) else bytes(data)


def _bool(native: Native, raw: Any) -> bool:
    if raw not in (0, 1):
        raise BadValue(f"{native}: expected 0 or 1, got {raw}")
    return bool(raw)


def _labels(vtype: VType[Any], native: Native) -> tuple[str, ...]:
    """By index: those of states, of the attribute, or the type's own for a plain number."""
    if native.type == "DevState":
        return STATES
    if native.type == "DevEnum":
        same = isinstance(vtype, VEnum) and not isinstance(vtype.choices, type) and vtype.labels
        return vtype.labels if same and len(vtype.labels) == len(native.labels) else native.labels  # type: ignore[attr-defined]  # VEnum's
    if native.type in DTYPES and isinstance(vtype, VEnum):
        return vtype.labels
    return ()


def _label(native: Native, labels: tuple[str, ...], raw: Any) -> str:
    index = int(raw)
    if not 0 <= index < len(labels):
        raise BadValue(f"{native}: expected a state from 0 to {len(labels) - 1}, got {index}")
    return labels[index]


def _array(vtype: VArray[Any], native: Native) -> Decode | None:
    element = vtype.element
    if isinstance(element, VString | VEnum):
        if native.form != "SPECTRUM":
            return None
        labels = _labels(element, native)
        if labels:
            return lambda raw: tuple(_label(native, labels, item) for item in _items(raw))
        return (lambda raw: tuple(str(item) for item in _items(raw))) if native.type == "DevString" else None
    if native.type not in DTYPES:
        return None
    dimensions = 1 if native.form == "SPECTRUM" else 2

    def decode(raw: Any) -> Any:
        if raw is None or len(raw) == 0:
            return np.empty((0,) * dimensions, DTYPES[native.type])
        array = np.array(raw)  # a copy of our own
        if isinstance(element, VBool) and array.dtype.kind != "b":
            if not np.isin(array, (0, 1)).all():
                raise BadValue(f"{native}: expected elements of 0 or 1, got others")
            array = array.astype(np.bool_)
        return array

    return decode


def _items(raw: Any) -> Any:
    return () if raw is None else raw


def encode(vtype: VType[Any], value: Any, native: Native) -> Any:
    """What to write, for a validated value; BadValue when the attribute cannot take it."""
    if isinstance(vtype, VAction):
        return encode_scalar(VBool(), True, native.type, (), str(native)) if native.form == "SCALAR" else [1]
    if native.form == "SCALAR":
        return encode_scalar(vtype, value, native.type, native.labels, str(native))
    if isinstance(value, tuple):
        element = vtype.element if isinstance(vtype, VArray) else vtype
        return [encode_scalar(element, item, native.type, native.labels, str(native)) for item in value]
    if native.type not in DTYPES:
        raise BadValue(f"{native}: expected text, got an array of {value.dtype}")
    plain = value.astype(np.uint8) if value.dtype.kind == "b" and native.type != "DevBoolean" else value
    sent = vtype_for(native).validate(plain, str(native))
    if plain.dtype.kind in "iu" and not (sent.astype(plain.dtype) == plain).all():
        raise BadValue.of(str(native), "integers that floats hold exactly", value)
    return sent


def encode_scalar(vtype: VType[Any], value: Any, type: str, labels: tuple[str, ...], where: str) -> Any:
    """One validated value as one of a type of Tango's."""
    if isinstance(vtype, VEnum):
        label = str(vtype.to_json(value)) if isinstance(value, Enum) else str(value)
        return _spelled(vtype, label, type, labels, where)
    if type in ("DevString", "ConstDevString"):
        return _text(value, where)
    if type == "DevEncoded":
        return (_text(value["format"], where), bytes(value["data"]))
    if type == "DevEnum" and not isinstance(value, str):
        return int(value)
    if isinstance(value, str):
        return _spelled(VEnum(labels), value, type, labels, where)
    checked = value
    if type != "DevBoolean":
        plain = int(value) if isinstance(value, bool) else value
        checked = VArray(DTYPES[type]).element.validate(plain, where)
        if isinstance(plain, int) and int(checked) != plain:
            raise BadValue.of(where, "an integer that a float holds exactly", value)
    elif value not in (0, 1):
        raise BadValue.of(where, "true or false", value)
    return bool(checked) if type == "DevBoolean" else checked


def _spelled(vtype: VEnum[Any], label: str, type: str, labels: tuple[str, ...], where: str) -> Any:
    if type == "DevString":
        return _text(label, where)
    known = STATES if type == "DevState" else labels if label in labels else vtype.labels
    if label not in known:
        raise BadValue.of(where, f"one of {', '.join(known)}", label)
    return known.index(label)


def _text(text: Any, where: str) -> str:
    """Tango carries Latin-1, and no NUL."""
    try:
        if "\0" not in str(text).encode("latin-1").decode("latin-1"):
            return str(text)
    except UnicodeEncodeError:
        pass
    raise BadValue.of(where, "text of Latin-1 characters without NUL, as Tango's is", text)
