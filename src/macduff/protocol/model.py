"""What the protocol asks of a device: the shapes that the core's objects (or a test's fakes) satisfy structurally."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Protocol, runtime_checkable

from macduff.values import Alarm, Reading, VType

__all__ = [
    "AttributeModel",
    "CLASS_TAG",
    "DeviceModel",
    "FieldModel",
    "MethodLog",
    "MethodModel",
    "OPENS_MEMBERS",
    "SEvent",
]


CLASS_TAG = "class:"
"""How the tag begins that tells a device's class: "class:Motor"."""

OPENS_MEMBERS = "members:opened"
"""The tag of a device that may have more members than it shows: asked for one by name, it opens it."""


class SEvent(Enum):
    """The first element of every item that a listener's queue receives."""

    Value = "Value"
    """`(Value, device, model)`: the listener is in place; the model holds everything up to here."""
    Changes = "Changes"
    """`(Changes, device, changes, sequence)`: what changed, merged, newest wins."""
    Removed = "Removed"
    """`(Removed, device, reason)`: the device is gone; nothing follows."""
    Failed = "Failed"
    """`(Failed, device, error)`: what was listened to could not be opened; nothing follows."""
    Overrun = "Overrun"
    """`(Overrun, device, attribute, count)`: so many readings were lost before an `every` listener got them."""


class MethodLog(Protocol):
    """One side (took or returned) of a method's last call.

    `value` maps element names to Python values, `present` names those that the caller gave; `time` is in ns since the
    UNIX epoch, 0 before the first call.
    """

    @property
    def value(self) -> Mapping[str, Any]: ...
    @property
    def present(self) -> Sequence[str]: ...
    @property
    def alarm(self) -> Alarm: ...
    @property
    def time(self) -> int: ...


class AttributeModel(Protocol):
    """An attribute as it stands now: reading never waits. `writable` is ever, `writeable` is now.

    Label, description and tags change only together with the type.
    """

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def tags(self) -> Sequence[str]: ...
    @property
    def vtype(self) -> VType[Any]: ...
    @property
    def reading(self) -> Reading: ...
    @property
    def setpoint(self) -> Any: ...
    @property
    def writable(self) -> bool: ...
    @property
    def writeable(self) -> bool: ...
    @property
    def parameter(self) -> bool: ...


@runtime_checkable
class MethodModel(Protocol):
    """A method as it stands now; `defaults` is live, `returns` is {}, {"return": type} or several types by name."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def tags(self) -> Sequence[str]: ...
    @property
    def takes(self) -> Mapping[str, VType[Any]]: ...
    @property
    def required(self) -> Sequence[str]: ...
    @property
    def defaults(self) -> Mapping[str, Any]: ...
    @property
    def returns(self) -> Mapping[str, VType[Any]]: ...
    @property
    def unpacked(self) -> bool: ...
    @property
    def writeable(self) -> bool: ...
    @property
    def took(self) -> MethodLog: ...
    @property
    def returned(self) -> MethodLog: ...


FieldModel = AttributeModel | MethodModel


class DeviceModel(Protocol):
    """A device: its fields in the order in which clients show them."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def tags(self) -> Sequence[str]: ...
    @property
    def fields(self) -> Mapping[str, FieldModel]: ...
