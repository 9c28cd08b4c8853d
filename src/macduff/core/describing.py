"""A device as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .attribute import Attribute
    from .device import Device

__all__ = ["as_dict"]


def as_dict(device: Device) -> dict[str, Any]:
    """`Device.to_dict`."""
    return {
        "name": device.name,
        "class": type(device).__name__,
        "description": device.description,
        "attributes": {name: _attribute(attribute) for name, attribute in device.attributes.items()},
        "methods": {
            name: {"takes": {arg: vtype.name for arg, vtype in method.takes.items()}, "description": method.description}
            for name, method in device.methods.items()
        },
        "children": {role: as_dict(child) for role, child in device._children.items()},
    }


def _attribute(attribute: Attribute[Any]) -> dict[str, Any]:
    """Value, set point, alarm, time stamp (ns) and type of one moment."""
    value, alarm, time, _ = attribute._now
    return {
        "value": attribute.vtype.to_json(value),
        "setpoint": attribute.vtype.to_json(attribute.setpoint),
        "alarm": {"severity": alarm.severity.name, "status": alarm.status.name, "message": alarm.message},
        "time": time,
        "type": attribute.vtype.name,
        "writable": attribute.writable,
    }
