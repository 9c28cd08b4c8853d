"""The alarms of a device's attributes, shown in its `health` as long as they last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..values import Alarm, Severity

if TYPE_CHECKING:
    from .attribute import Attribute
    from .device import Device

__all__ = ["Alarms"]

_OWN = frozenset({"health", "state", "status"})


class Alarms:
    """Whoever looks at the device alone, in a list say, sees the worst of its attributes' alarms.

    An attribute whose source is away is told of with the sources. A forwarded device's health is told by its home.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self._asked = False

    def changed(self) -> bool:
        """An attribute has another alarm; under the value mutex. Whether the Process must be woken for it."""
        process = self._device._process
        if process is None or self._asked or self._device._machine.forwards:
            return False
        self._asked = True
        process._loop.leave(self.show)
        return True

    def show(self) -> None:
        """Look again; on the Process thread."""
        self._asked = False
        if self._device._machine.forwards:
            return
        alarms = [(one.name, one._now[1]) for one in self._device.attributes.values() if _counts(one)]
        worst = max((alarm.severity for _, alarm in alarms), default=Severity.NONE)
        text = ""
        if alarms:
            name, alarm = next((name, alarm) for name, alarm in alarms if alarm.severity == worst)
            text = f"{name}: {_reason(alarm)}"
        if len(alarms) > 1:
            text = f"{len(alarms)} attributes in alarm: {text}"
        self._device._machine.problem("alarms", worst, text)


def _counts(attribute: Attribute[Any]) -> bool:
    if attribute.name in _OWN or (attribute.source is not None and attribute._away != ""):
        return False
    alarm: Alarm = attribute._now[1]
    return alarm.severity > Severity.NONE


def _reason(alarm: Alarm) -> str:
    return alarm.message or alarm.severity.name
