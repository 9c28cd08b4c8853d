"""Why an attribute is not updated or put, and what to do instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import NotWriteable

if TYPE_CHECKING:
    from .attribute import Attribute
    from .call import Call

__all__ = ["foreign_update", "read_only"]

SHOWN = 8
"""At most so many names of what can be put."""


def foreign_update(attribute: Attribute[Any], value: object, call: Call | None) -> RuntimeError:
    """The error for an update by who is not the one who says what is true (rule 3)."""
    device = attribute._device
    where = f"{device.name}.{attribute.name}"
    if call is not None and call.device is not device:
        return RuntimeError(
            f"{where}: expected an update by its own device, got one by {call.device.name}; "
            f"call a method of {device.name} or put the attribute"
        )
    return RuntimeError(
        f"{where}: its value comes from {attribute.source!r}, so only that updates it; put({value!r}) asks for a change"
    )


def read_only(attribute: Attribute[Any], *, inside: bool = False) -> NotWriteable:
    """The error for a put of an attribute that has no way to be put; inside: its own device's code asked."""
    device = attribute._device
    if inside and attribute._from_device:
        hint = f"; {attribute.name}.update(value) says what is true"
    else:
        others = [name for name, other in device.attributes.items() if other.writable and other is not attribute]
        shown = ", ".join(others[:SHOWN]) + (", ..." if len(others) > SHOWN else "")
        hint = f"; of {device.name} can be put: {shown}" if others else ""
    return NotWriteable(
        f"{device.name}.{attribute.name}: expected a writable attribute, got a read-only one{hint}",
        device=device.name, member=attribute.name,
    )  # fmt: skip
