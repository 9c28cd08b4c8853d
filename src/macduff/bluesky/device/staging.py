"""Staging: nothing is left running behind a plan (rule 40)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .device import MacduffDevice

__all__ = ["AT_REST", "Staging", "state_of"]

AT_REST = frozenset({"Idle", "Ready", "Aborted", "Fault"})
"""States in which a device does nothing."""


async def state_of(device: MacduffDevice) -> str:
    """Idle, Ready, Running ... as the device says now; Ready where nothing says it, as in mock mode."""
    info = None if device.link is None else device.link.info.attributes.get("state")
    if device.link is None or info is None or not AT_REST.issubset(getattr(info.vtype, "labels", ())):
        return "Ready"
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

    async def abort(self, runs: bool) -> None:
        """Abort what is not at rest; runs: it was told to run, which its state may not say yet."""
        if runs or await state_of(self._device) not in AT_REST:
            await self._do("abort")

    async def restore(self) -> None:
        """A device that was Idle and was configured by the plan is Idle again."""
        if self._found == "Idle" and await state_of(self._device) == "Ready":
            await self._do("reset")

    async def _do(self, method: str) -> None:
        command = self._device.command(method)
        if command is not None:
            await command.execute()
