"""Staging: nothing is left running behind a plan (rule 40)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .device import MacduffDevice

__all__ = ["AT_REST", "Staging", "state_of"]

AT_REST = frozenset({"Idle", "Ready", "Aborted", "Fault"})
"""States in which a device does nothing."""


async def state_of(device: MacduffDevice) -> str:
    """Idle, Ready, Running ... as the device says now; Idle where nothing says it."""
    if device.link is None or "state" not in device.link.info.attributes:
        return "Idle"
    return str((await device.link.state("state")).reading.value)


class Staging:
    """What state a device was staged in, and leaving it so."""

    def __init__(self, device: MacduffDevice) -> None:
        self._device = device
        self._found = ""

    async def stage(self) -> None:
        """Reset what was aborted."""
        if await state_of(self._device) == "Aborted":
            await self._do("reset")
        self._found = await state_of(self._device)

    async def unstage(self) -> None:
        """Abort what is not at rest; a device that was Idle and was configured by the plan is Idle again."""
        state = await state_of(self._device)
        if state not in AT_REST:
            await self._do("abort")
        elif state == "Ready" and self._found == "Idle":
            await self._do("reset")

    async def _do(self, method: str) -> None:
        command = self._device.command(method)
        if command is not None:
            await command.execute()
