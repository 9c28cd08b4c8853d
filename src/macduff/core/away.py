"""What a device's sources cannot tell, shown in its `health` until they can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..values import Severity

if TYPE_CHECKING:
    from .device import Device

__all__ = ["Away"]


class Away:
    """Which attributes of one device cannot be trusted because their source, or what is behind it, is away.

    Each attribute keeps its reason itself; this is told when one changed. INVALID when nothing that sources should tell
    is known, MAJOR when some of it is not. A parent's health says nothing of its children's.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self._told = False

    def changed(self) -> None:
        """An attribute went away or came back; any thread, never blocks. Many changes are looked at together."""
        process = self._device._process
        if process is not None and not self._told:
            self._told = True
            process._post(self.show)

    def show(self) -> None:
        """Look again; on the Process thread."""
        self._told = False
        sourced = [attribute for attribute in self._device.attributes.values() if attribute.source is not None]
        away = {attribute.name: attribute._away for attribute in sourced if attribute._away}
        everything = all(attribute._away != "" for attribute in sourced)
        reasons = list(away.values())
        if everything and len(set(reasons)) == 1:
            text = reasons[0]
        elif away:
            name, reason = next(iter(away.items()))
            text = f"{len(away)} of {len(sourced)} attributes INVALID: {name}: {reason}"
        else:
            text = ""
        self._device._machine.problem("sources", Severity.INVALID if everything else Severity.MAJOR, text)
        self._device._machine.alarms.show()  # of an attribute that can be trusted again
