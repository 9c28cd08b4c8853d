"""How our values, types and states are spelled on Tango, and how Tango's spellings of a value become ours (rule 31).

Pure: Tango's types, qualities and states are named by their names, so that PyTango is not needed to read this. In: an
index for a label, JSON text for what Tango has no type for; the verdict on the result is the VType's.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from macduff.errors import BadValue
from macduff.values import VAction, VArray, VBool, VEnum, VNumber, VString, VType

__all__ = [
    "QUALITIES", "STATES", "Form", "command_form", "form_of", "from_json_text", "properties_of", "state_of",
    "text_for_tango", "to_json_text",
]  # fmt: skip

QUALITIES = ("ATTR_VALID", "ATTR_WARNING", "ATTR_ALARM", "ATTR_INVALID")
"""The quality of a reading, by the severity of its alarm."""

STATES = {
    "Idle": "ON", "Ready": "STANDBY", "Configuring": "INIT", "Running": "RUNNING", "Rewinding": "RUNNING",
    "Paused": "STANDBY", "Aborting": "RUNNING", "Aborted": "DISABLE", "Resetting": "INIT", "Fault": "FAULT",
}  # fmt: skip
"""Tango's State for each of ours. Whatever is busy is RUNNING or INIT, and nothing else is."""

AT_REST = ("ON", "STANDBY")
"""The States in which a device's bad health shows instead; what is busy stays busy."""

MOST = 2**31 - 1
"""The longest dimension that Tango can tell; ours has no bound."""

_TYPES = {
    "bool": "DevBoolean", "int8": "DevShort", "uint8": "DevUChar", "int16": "DevShort", "uint16": "DevUShort",
    "int32": "DevLong", "uint32": "DevULong", "int64": "DevLong64", "uint64": "DevULong64", "float16": "DevFloat",
    "float32": "DevFloat", "float64": "DevDouble",
}  # fmt: skip
_WIDER = {"int8": "int16", "float16": "float32"}
"""Numbers that Tango has no type for go as the next wider one."""
_ARRAYS = {
    "DevBoolean": "DevVarBooleanArray", "DevUChar": "DevVarCharArray", "DevShort": "DevVarShortArray",
    "DevUShort": "DevVarUShortArray", "DevLong": "DevVarLongArray", "DevULong": "DevVarULongArray",
    "DevLong64": "DevVarLong64Array", "DevULong64": "DevVarULong64Array", "DevFloat": "DevVarFloatArray",
    "DevDouble": "DevVarDoubleArray", "DevString": "DevVarStringArray",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Form:
    """How values of one type go over Tango.

    type: the name of the Tango type. format: SCALAR, SPECTRUM or IMAGE. out: from our value. back: to a value that our
    type gives its verdict on, or BadValue, from (value, where). substitute: whether it is JSON text for want of a type.
    """

    type: str
    format: str = "SCALAR"
    out: Callable[[Any], Any] = field(default=lambda value: value, compare=False)
    back: Callable[[Any, str], Any] = field(default=lambda value, where: value, compare=False)
    labels: tuple[str, ...] = field(default=(), compare=False)
    substitute: bool = False


def form_of(vtype: VType[Any]) -> Form | None:
    """The form of an attribute; None for an action, which is a command."""
    if isinstance(vtype, VAction):
        return None
    if isinstance(vtype, VArray):
        return _array_form(vtype)
    if isinstance(vtype, VEnum):
        return _enum_form(vtype)
    return _plain_form(vtype) or _json_form(vtype)


def command_form(vtype: VType[Any]) -> Form:
    """The form of what a command takes or returns: labels are text there, images JSON."""
    if isinstance(vtype, VEnum):
        return Form("DevString", out=lambda value: text_for_tango(vtype.to_json(value)))
    if isinstance(vtype, VArray) and vtype.ndim == 1:
        if isinstance(vtype.element, VEnum):
            return Form("DevVarStringArray", out=lambda value: [text_for_tango(text) for text in vtype.to_json(value)])
        form = _array_form(vtype)
        return Form(_ARRAYS[form.type], "SPECTRUM", form.out, form.back)
    form_plain = _plain_form(vtype)
    if form_plain is None:
        return _json_form(vtype)
    # Tango's commands know no single byte.
    return Form("DevUShort") if form_plain.type == "DevUChar" else form_plain


def _plain_form(vtype: VType[Any]) -> Form | None:
    if isinstance(vtype, VNumber):
        return Form(_TYPES[vtype.dtype], back=_number_back)
    if isinstance(vtype, VBool):
        return Form("DevBoolean", back=_bool_back)
    if isinstance(vtype, VString):
        return Form("DevString", out=text_for_tango)
    return None


def _number_back(value: Any, where: str) -> Any:
    return value


def _bool_back(value: Any, where: str) -> Any:
    return bool(value) if type(value) is int and value in (0, 1) else value


def _enum_form(vtype: VEnum[Any]) -> Form:
    labels = vtype.labels
    if not _tango_labels(labels):
        return Form("DevString", out=lambda value: text_for_tango(vtype.to_json(value)))
    index = {label: number for number, label in enumerate(labels)}

    def out(value: Any) -> int:
        return index[vtype.to_json(value)]

    def back(value: Any, where: str) -> Any:
        return _label(labels, value, where)

    return Form("DevEnum", out=out, back=back, labels=labels)


def _tango_labels(labels: tuple[str, ...]) -> bool:
    """Whether Tango can keep them: some, none empty, without the comma that it separates them by, Latin-1."""
    plain = all(label.strip() == label and label and "," not in label and _is_latin(label) for label in labels)
    return plain and 0 < len(labels) < 2**15 and len(set(labels)) == len(labels)


def _label(labels: tuple[str, ...], value: Any, where: str) -> str:
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        if 0 <= value < len(labels):
            return labels[int(value)]
        raise BadValue.of(where, f"an index from 0 to {len(labels) - 1}", int(value))
    return value  # type: ignore[no-any-return]  # a label, or what the type will refuse


def _array_form(vtype: VArray[Any]) -> Form:
    element, dimensions = vtype.element, vtype.ndim
    shape = {1: "SPECTRUM", 2: "IMAGE"}.get(dimensions or 0)
    if shape is None:
        return _json_form(vtype)
    if isinstance(element, VString):
        return Form("DevString", shape, out=lambda value: [text_for_tango(text) for text in value], back=_list_back)
    if isinstance(element, VEnum):
        return _labels_form(vtype, element)
    dtype = vtype.numpy_dtype
    name = "bool" if dtype is None else dtype.name
    wider = _WIDER.get(name)
    if wider is None:
        return Form(_TYPES[name], shape, back=_array_back(dimensions or 1))
    return Form(_TYPES[name], shape, out=lambda value: value.astype(wider), back=_array_back(dimensions or 1))


def _array_back(dimensions: int) -> Callable[[Any, str], Any]:
    """Tango's clients may send nothing at all for an empty array."""

    def back(value: Any, where: str) -> Any:
        if value is None or len(value) == 0:
            return np.zeros((0,) * dimensions, np.uint8) if dimensions > 1 else []
        return value

    return back


def _list_back(value: Any, where: str) -> Any:
    return [] if value is None else list(value)


def _labels_form(vtype: VArray[Any], element: VEnum[Any]) -> Form:
    single = _enum_form(element)

    def out(value: Any) -> Any:
        return [single.out(item) for item in value]

    def back(value: Any, where: str) -> Any:
        return [single.back(item, f"{where}[{n}]") for n, item in enumerate(_list_back(value, where))]

    return Form(single.type, "SPECTRUM", out=out, back=back, labels=single.labels)


# what Tango has no type for, as JSON


def _json_form(vtype: VType[Any]) -> Form:
    def back(value: Any, where: str) -> Any:
        return vtype.from_json(from_json_text(value, where), where)

    return Form("DevString", out=lambda value: to_json_text(vtype.to_json(value)), back=back, substitute=True)


def to_json_text(data: Any) -> str:
    """Plain data as JSON in ASCII, so that no Tango client can misread it."""
    return json.dumps(data, allow_nan=False, separators=(", ", ": "))


def from_json_text(text: Any, where: str) -> Any:
    """What JSON text says, or BadValue."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise BadValue.of(where, "JSON text", text) from None


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def text_for_tango(text: str) -> str:
    """The text, with what Tango cannot carry (beyond Latin-1, and NUL) as backslash escapes."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("latin-1", "backslashreplace").decode("latin-1").replace("\0", "\\x00")


# what a type tells of itself


def properties_of(vtype: VType[Any], label: str, description: str, writable: bool) -> dict[str, str]:
    """The properties of an attribute, by Tango's names; those that do not apply are left out.

    Tango applies min_value and max_value to what is written. So they are the control limits of what can be written; of
    what cannot, where they only scale screens, the display limits.
    """
    told = {"label": text_for_tango(label), "description": text_for_tango(description)}
    element = vtype.element if isinstance(vtype, VArray) else vtype
    if isinstance(element, VEnum) and element.labels and _tango_labels(element.labels):
        told["enum_labels"] = ",".join(element.labels)
    form = form_of(vtype)
    if isinstance(element, VNumber) and form is not None and not form.substitute:
        told |= _number_properties(element, writable)
    return {name: text for name, text in told.items() if text}


def _number_properties(vtype: VNumber[Any], writable: bool) -> dict[str, str]:
    integer = vtype.dtype.startswith(("int", "uint"))
    told = {"unit": text_for_tango(vtype.units)}
    precision = "g" if vtype.precision is None else f".{vtype.precision}f"
    told["format"] = "%d" if integer else f"%{precision}"
    shown = vtype.control if writable or vtype.control else vtype.display
    told |= _limits("value", shown, vtype.dtype, inwards=True)
    told |= _limits("warning", vtype.warning, vtype.dtype, inwards=False)
    told |= _limits("alarm", vtype.alarm, vtype.dtype, inwards=False)
    return told


def _limits(name: str, pair: Any, dtype: str, *, inwards: bool) -> dict[str, str]:
    """min_NAME and max_NAME; of an integer type as integers, and none that the type cannot reach or Tango refuses."""
    low, high = pair or (None, None)
    if low is not None and high is not None and low > high:
        low, high = high, low  # a scale that runs downwards
    if dtype.startswith(("int", "uint")):
        least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
        up, down = (math.ceil, math.floor) if inwards else (math.floor, math.ceil)
        low = None if low is None or up(low) <= least else up(low)
        high = None if high is None or down(high) >= most else down(high)
    if low is not None and high is not None and low >= high:
        return {}  # Tango wants room between them
    return {
        f"{end}_{name}": str(limit) if isinstance(limit, int) else repr(float(limit))
        for end, limit in (("min", low), ("max", high))
        if limit is not None
    }


def state_of(state: str, health: int) -> str:
    """Tango's State: that of our state; of a device at rest whose health is bad ALARM, or UNKNOWN when INVALID."""
    spelled = STATES.get(state, "UNKNOWN")
    if health and spelled in AT_REST:
        return "UNKNOWN" if health >= len(QUALITIES) - 1 else "ALARM"
    return spelled


def arguments_text(takes: Mapping[str, VType[Any]], required: tuple[str, ...]) -> str:
    """What a command's JSON argument holds, for people: {"target": float64, "speed": float64, optional}."""
    parts = [f'"{name}": {kind_text(vtype)}{"" if name in required else ", optional"}' for name, vtype in takes.items()]
    return "{" + "; ".join(parts) + "}"


def kind_text(vtype: VType[Any]) -> str:
    """A type in a word or two, without what may differ from device to device."""
    if isinstance(vtype, VArray):
        element = vtype.dtype or kind_text(vtype.element)
        return f"array of {element}" + ("" if vtype.ndim == 1 else f", {vtype.ndim or 'any number of'} dimensions")
    if isinstance(vtype, VNumber):
        return vtype.dtype
    return {VBool: "bool", VString: "text", VEnum: "label"}.get(type(vtype), type(vtype).__name__[1:].lower())
