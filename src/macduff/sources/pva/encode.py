"""Values for PVAccess: what a PV cannot hold exactly is refused, for p4p would make it fit without a word."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from ...errors import BadValue, NotWriteable
from ...values import VAction, VArray, VEnum, VType
from .facts import vtype_for
from .native import DTYPES, Native

__all__ = ["encode"]


def encode(vtype: VType[Any], value: Any, native: Native) -> dict[str, Any]:
    """The members to send, by path, for a validated value; BadValue when the PV cannot take it."""
    members = _encode(vtype, value, native)
    for item in members.values():
        for text in item if isinstance(item, list) else [item]:
            if isinstance(text, str):
                _check_text(text, native)
    return members


def _check_text(text: str, native: Native) -> None:
    if "\0" in text:
        raise BadValue.of(str(native), "text without NUL characters, which would end it", text)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadValue.of(str(native), "text that is Unicode, without lone surrogates", text)


def _encode(vtype: VType[Any], value: Any, native: Native) -> dict[str, Any]:
    if isinstance(vtype, VAction):
        return {"value.index" if native.kind == "enum" else "value": _press(native)}
    if native.kind == "scalar":
        return {"value": _scalar(vtype, value, native)}
    if native.kind == "enum":
        return {"value.index": _index(vtype, value, native)}
    if native.kind == "array":
        return {"value": _array(vtype, value, native)}
    if native.kind == "image":
        raise NotWriteable(f"{native}: expected a PV that is no image, for those are not put")
    prefix = f"{native.path}." if native.path else ""
    checked = vtype_for(native).validate(value, native.pv)  # names and types of the columns or fields are the PV's
    return {prefix + native.inner.get(name, name): _plain(item) for name, item in checked.items()}


def _press(native: Native) -> Any:
    if native.kind == "scalar":
        return {"?": True, "s": "1"}.get(native.code, 1)
    if native.kind == "enum":
        return 1
    raise BadValue(f"{native}: expected a number, bool, text or enum to set off, got none")


def _plain(item: Any) -> Any:
    return list(item) if isinstance(item, tuple) else item


def _scalar(vtype: VType[Any], value: Any, native: Native) -> Any:
    if isinstance(vtype, VEnum):
        label = _spelled(vtype, value)
        if native.code != "s":
            return _checked(list(vtype.labels).index(label), native)
        value = label
    if isinstance(value, bool) and native.code != "?":
        value = int(value)
    elif native.code == "?" and type(value) in (int, float) and value in (0, 1):
        value = bool(value)
    return _checked(value, native)


def _checked(value: Any, native: Native) -> Any:
    checked = vtype_for(native).validate(value, str(native))
    if native.code in "fd" and isinstance(value, int) and int(checked) != value:
        raise BadValue.of(str(native), "an integer that a float holds exactly", value)
    return checked


def _spelled(vtype: VEnum[Any], value: Any) -> str:
    return str(vtype.to_json(value)) if isinstance(value, Enum) else str(value)


def _index(vtype: VType[Any], value: Any, native: Native) -> int:
    """Of a label; a number is one itself, and a bool."""
    if not isinstance(value, str | Enum):
        if not 0 <= value < len(native.labels):
            raise BadValue.of(str(native), f"a state from 0 to {len(native.labels) - 1}", value)
        return int(value)
    label = _spelled(vtype, value) if isinstance(vtype, VEnum) else str(value)
    known = vtype_for(native).labels  # type: ignore[attr-defined]  # VEnum's
    labels = native.labels if label in native.labels else known
    if label not in labels:
        raise BadValue.of(str(native), f"one of {', '.join(labels)}", label)
    return int(labels.index(label))


def _array(vtype: VType[Any], value: Any, native: Native) -> Any:
    if isinstance(value, str):
        if native.code not in ("b", "B"):
            raise BadValue.of(str(native), "a PV for text", value)
        return np.frombuffer(value.encode() + b"\0", DTYPES[native.code])
    if isinstance(value, tuple):
        if native.code != "s":
            raise BadValue(f"{native}: expected a PV of text, got one of numbers")
        element = vtype.element if isinstance(vtype, VArray) else vtype
        return [_spelled(element, item) if isinstance(element, VEnum) else str(item) for item in value]
    if native.code == "s":
        raise BadValue(f"{native}: expected text, got an array of {value.dtype}")
    flat = np.ravel(value)
    if native.code == "?" and flat.dtype.kind != "b":
        raise BadValue(f"{native}: expected bool, got an array of {flat.dtype}")
    if flat.dtype.kind == "b" and native.code != "?":
        flat = flat.astype(np.uint8)
    sent = VArray(DTYPES[native.code]).validate(flat, str(native))
    if flat.dtype.kind in "iu" and not (sent.astype(flat.dtype) == flat).all():
        raise BadValue.of(str(native), "integers that floats hold exactly", flat)
    return sent
