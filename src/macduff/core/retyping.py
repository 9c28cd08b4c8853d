"""A new type for an attribute, and a value that fits it, in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import BadValue
from ..values import Alarm, AlarmStatus, Severity, VType
from .dynamic import fields_changed
from .initial import fast_class
from .unset import UNSET

if TYPE_CHECKING:
    from .attribute import Attribute

__all__ = ["retype"]

NO_VALUE_YET = Alarm(Severity.INVALID, AlarmStatus.DRIVER, "its type changed, and no value of the new type has come")


def retype(
    attribute: Attribute[Any],
    vtype: VType[Any],
    reading: tuple[Any, Alarm, int] | None = None,
    setpoint: Any = UNSET,
) -> None:
    """Give an attribute another type: units, limits, labels, or another kind of value.

    reading: value, alarm and time (ns) that come with it, valid for it. Without one the value stays where it fits, else
    it is the type's zero, INVALID. A set point that does not fit is forgotten. Listeners get all of it as one change.
    """
    device, name = attribute._device, attribute.name
    if reading is None:
        reading = _kept(attribute, vtype)
    wake, done = False, False
    while not done:
        asked = attribute._setpoint
        wanted = _fitting(vtype, asked) if setpoint is UNSET else setpoint
        with attribute._mutex:
            done = attribute._setpoint is asked  # else somebody put it meanwhile
            if done:
                device._segment = None  # what came before it was of the old type
                if attribute._ring is not None:
                    attribute._ring.retyped(vtype)
                attribute.vtype = vtype
                attribute._exact = fast_class(attribute)
                attribute._setpoint = wanted
                if reading is not None:
                    wake = attribute._swap(reading)
                if attribute._listened:
                    segment, opened = device._open_segment()
                    wake = wake or opened
                    segment.note(f"{name}.meta", vtype)
                    if wanted is not asked:
                        segment.note(f"{name}.setpoint", attribute._now[0] if wanted is UNSET else wanted)
    if wake:
        device._wake()
    if any(name in method.spec.like.values() for method in device.methods.values()):
        fields_changed(device)  # what those methods take follows this attribute


def _kept(attribute: Attribute[Any], vtype: VType[Any]) -> tuple[Any, Alarm, int] | None:
    """The reading for the new type where none came with it; None when the present one will do."""
    value, alarm, time, _ = attribute._now
    fitting = _fitting(vtype, value)
    if fitting is UNSET:
        return vtype.zero(), NO_VALUE_YET, time
    same = type(fitting) is type(value) and getattr(fitting, "dtype", None) == getattr(value, "dtype", None)
    return None if same else (fitting, alarm, time)


def _fitting(vtype: VType[Any], value: Any) -> Any:
    """The value as one of that type; UNSET when it is none."""
    if value is UNSET:
        return UNSET
    try:
        fitting = vtype.validate(value, "", owned=True)
    except BadValue:
        return UNSET
    return value if type(fitting) is type(value) and vtype.equal(fitting, value) else fitting
