"""The way to a device over its server's websocket; all devices of a server share one connection a loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal
from weakref import WeakKeyDictionary

from ...client import AsyncClient, AsyncDevice, AsyncSubscriber, connect_async
from ...client.address import parse_address
from ...client.describe import AttributeState
from ...client.model import DeviceInfo
from ...values import Reading

__all__ = ["WsLink"]


class _Shared:
    """The connection to one server, and how many use it."""

    def __init__(self) -> None:
        self.users = 0
        self.lock = asyncio.Lock()
        self.client: AsyncClient | None = None

    async def take(self, server: str, timeout: float) -> AsyncClient:
        async with self.lock:
            if self.client is None:
                self.client = await connect_async(server, timeout)
            self.users += 1
            return self.client

    async def give_back(self) -> None:
        async with self.lock:
            self.users -= 1
            if not self.users and self.client is not None:
                client, self.client = self.client, None
                await client.close()


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Shared]] = WeakKeyDictionary()


class WsLink:
    """A device over a websocket."""

    def __init__(self, shared: _Shared, client: AsyncClient, device: AsyncDevice, info: DeviceInfo) -> None:
        self._shared: _Shared | None = shared
        self._client = client
        self._device = device
        self._info = info

    @classmethod
    async def open(cls, address: str, timeout: float) -> WsLink:
        """The device that `address` names; ValueError without one, a MacduffError when it is not reached."""
        parsed = parse_address(address)
        if not parsed.device:
            raise ValueError(f"MacduffDevice: expected the name of a device at the end, got {address!r}")
        servers = _shared.setdefault(asyncio.get_running_loop(), {})
        shared = servers.setdefault(parsed.url, _Shared())
        client = await shared.take(parsed.url, timeout)
        try:
            return cls(shared, client, await client.device(parsed.device), await client.info(parsed.device))
        except BaseException:
            await shared.give_back()
            raise

    @property
    def info(self) -> DeviceInfo:
        return self._info

    async def state(self, attribute: str) -> AttributeState:
        return await self._device.attributes[attribute].state()

    async def put(self, attribute: str, value: Any, readback: bool = False) -> None:
        await self._device.attributes[attribute].put(value, readback)

    async def call(self, method: str, args: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        return await getattr(self._device, method).start(*args, **parameters)

    async def subscribe(self, attribute: str, callback: Callable[[Reading], object], every: bool) -> AsyncSubscriber:
        policy: Literal["every", "latest"] = "every" if every else "latest"
        return await self._client.subscribe(f"{self._info.name}.{attribute}", callback, policy)

    async def close(self) -> None:
        shared, self._shared = self._shared, None
        if shared is not None:
            await shared.give_back()
