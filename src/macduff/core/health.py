"""What is wrong with a device, in one attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..values import NO_ALARM, Alarm, AlarmStatus, Severity

if TYPE_CHECKING:
    from .device import Device

__all__ = ["Health"]


class Health:
    """Keeps every problem by a key; `health` shows the worst alarm and all texts. Process thread only."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._problems: dict[str, tuple[Severity, str]] = {}

    def problem(self, key: str, severity: Severity = Severity.NONE, text: str = "") -> None:
        """Note or (without text) clear what is wrong."""
        if text:
            if self._problems.get(key) == (severity, text):
                return
            self._problems[key] = (severity, text)
        elif self._problems.pop(key, None) is None:
            return
        if not self._problems:
            self._device.health.apply("OK", alarm=NO_ALARM)
            return
        worst = max(severity for severity, _ in self._problems.values())
        message = "; ".join(text for _, text in self._problems.values())
        self._device.health.apply(message, alarm=Alarm(worst, AlarmStatus.DEVICE, message))
