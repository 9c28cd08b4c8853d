"""The wires that devices were given: open as long as their owner is here and in order. Process thread only."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .device import Device

__all__ = ["Wires"]

LOG = logging.getLogger("macduff.core")


class Wires:
    """Opens each wire once for the device that owns it, and closes it once."""

    def __init__(self) -> None:
        self._open: dict[Device, None] = {}

    def join(self, device: Device) -> None:
        """The device came: what it owns is opened."""
        if owner(device) is device:
            self.open(device)

    def leave(self, device: Device) -> None:
        """The device goes: what it owns is closed."""
        if owner(device) is device:
            self.close(device)

    def open(self, device: Device) -> None:
        """Open the wire that the device uses, whoever owns it; nothing if it is open or the device is simulated."""
        keeper = owner(device)
        if device.wire is None or device.__dict__.get("_simulate") or keeper in self._open:
            return
        self._open[keeper] = None
        keeper.wire.open()

    def close(self, device: Device) -> None:
        """Close it; after a quarantine it stays so until the device is reset (rule 22)."""
        keeper = owner(device)
        if keeper not in self._open:
            return
        del self._open[keeper]
        try:
            keeper.wire.close()
        except Exception:
            LOG.exception("%s: its wire could not be closed", keeper.name)


def owner(device: Device) -> Device:
    """The device at the top of those that share its wire."""
    while device._parent is not None and device._parent.wire is device.wire:
        device = device._parent
    return device
