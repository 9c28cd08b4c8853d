"""The children of a device: given to it, or parts of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

from .building import check_made
from .names import check_device_name

if TYPE_CHECKING:
    from .device import Device

__all__ = ["add_child", "family", "set_child"]

D = TypeVar("D", bound="Device")


def add_child(device: Device, child: D) -> D:
    """`Device.add_child`."""
    check_made(child)
    _before_it_joins(device, "add_child")
    role = child.name
    taken = {name.lower(): name for name in (*device.fields, *device._parts.children, *device._children)}
    if role.lower() in taken:
        raise ValueError(
            f"{device.name}.add_child: expected a child whose name differs in more than case from those of all other "
            f"members, got {role} beside {taken[role.lower()]}"
        )
    _rename(child, f"{device.name}:{role}")
    child._parent = device
    device._children[role] = child
    device._owned.append(child)
    return child


def set_child(device: Device, role: str, child: Device) -> None:
    """`Device.set_child`."""
    check_made(device)
    _before_it_joins(device, "set_child")
    declaration = device._parts.children.get(role)
    if declaration is None:
        known = ", ".join(device._parts.children) or "none"
        raise TypeError(f"{device.name}.{role}: expected one of its children ({known}), got {child!r}")
    if not isinstance(child, declaration.cls):
        raise TypeError(f"{device.name}.{role}: expected a {declaration.cls.__name__}, got {child!r}")
    if child is device:
        raise ValueError(f"{device.name}.{role}: expected another device, got {device.name} itself")
    device._children[role] = child
    device._set(**{role: child})


def _before_it_joins(device: Device, what: str) -> None:
    if device._process is not None:
        raise RuntimeError(
            f"{device.name}.{what}: expected to be called in __init__, got it after the device was added"
        )


def _rename(device: Device, name: str) -> None:
    if device._process is not None or device._parent is not None:
        raise RuntimeError(f"{device.name}: expected a new device, got one that belongs to something already")
    check_device_name(name)
    device._log = logging.getLogger(f"macduff.device.{name}")
    device._set(name=name, log=device._log)
    for role, child in device._children.items():
        if child in device._owned:
            child._parent = None
            _rename(child, f"{name}:{role}")
            child._parent = device


def family(device: Device) -> Iterator[Device]:
    """The device and the parts that belong to it."""
    yield device
    for child in device._owned:
        yield from family(child)
