"""The connections to other Processes, on one thread for all; those who mount from the same home share one."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from macduff.client.address import Address
from macduff.client.carrier import Carrier, open_websocket
from macduff.client.connection import Connection
from macduff.client.loop import LoopThread
from macduff.client.state import ConnectionState
from macduff.errors import Disconnected, TimedOut
from macduff.limits import DEFAULTS

__all__ = ["HOMES", "Homes", "HomeLink"]

FOR_EVER = 1e9
"""Seconds for a first connection: a home may come much later."""


class HomeLink(Protocol):
    """One device's side of a connection; the functions are called on the loop."""

    address: Address
    joined: bool
    """Whether it counts here."""

    def connected(self, connection: Connection) -> None: ...
    def unreachable(self, reason: str) -> None: ...
    def end(self) -> None: ...


class _HomeConnection:
    """One connection, and the links that use it."""

    def __init__(self, address: Address) -> None:
        self.links: dict[HomeLink, None] = {}
        self._connection = Connection(address, self._open, self._changed, DEFAULTS.mount_retry_most)
        self._first = asyncio.create_task(
            self._connection.open(FOR_EVER, retry=True), name=f"macduff mount {address.short}"
        )

    def add(self, link: HomeLink) -> None:
        self.links[link] = None
        if self._connection.state is ConnectionState.CONNECTED:
            link.connected(self._connection)

    async def close(self) -> None:
        await self._connection.close()
        self._first.cancel()
        with contextlib.suppress(asyncio.CancelledError, Disconnected, TimedOut):
            await self._first

    async def _open(self, url: str, subprotocols: Sequence[str], timeout: float) -> Carrier:
        """A home that swallows what is sent to it is tried again soon, as one that refuses."""
        try:
            patience = min(timeout, DEFAULTS.mount_retry_most)
            return await open_websocket(url, subprotocols, patience, DEFAULTS.mount_heartbeat)
        except (Disconnected, TimedOut) as error:
            reason = error.message.removeprefix(f"{url}: ")
            for link in list(self.links):
                link.unreachable(reason)
            raise Disconnected(error.message) from error

    def _changed(self, state: ConnectionState, reason: str) -> None:
        if state is ConnectionState.CONNECTED:
            for link in list(self.links):
                link.connected(self._connection)


class Homes:
    """All connections of this program to homes; the thread is there as long as something is mounted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: LoopThread | None = None
        self._links = 0
        self._connections: dict[Address, _HomeConnection] = {}

    def join(self, link: HomeLink) -> None:
        """Begin to follow; again does nothing."""
        with self._lock:
            if link.joined:
                return
            link.joined = True
            self._links += 1
            if self._thread is None:
                self._thread = LoopThread("macduff mounts")
            self._thread.soon(self._add, link)

    def leave(self, link: HomeLink) -> None:
        """Follow no longer; returns when nothing more comes."""
        with self._lock:
            thread = self._thread
            if not link.joined or thread is None:
                return
            link.joined = False
            self._links -= 1
            thread.submit(self._remove(link)).result()
            if not self._links:
                self._thread = None
                thread.finish(_nothing)

    def soon(self, function: Callable[[], object]) -> bool:
        """Have something done on the loop; False when nothing is mounted."""
        thread = self._thread
        if thread is None:
            return False
        try:
            thread.soon(function)
        except RuntimeError:
            return False
        return True

    def _add(self, link: HomeLink) -> None:
        address = Address(link.address.url)
        home = self._connections.get(address)
        if home is None:
            home = self._connections[address] = _HomeConnection(address)
        home.add(link)

    async def _remove(self, link: HomeLink) -> None:
        link.end()
        address = Address(link.address.url)
        home = self._connections[address]
        del home.links[link]
        if not home.links:
            del self._connections[address]
            await home.close()


async def _nothing() -> None:
    """What is left to do at the end."""


HOMES = Homes()
