"""Attributes that one device alone has, given and taken while clients listen."""

from __future__ import annotations

import copy
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from .initial import bind

if TYPE_CHECKING:
    from .attribute import Attribute
    from .device import Device

__all__ = ["add_attribute", "fields_changed", "remove_attribute"]

T = TypeVar("T")


def add_attribute(device: Device, name: str, attribute: Attribute[T]) -> Attribute[T]:
    """`Device.add_attribute`."""
    check_token(device)
    device._parts.check_new(device, name)
    process = device._process
    attribute = copy.copy(attribute)  # it may be given to others too
    attribute.name = name
    with nullcontext() if process is None else process._joining.names.member(device, name):
        bound = bind(attribute, device)
        if process is not None:
            process._joining.prepare_attribute(device, bound)
        with device._mutex:
            if name in device.attributes:
                raise ValueError(f"{device.name}.{name}: expected a new name, got one that is taken")
            device._set(attributes={**device.attributes, name: bound}, **{name: bound})
            device._set_fields()
    if process is not None:
        process._post(process._attribute_added, device, bound)
    return bound


def remove_attribute(device: Device, name: str) -> None:
    """`Device.remove_attribute`."""
    check_token(device)
    attribute = device._attribute(name)
    if name in device._parts.members:
        raise RuntimeError(f"{device.name}.{name}: expected an attribute given by add_attribute, got one of the class")
    with device._mutex:
        left = {other: kept for other, kept in device.attributes.items() if kept is not attribute}
        if len(left) == len(device.attributes):
            return  # somebody else was quicker
        device._set(attributes=left)
        del device.__dict__[name]
        device._set_fields()
    if attribute._binding is not None:
        attribute._binding.close()
    if device._process is not None:
        device._process._post(device._process._attribute_removed, device, attribute)


def check_token(device: Device) -> None:
    """A call that was ended changes nothing (rule 21)."""
    call: Any = device._local.call
    if call is not None and call.dead is not None and not call.shielded():
        raise call.dead


def fields_changed(device: Device) -> None:
    """Tell those who listen that fields came or went, or take something else now."""
    wake = False
    with device._mutex:
        device._set_fields()
        if device._process is not None:
            segment, wake = device._open_segment()
            segment.note("", device)
    if wake:
        device._wake()
