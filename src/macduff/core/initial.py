"""An attribute before anything was said: its first value, and its place on a device (rule 7)."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import BadValue
from ..values import NO_ALARM, Alarm, AlarmStatus, Severity, VType
from .ring import nothing
from .unset import UNSET

if TYPE_CHECKING:
    from .attribute import Attribute
    from .device import Device

__all__ = ["NEVER_CONNECTED", "bind", "fast_class", "first_value"]

T = TypeVar("T")

NEVER_CONNECTED = Alarm(Severity.INVALID, AlarmStatus.UNDEFINED, "never connected")


class _Never:
    """No value is of this class: an attribute whose updates all take the careful path."""


def first_value(vtype: VType[T], initial: T) -> T:
    """The initial value as one of its type; TypeError where the attribute is declared."""
    try:
        return vtype.validate(initial, "Attribute(initial)")
    except BadValue as error:
        hint = "; the description comes after it" if isinstance(initial, str) else ""
        raise TypeError(f"{error}{hint}") from None


def bind(attribute: Attribute[T], device: Device) -> Attribute[T]:
    """The attribute that one device has, of that declaration."""
    bound = copy.copy(attribute)
    bound._device = device
    bound._local = device._local
    bound._mutex = device._mutex
    bound._preempt = None
    bound._listened = 0
    bound._wanted = 0
    bound._every = 0
    bound._watchers = ()
    bound._reporters = ()
    bound._binding = None
    bound._writer = None
    bound._setpoint = UNSET
    bound._away = None
    bound._facts = device.__dict__
    bound._ring = None
    bound._keep = nothing
    bound._from_device = attribute.source is None
    value: Any = attribute.vtype.zero() if attribute._initial is UNSET else attribute._initial
    alarm = NO_ALARM if attribute.source is None else NEVER_CONNECTED
    if attribute.source is None:
        alarm = attribute.vtype.alarm_for(value)
    bound._time_ns = device._clock.time_ns
    bound._now = (value, alarm, device._clock.time_ns(), 0)
    bound._alarmed = alarm
    bound._exact = fast_class(bound)
    return bound


def fast_class(attribute: Attribute[Any]) -> type:
    """The class of which a value needs no look at all before it is the attribute's."""
    exact = attribute.vtype.exact
    plain = attribute._from_device and attribute._alarmed is NO_ALARM  # else the end of the alarm is news
    return exact if exact is not None and plain else _Never
