"""Filling a MacduffDevice from the structure of the device behind it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ophyd_async.core import (
    Command,
    Device,
    DeviceConnector,
    DeviceFiller,
    DeviceMock,
    NotConnectedError,
    SignalR,
    SignalRW,
    TriggerableCommand,
)
from ophyd_async.core import StandardReadableFormat as Format

from ...client.model import AttributeInfo, MethodInfo
from ...errors import MacduffError
from .backends import LinkCommandBackend, LinkSignalBackend
from .datatypes import datatype_of
from .link import Link, open_link
from .names import member_name
from .roles import CONFIG, HINTED, OTHER, READ, role_of

if TYPE_CHECKING:
    from .device import MacduffDevice

__all__ = ["LinkConnector"]

_log = logging.getLogger("macduff.bluesky")
_FORMATS = {
    HINTED: Format.HINTED_UNCACHED_SIGNAL,  # asked for at each read: what a call brought is never missed
    READ: Format.UNCACHED_SIGNAL,
    CONFIG: Format.CONFIG_SIGNAL,
}


class LinkConnector(DeviceConnector):
    """Makes the members that type hints name, and on connecting all others that the device has."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.link: Link | None = None
        self._filler: DeviceFiller[LinkSignalBackend, Any, LinkCommandBackend] | None = None
        self._backends: dict[str, LinkSignalBackend | LinkCommandBackend] = {}
        self._hinted: set[str] = set()

    def create_children_from_annotations(self, device: Device) -> None:
        if self._filler is not None:
            return
        self._filler = DeviceFiller(device, LinkSignalBackend, DeviceConnector, LinkCommandBackend)
        list(self._filler.create_signals_from_annotations())
        list(self._filler.create_commands_from_annotations())
        for name, child in device.children():
            self._hinted.add(name)
            self._backends[name] = child._connector.backend  # type: ignore[attr-defined]  # made by us just now

    async def connect_mock(self, device: Device, mock: DeviceMock[Any]) -> None:
        await super().connect_mock(device, mock)
        if TYPE_CHECKING:
            assert isinstance(device, MacduffDevice)
        for name in self._hinted:
            signal = getattr(device, name)
            if isinstance(signal, SignalR) and not device.is_placed(signal):  # nothing says more than the hint
                device.add_readables([signal], _FORMATS[CONFIG if isinstance(signal, SignalRW) else HINTED])
        device.became(mock=True)

    async def connect_real(self, device: Device, timeout: float, force_reconnect: bool) -> None:
        if TYPE_CHECKING:
            assert isinstance(device, MacduffDevice)
        if self.link is not None:
            await self.link.close()
            self.link = None
        try:
            link = self.link = await open_link(self.address, timeout)
        except (MacduffError, OSError) as error:
            raise NotConnectedError(f"{self.address}: {error}") from error
        try:
            self._fill(device, link)
        except BaseException:
            self.link = None
            await link.close()
            raise
        await super().connect_real(device, timeout, force_reconnect)
        device.became(mock=False)

    def _fill(self, device: MacduffDevice, link: Link) -> None:
        info = link.info
        members: dict[str, AttributeInfo | MethodInfo] = {**info.attributes, **info.methods}
        by_name = {member_name(type(device), name): found for name, found in members.items()}
        missing = self._hinted - by_name.keys()
        if missing:
            has = ", ".join(by_name)
            raise NotConnectedError(f"{self.address}: expected {', '.join(sorted(missing))}, got a device with {has}")
        unsupported: list[str] = []
        for name, member in by_name.items():
            if isinstance(member, MethodInfo):
                self._command(device, link, name, member)
            elif datatype_of(member.vtype) is None:
                unsupported.append(name)
            else:
                self._signal(device, link, name, member)
        if unsupported:
            _log.warning("%s: left out, tables and maps are no signals: %s", self.address, ", ".join(unsupported))

    def _signal(self, device: MacduffDevice, link: Link, name: str, info: AttributeInfo) -> None:
        backend = self._backends.get(name)
        if backend is None:
            backend = self._backends[name] = LinkSignalBackend()
            backend.fill(link, self.address, info)
            setattr(device, name, (SignalRW if info.writable else SignalR)(backend))
            self._place(device, name, info)
        elif not isinstance(backend, LinkSignalBackend):
            raise TypeError(f"{self.address}.{info.name}: expected a method for {name}, got an attribute")
        else:
            backend.fill(link, self.address, info)
            if name in self._hinted:
                self._hinted_signal(device, name, info)

    def _hinted_signal(self, device: MacduffDevice, name: str, info: AttributeInfo) -> None:
        signal = getattr(device, name)
        if isinstance(signal, SignalRW) and not info.writable:
            raise TypeError(f"{self.address}.{info.name}: expected one that can be put, got one that is only read")
        if not device.is_placed(signal):
            self._place(device, name, info)

    def _place(self, device: MacduffDevice, name: str, info: AttributeInfo) -> None:
        role = role_of(info)
        if role != OTHER:
            device.add_readables([getattr(device, name)], _FORMATS[role])

    def _command(self, device: MacduffDevice, link: Link, name: str, info: MethodInfo) -> None:
        backend = self._backends.get(name)
        if backend is None:
            backend = self._backends[name] = LinkCommandBackend()
            backend.fill(link, self.address, info)
            kind = Command if info.takes or info.returns else TriggerableCommand
            setattr(device, name, kind(backend, timeout=None))  # a call takes as long as it takes
        elif not isinstance(backend, LinkCommandBackend):
            raise TypeError(f"{self.address}.{info.name}: expected an attribute for {name}, got a method")
        else:
            backend.fill(link, self.address, info)
            getattr(device, name)._timeout = None
