"""What an expression of the shell stands for, found out without running it and without asking any server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from macduff.client import AttributeInfo, Attributes, Client, RemoteDevice, RemoteMethod

from .classes import DeviceClass
from .inventory import Inventory

__all__ = ["Put", "Value", "fields_of", "resolve"]

_STEP = re.compile(r"""\s*\.\s*([A-Za-z_]\w*) | \[\s*["'](.*?)["']\s*\] | \(\s*["'](.*?)["']\s*\)""", re.VERBOSE)


@dataclass(frozen=True, slots=True)
class Value:
    """What reading an attribute would give; it is not read."""

    info: AttributeInfo
    named: bool
    """Whether it is the attribute itself, `attributes["x"]`, rather than its value."""


@dataclass(frozen=True, slots=True)
class Put:
    """A `put`: of a device, which takes attributes by name, or of one attribute, which takes its value."""

    device: RemoteDevice | None
    info: AttributeInfo | None = None


def resolve(expression: str, space: Mapping[str, Any], inventory: Inventory) -> Any:
    """The client, device, method, class, Attributes, Value or Put that the expression is; None for anything else."""
    name = re.match(r"[A-Za-z_]\w*", expression)
    if name is None:
        return None
    found, position = space.get(name[0]), name.end()
    while found is not None and position < len(expression):
        step = _STEP.match(expression, position)
        if step is None:
            return None
        member, item, called = step.groups()
        if member is not None:
            found = _member(found, member, inventory)
        elif item is not None:
            found = _item(found, item, inventory)
        else:
            found = inventory.devices().get(called) if isinstance(found, DeviceClass) else None
        position = step.end()
    return found


def fields_of(device: RemoteDevice) -> tuple[str, ...]:
    """Attributes and methods of a device, in its own order."""
    return device._mirror.info.fields


def _member(found: Any, name: str, inventory: Inventory) -> Any:
    if isinstance(found, Client):
        return inventory.devices().get(name)
    if isinstance(found, RemoteDevice):
        info = found._mirror.info
        if name == "attributes":
            return found.attributes
        if name == "put":
            return Put(found)
        if name in info.methods:
            return getattr(found, name)  # of what is known here
        return Value(info.attributes[name], False) if name in info.attributes else None
    if isinstance(found, RemoteMethod):
        return found if name == "start" else None  # it takes the same
    if isinstance(found, Value) and found.named:
        if name == "put":
            return Put(None, found.info)
        return Value(found.info, False) if name in ("value", "setpoint") else None
    return None


def _item(found: Any, name: str, inventory: Inventory) -> Any:
    if isinstance(found, Client):
        return inventory.devices().get(name)
    if isinstance(found, Attributes) and name in found:
        return Value(found._mirror.info.attributes[name], True)
    return None
