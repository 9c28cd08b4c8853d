"""Commands of Tango devices as methods: what they take and return, and both ways between its values and ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.method import MethodSpec
from ...errors import BadValue
from ...values import VArray, VEnum, VInt, VMap, VString, VType
from .native import DTYPES, STATES, scalar_type
from .spelling import encode_scalar

__all__ = ["ARGUMENT", "Command", "command_of"]

ARGUMENT = "argin"
"""What a command's argument is called: Tango has no name for it, and this is what its tools say."""

_ELEMENTS = {
    "DevVarBooleanArray": "DevBoolean", "DevVarCharArray": "DevUChar", "DevVarShortArray": "DevShort",
    "DevVarUShortArray": "DevUShort", "DevVarLongArray": "DevLong", "DevVarULongArray": "DevULong",
    "DevVarLong64Array": "DevLong64", "DevVarULong64Array": "DevULong64", "DevVarFloatArray": "DevFloat",
    "DevVarDoubleArray": "DevDouble", "DevVarStringArray": "DevString", "DevVarStateArray": "DevState",
}  # fmt: skip
_PAIRS = {"DevVarLongStringArray": "DevLong", "DevVarDoubleStringArray": "DevDouble"}
_NUMBERS, _TEXTS = "numbers", "texts"
_SAYS_NOTHING = ("", "Uninitialised", "No input parameter (DevVoid)", "No output parameter (DevVoid)")


@dataclass(frozen=True)
class Command:
    """name: the device's. types: Tango's, of what it takes and returns."""

    name: str
    types: tuple[str, str]
    spec: MethodSpec

    def argument(self, given: Mapping[str, Any], tango: Any, where: str) -> Any:
        """The validated arguments as Tango wants them; None where it wants none."""
        taken = self.types[0]
        if taken == "DevVoid":
            return None
        if taken in _PAIRS:
            texts = [encode_scalar(VString(), text, "DevString", (), where) for text in given[_TEXTS]]
            return [given[_NUMBERS].tolist(), texts]
        value = given[next(iter(self.spec.takes))]
        vtype = self.spec.takes[next(iter(self.spec.takes))]
        if taken in _ELEMENTS:
            if isinstance(value, np.ndarray):
                return value
            return [_one(vtype.element, item, _ELEMENTS[taken], tango, where) for item in value]  # type: ignore[attr-defined]  # VArray's
        return _one(vtype, value, taken, tango, where)

    def result(self, raw: Any, where: str) -> Any:
        """What the command returned, validated as the method's result."""
        returned = self.types[1]
        if returned == "DevVoid":
            return None
        if returned in _PAIRS:
            value: Any = {_NUMBERS: _array(raw[0]), _TEXTS: [str(text) for text in raw[1]]}
        elif returned in _ELEMENTS:
            value = _array(raw) if _ELEMENTS[returned] in DTYPES else [_taken(_ELEMENTS[returned], x) for x in raw]
        elif returned == "DevEncoded":
            value = {"format": str(raw[0]), "data": np.frombuffer(bytes(raw[1]), np.uint8)}
        else:
            value = _taken(returned, raw)
        return self.spec.result(where, value)


def _array(raw: Any) -> Any:
    return [] if raw is None else np.array(raw)


def _taken(type: str, raw: Any) -> Any:
    if type == "DevState":
        return STATES[int(raw)]
    if type == "DevBoolean":
        return bool(raw)
    return raw


def _one(vtype: VType[Any], value: Any, type: str, tango: Any, where: str) -> Any:
    raw = encode_scalar(vtype, value, type, (), where)
    return tango.DevState.values[raw] if type == "DevState" else raw


def command_of(info: Any, name: str, declared: tuple[VType[Any] | None, VType[Any] | None] = (None, None)) -> Command:
    """From a command's info; BadValue for types that have no place among ours.

    name: of the method. declared: types that are to be instead of Tango's, which tell more, such as units.
    """
    taken, returned = str(info.in_type), str(info.out_type)
    takes = _types(taken, declared[0], ARGUMENT, info.cmd_name)
    returns = _types(returned, declared[1], "return", info.cmd_name)
    told = [(what, text) for what, text in (("Takes", info.in_type_desc), ("Returns", info.out_type_desc))]
    description = " ".join(
        f"{what}: {' '.join(text.split())}."
        for what, text in told
        if text not in _SAYS_NOTHING and "not documented" not in text
    )
    spec = MethodSpec(name, description, takes, tuple(takes), {}, returns, "return" in returns, busy="allow")
    return Command(info.cmd_name, (taken, returned), spec)


def _types(type: str, declared: VType[Any] | None, name: str, command: str) -> dict[str, VType[Any]]:
    if type == "DevVoid":
        return {}
    if type in _PAIRS:
        return {_NUMBERS: VArray(DTYPES[_PAIRS[type]]), _TEXTS: VArray(VString())}
    found = _type(type)
    if found is None:
        raise BadValue(f"{command}: expected a command of numbers, text, states and their arrays, got {type}")
    if declared is not None:
        same = found.python_type is declared.python_type or isinstance(declared, VEnum) or isinstance(found, VInt)
        if not same:
            raise BadValue(f"{command}: expected a command with {declared.name}, got {type}")
        found = declared
    if isinstance(found, VMap) and name == "return":
        return dict(found.fields)
    return {name: found}


def _type(type: str) -> VType[Any] | None:
    if type in _ELEMENTS:
        element = scalar_type(_ELEMENTS[type])
        return None if element is None else VArray(element)
    return VInt(16) if type == "DevEnum" else scalar_type(type)
