"""Devices, attributes and methods as the plain structures that a Get answers with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from macduff.values import Alarm, Reading, VAction, VType

from . import typeids
from .dialect import Dialect
from .kinds import NoForm, attribute_typeid, check_form
from .metas import elements, label_of, meta_of
from .model import AttributeModel, DeviceModel, FieldModel, MethodLog, MethodModel
from .wirevalue import to_wire

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = [
    "alarm_of", "attribute_meta", "attribute_structure", "block_meta", "block_structure", "field_structure",
    "has_setpoint", "is_action", "is_attribute", "log_structure", "method_meta", "method_structure", "time_of",
    "unservable",
]  # fmt: skip

UNPACKED = "method:return:unpacked"


def is_attribute(field: FieldModel) -> TypeIs[AttributeModel]:
    """Whether a field is an attribute; what is no attribute is a method."""
    return hasattr(field, "vtype")  # not "reading", which is made anew for each who asks


def is_action(field: FieldModel) -> bool:
    """Whether a field is an attribute that is shown as a method without parameters."""
    return is_attribute(field) and isinstance(field.vtype, VAction)


def unservable(device: DeviceModel) -> list[str]:
    """What of a device has no form in malcolm.1, as sentences; a device with any is refused there."""
    found = []
    for name, field in device.fields.items():
        types: Mapping[str, VType[Any]]
        types = {name: field.vtype} if is_attribute(field) else {**field.takes, **field.returns}
        for item, vtype in types.items():
            where = f"{device.name}.{name}" if item == name else f"{device.name}.{name}({item})"
            try:
                check_form(vtype, False)
            except NoForm as error:
                found.append(f"{where}: {error.message}")
    return found


def alarm_of(alarm: Alarm) -> dict[str, Any]:
    """An alarm_t."""
    return {
        "typeid": typeids.ALARM,
        "severity": int(alarm.severity),
        "status": int(alarm.status),
        "message": alarm.message,
    }


def time_of(time: int) -> dict[str, Any]:
    """A time_t from ns since the UNIX epoch."""
    seconds, nanoseconds = divmod(time, 1_000_000_000)
    return {"typeid": typeids.TIME, "secondsPastEpoch": seconds, "nanoseconds": nanoseconds, "userTag": 0}


def has_setpoint(attribute: AttributeModel, dialect: Dialect) -> bool:
    """Whether the dialect shows a set point beside the value."""
    return dialect.ours and attribute.writable and attribute.setpoint is not None


def attribute_meta(attribute: AttributeModel, dialect: Dialect) -> dict[str, Any]:
    """The meta of an attribute as it stands now."""
    meta = meta_of(
        attribute.vtype,
        dialect,
        description=attribute.description,
        tags=attribute.tags,
        writable=attribute.writable,
        writeable=attribute.writeable,
        label=attribute.label or label_of(attribute.name),
    )
    if dialect.ours:
        meta["writable"] = attribute.writable
        meta["parameter"] = attribute.parameter
    return meta


def attribute_structure(attribute: AttributeModel, dialect: Dialect) -> dict[str, Any]:
    """An attribute: value, alarm, timeStamp and meta; an action is a method."""
    if isinstance(attribute.vtype, VAction):
        return _action(attribute, dialect)
    reading: Reading = attribute.reading
    structure: dict[str, Any] = {
        "typeid": attribute_typeid(attribute.vtype, dialect.ours),
        "value": to_wire(attribute.vtype, reading.value, dialect),
    }
    if has_setpoint(attribute, dialect):
        structure["setpoint"] = to_wire(attribute.vtype, attribute.setpoint, dialect)
    structure["alarm"] = alarm_of(reading.alarm)
    structure["timeStamp"] = time_of(reading.time)
    structure["meta"] = attribute_meta(attribute, dialect)
    return structure


def method_meta(method: MethodModel, dialect: Dialect) -> dict[str, Any]:
    """The meta of a method; `defaults` holds what an omitted parameter means now."""
    tags = list(method.tags)
    if method.unpacked and UNPACKED not in tags:
        tags.append(UNPACKED)
    takes, returns = method.takes, method.returns
    return _method_meta(
        elements(takes, dialect, True),
        list(method.required),
        {name: to_wire(takes[name], value, dialect) for name, value in method.defaults.items() if name in takes},
        elements(returns, dialect, False),
        description=method.description,
        tags=tags,
        writeable=method.writeable and not dialect.read_only,
        label=method.label or label_of(method.name),
    )


def _method_meta(
    takes: Mapping[str, Any],
    required: Sequence[str],
    defaults: Mapping[str, Any],
    returns: Mapping[str, Any],
    *,
    description: str,
    tags: Sequence[str],
    writeable: bool,
    label: str,
) -> dict[str, Any]:
    return {
        "typeid": typeids.METHOD_META,
        "takes": {"typeid": typeids.MAP_META, "elements": takes, "required": required},
        "defaults": defaults,
        "description": description,
        "tags": tags,
        "writeable": writeable,
        "label": label,
        "returns": {"typeid": typeids.MAP_META, "elements": returns, "required": list(returns)},
    }


def log_structure(log: MethodLog, types: Mapping[str, VType[Any]], dialect: Dialect) -> dict[str, Any]:
    """What a method took or returned; an element that has no value shows its type's zero."""
    value = log.value
    return {
        "typeid": typeids.METHOD_LOG,
        "value": {
            name: to_wire(vtype, value[name] if name in value else vtype.zero(), dialect)
            for name, vtype in types.items()
        },
        "present": [name for name in log.present if name in types],
        "alarm": alarm_of(log.alarm),
        "timeStamp": time_of(log.time),
    }


def method_structure(method: MethodModel, dialect: Dialect) -> dict[str, Any]:
    """A method: the two sides of its last call, and its meta."""
    return {
        "typeid": typeids.METHOD,
        "took": log_structure(method.took, method.takes, dialect),
        "returned": log_structure(method.returned, method.returns, dialect),
        "meta": method_meta(method, dialect),
    }


def _action(attribute: AttributeModel, dialect: Dialect) -> dict[str, Any]:
    reading: Reading = attribute.reading
    log = {
        "typeid": typeids.METHOD_LOG,
        "value": {},
        "present": [],
        "alarm": alarm_of(reading.alarm),
        "timeStamp": time_of(reading.time),
    }
    meta = _method_meta(
        {}, [], {}, {},
        description=attribute.description, tags=list(attribute.tags),
        writeable=attribute.writeable and not dialect.read_only, label=attribute.label or label_of(attribute.name),
    )  # fmt: skip
    return {"typeid": typeids.METHOD, "took": log, "returned": log, "meta": meta}


def field_structure(field: FieldModel, dialect: Dialect) -> dict[str, Any]:
    """An attribute's or a method's structure."""
    return attribute_structure(field, dialect) if is_attribute(field) else method_structure(field, dialect)


def block_meta(device: DeviceModel, dialect: Dialect) -> dict[str, Any]:
    """The meta of a device, its fields in order."""
    return {
        "typeid": typeids.BLOCK_META,
        "description": device.description,
        "tags": list(device.tags),
        "writeable": not dialect.read_only,
        "label": device.label or device.name,
        "fields": list(device.fields),
    }


def block_structure(device: DeviceModel, dialect: Dialect) -> dict[str, Any]:
    """A whole device."""
    fields = {name: field_structure(field, dialect) for name, field in device.fields.items()}
    return {"typeid": typeids.BLOCK, "meta": block_meta(device, dialect), **fields}
