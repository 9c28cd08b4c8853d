"""Movable: a method `move` with a `position`, or a `position` that can be put."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from bluesky.protocols import Location
from ophyd_async.core import AsyncStatus, SignalR, SignalRW, WatchableAsyncStatus, WatcherUpdate, set_mock_value

from ...values import VType
from .watching import Latest

if TYPE_CHECKING:
    from .device import MacduffDevice

__all__ = ["Mover"]


class Mover:
    """Moves a device, tells how far it is, and stops it."""

    def __init__(self, device: MacduffDevice, readback: SignalR[Any]) -> None:
        self._device = device
        self.readback = readback

    @classmethod
    def of(cls, device: MacduffDevice) -> Mover | None:
        """For a device that can be moved; None for another."""
        readback = device.signal("position")
        if readback is None or not (device.command("move") or isinstance(readback, SignalRW)):
            return None
        return cls(device, readback)

    def set(self, value: Any) -> WatchableAsyncStatus[Any]:
        """Go there; done when the device says so. Watchers hear where it is on the way."""
        return WatchableAsyncStatus(self._go(value), self._device.name)

    async def _go(self, value: Any) -> AsyncIterator[WatcherUpdate[Any]]:
        link = self._device.link
        if link is None:
            await self._move(value)
            return
        before = (await link.state("position")).reading
        initial = told = before.value
        units = getattr(link.info.attributes["position"].vtype, "units", "") or None
        status = AsyncStatus(self._move(value))
        async with Latest(link, "position", status.task, before.time) as positions:
            async for told in positions:
                yield WatcherUpdate(told, initial, value, self._device.name, units)
        await status
        final = (await link.state("position")).reading.value
        if final != told:
            yield WatcherUpdate(final, initial, value, self._device.name, units)

    async def _move(self, value: Any) -> None:
        command = self._device.command("move")
        if command is not None:
            await command.execute(value)
        elif self._device.link is not None:
            await self._device.link.put("position", value, readback=True)
        else:
            await self.readback.set(value)  # type: ignore[attr-defined]  # it is a SignalRW, as `of` has seen
        if self._device.link is None:
            set_mock_value(self.readback, value)

    async def stop(self, success: bool = False) -> None:
        """Stop on the way; the set that this ends is done, for who stopped it knows (rule 40: success says nothing)."""
        for name in ("stop", "abort"):
            command = self._device.command(name)
            if command is not None:
                await command.execute()
                return

    async def locate(self) -> Location[Any]:
        """Set point and readback of one moment."""
        if self._device.link is None:
            value = await self.readback.get_value()
            return Location(setpoint=value, readback=value)
        state = await self._device.link.state("position")
        return Location(setpoint=state.setpoint, readback=state.reading.value)

    async def check_value(self, value: Any) -> None:
        """BadValue for a position that it would refuse."""
        if self._device.link is not None:
            vtype: VType[Any] = (await self._device.link.state("position")).info.vtype
            vtype.validate_setpoint(value, f"{self._device.link.info.name}.position")
