"""What servers say of methods in words, for people: the names of arguments and their types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...values import VArray, VBool, VDouble, VEnum, VFloat, VInt, VString, VType

__all__ = ["Takes", "json_arguments", "signature_arguments", "single_argument"]

Takes = tuple[dict[str, VType[Any]], tuple[str, ...]]
"""The arguments by name, and those that are required."""

_NUMBER = re.compile(r"(u?)int(8|16|32|64)")
_KINDS: Mapping[str, VType[Any]] = {
    "float64": VDouble(), "float32": VFloat(), "bool": VBool(), "text": VString(), "label": VString(),
    "VBool": VBool(), "VString": VString(), "VEnum": VString(), "VEnumArray": VArray(VString()),
}  # fmt: skip
_SIGNED = re.compile(r"(\w+): ([^,()]*?)(=?)(?:, |$)")
_JSON = re.compile(r'"([^"]+)": ([^;}]*?)(, optional)?(?:; |}$)')


def signature_arguments(text: str) -> Takes:
    """Of `configure(exposure: float64=, frames: int64=)`, as PVs of methods say it."""
    inner = text[text.index("(") + 1 : -1]
    found = _SIGNED.findall(inner)
    return {name: _kind(kind) for name, kind, _ in found}, tuple(name for name, _, given in found if not given)


def json_arguments(text: str) -> Takes:
    """Of `JSON: {"exposure": float64, optional}; an empty text for none`, as commands of Tango say it."""
    found = _JSON.findall(text.removeprefix("JSON: ").partition("; an empty text")[0])
    return {name: _kind(kind) for name, kind, _ in found}, tuple(name for name, _, optional in found if not optional)


def single_argument(text: str) -> Takes:
    """Of `target: float64`, as commands of Tango with one argument say it."""
    name, _, kind = text.partition(": ")
    return {name: _kind(kind.removeprefix("JSON: "))}, (name,)


def _kind(text: str) -> VType[Any]:
    """A type of that kind, for signatures; what it takes and refuses is the device's to say."""
    if number := _NUMBER.fullmatch(text):
        return VInt(int(number[2]), not number[1])
    if text.startswith("array of "):
        element, _, dimensions = text.removeprefix("array of ").partition(", ")
        told = dimensions.partition(" ")[0]
        return VArray(_element(element), ndim=int(told) if told.isdigit() else None if told else 1)
    return _KINDS.get(text, VString())


def _element(text: str) -> VType[Any]:
    found = _kind(text)
    return VString() if isinstance(found, VArray | VEnum) else found
