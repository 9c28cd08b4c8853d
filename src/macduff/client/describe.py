"""Wire structures read back: metas as VTypes, blocks as DeviceInfo, attributes as readings."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from macduff.errors import BadValue
from macduff.protocol.dialect import Dialect
from macduff.protocol.wirevalue import from_wire
from macduff.values import (
    Alarm,
    AlarmStatus,
    Reading,
    Severity,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VFloat,
    VInt,
    VMap,
    VString,
    VTable,
    VType,
)  # fmt: skip

from .model import AttributeInfo, DeviceInfo, MethodInfo

__all__ = [
    "AttributeState", "attribute_info", "attribute_state", "attribute_states", "device_info", "method_info",
    "reading_of", "value_of", "vtype_of_meta",
]  # fmt: skip

_log = logging.getLogger("macduff.client")
_UNPACKED = "method:return:unpacked"


def vtype_of_meta(meta: Mapping[str, Any]) -> VType[Any]:
    """The VType that a meta describes; BadValue for a meta of no known kind."""
    kind = str(meta.get("typeid", "")).rpartition("/")[2].partition(":")[0]
    texts: dict[str, Any] = {
        "description": meta.get("description", ""),
        "label": meta.get("label", ""),
        "tags": tuple(meta.get("tags", ())),
    }
    inner: Mapping[str, Any] = meta.get("elements", {})
    if kind == "TableMeta":
        columns = {name: {**column, "ndim": 1} for name, column in inner.items()}
        return VTable({name: vtype_of_meta(column) for name, column in columns.items()}, **texts)
    if kind == "MapMeta":
        return VMap({name: vtype_of_meta(field) for name, field in inner.items()}, **texts)
    if kind.endswith("ArrayMeta"):
        return _array(_scalar(kind.replace("ArrayMeta", "Meta"), meta, {}), meta, texts)
    return _scalar(kind, meta, texts)


def _array(element: VType[Any], meta: Mapping[str, Any], texts: dict[str, Any]) -> VType[Any]:
    """An array; a strict server does not say of how many dimensions it is."""
    numeric = isinstance(element, VBool) or element.dtype is not None
    shape = meta.get("shape")
    return VArray(
        element, meta.get("ndim", None if numeric else 1), shape=None if shape is None else tuple(shape), **texts
    )


def _scalar(kind: str, meta: Mapping[str, Any], texts: dict[str, Any]) -> VType[Any]:
    if kind == "NumberMeta":
        return _number(meta, texts)
    if kind == "BooleanMeta":
        return VBool(**texts)
    if kind == "StringMeta":
        return VString(**texts)
    if kind == "ChoiceMeta":
        return VEnum(tuple(dict.fromkeys(meta.get("choices", ()))), **texts)
    raise BadValue.of("meta", "a meta of a number, boolean, string, choice, array, table or map", meta.get("typeid"))


def _number(meta: Mapping[str, Any], texts: dict[str, Any]) -> VType[Any]:
    display = meta.get("display") or {}
    low, high = display.get("limitLow", 0), display.get("limitHigh", 0)
    metadata: dict[str, Any] = {
        **texts,
        "units": display.get("units", ""),
        "precision": display.get("precision"),
        "display": None if low == high == 0 else (low, high),
        **{name: tuple(meta[name]) for name in ("control", "warning", "alarm") if meta.get(name)},
    }
    dtype = str(meta.get("dtype", "float64"))
    if dtype.startswith("float"):
        return VFloat(**metadata) if dtype == "float32" else VDouble(**metadata)
    signed = not dtype.startswith("u")
    return VInt(int(dtype.removeprefix("u").removeprefix("int")), signed, **metadata)


def value_of(vtype: VType[Any], data: Any, where: str, dialect: Dialect) -> Any:
    """A value from the wire as Python has it. What its type does not fit comes as it is: the server knows best."""
    try:
        return from_wire(vtype, data, where, dialect)
    except BadValue:
        _log.debug("%s: %r does not fit %r", where, data, vtype, exc_info=True)
        return data


@dataclass(frozen=True, slots=True)
class AttributeState:
    """An attribute as one Get tells it."""

    info: AttributeInfo
    reading: Reading
    setpoint: Any
    """What was last asked for; the reading's value where the server does not tell one apart."""


def attribute_info(name: str, meta: Mapping[str, Any]) -> AttributeInfo:
    """An attribute's description from its meta."""
    writeable = bool(meta.get("writeable", False))
    return AttributeInfo(
        name,
        vtype_of_meta(meta),
        label=meta.get("label", ""),
        description=meta.get("description", ""),
        tags=tuple(meta.get("tags", ())),
        writeable=writeable,
        writable=bool(meta.get("writable", writeable)),
        parameter=bool(meta.get("parameter", False)),
    )


def attribute_state(
    where: str, name: str, structure: Mapping[str, Any], dialect: Dialect, vtype: VType[Any] | None = None
) -> AttributeState:
    """An attribute from its structure: description, reading and set point; values as of `vtype` where given."""
    info = attribute_info(name, structure["meta"])
    vtype = vtype or info.vtype
    reading = reading_of(vtype, where, structure, dialect)
    setpoint = reading.value
    if "setpoint" in structure:
        setpoint = value_of(vtype, structure["setpoint"], where, dialect)
    return AttributeState(info, reading, setpoint)


def attribute_states(where: str, block: Mapping[str, Any], dialect: Dialect) -> dict[str, AttributeState]:
    """The attributes of a device from its structure, but for those that cannot be understood, as in `device_info`."""
    found: dict[str, AttributeState] = {}
    for name in block["meta"]["fields"]:
        structure = block.get(name)
        if not isinstance(structure, Mapping) or "timeStamp" not in structure:
            continue  # a method
        try:
            found[name] = attribute_state(f"{where}.{name}", name, structure, dialect)
        except (LookupError, TypeError, ValueError):
            _log.debug("%s.%s: left out, it was not understood", where, name, exc_info=True)
    return found


def reading_of(
    vtype: VType[Any], where: str, structure: Mapping[str, Any], dialect: Dialect, sequence: int = 0
) -> Reading:
    """The reading in an attribute's structure."""
    alarm, stamp = structure["alarm"], structure["timeStamp"]
    return Reading(
        value_of(vtype, structure["value"], where, dialect),
        Alarm(Severity(alarm["severity"]), AlarmStatus(alarm["status"]), alarm["message"]),
        int(stamp["secondsPastEpoch"]) * 1_000_000_000 + int(stamp["nanoseconds"]),
        sequence,
    )


def device_info(name: str, block: Mapping[str, Any]) -> DeviceInfo:
    """A device's description from its structure. A field of an unknown kind is left out, with a warning."""
    meta = block["meta"]
    attributes: dict[str, AttributeInfo] = {}
    methods: dict[str, MethodInfo] = {}
    for field in meta["fields"]:
        structure = block.get(field)
        if structure is None:
            continue
        try:
            if "took" in structure or str(structure.get("typeid", "")).startswith("malcolm:core/Method:"):
                methods[field] = method_info(field, structure["meta"])
            else:
                attributes[field] = attribute_info(field, structure["meta"])
        except (LookupError, TypeError, ValueError) as error:
            _log.warning("%s.%s: left out, its description was not understood: %s", name, field, error)
    return DeviceInfo(
        name,
        label=meta.get("label", ""),
        description=meta.get("description", ""),
        tags=tuple(meta.get("tags", ())),
        attributes=attributes,
        methods=methods,
        fields=tuple(field for field in meta["fields"] if field in attributes or field in methods),
        listed=tuple(meta["fields"]),
    )


def method_info(name: str, meta: Mapping[str, Any]) -> MethodInfo:
    takes, returns = meta.get("takes", {}), meta.get("returns", {})
    tags = tuple(meta.get("tags", ()))
    return MethodInfo(
        name,
        label=meta.get("label", ""),
        description=meta.get("description", ""),
        tags=tags,
        takes={element: vtype_of_meta(inner) for element, inner in takes.get("elements", {}).items()},
        required=tuple(takes.get("required", ())),
        defaults=dict(meta.get("defaults", {})),
        returns={element: vtype_of_meta(inner) for element, inner in returns.get("elements", {}).items()},
        unpacked=_UNPACKED in tags,
        writeable=bool(meta.get("writeable", True)),
    )
