"""All that the server's thread has: sockets, clients, PVs, and the devices behind them."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from macduff.limits import Limits

from ..following import Follower
from .circuit import Circuit
from .directory import Directory
from .mirror import DeviceMirror
from .sought import Sought
from .wire import BEACON, MINOR, message

if TYPE_CHECKING:
    from macduff.core import Process
    from macduff.protocol.model import DeviceModel

__all__ = ["Site"]

Address = tuple[str | Any, int]
_TOGETHER = 50
"""Answers in one datagram, of 24 bytes each."""


class Site(asyncio.DatagramProtocol):
    """Serves one Process. tcp, udp: sockets that are bound to the same port; beacons: where to say that we are here."""

    def __init__(
        self,
        process: Process,
        limits: Limits,
        tcp: socket.socket,
        udp: socket.socket,
        beacons: list[tuple[str, int]],
        *,
        read_only: bool,
    ) -> None:
        self.process = process
        self.limits = limits
        self.read_only = read_only
        self.port: int = tcp.getsockname()[1]
        self.directory = Directory(self.port, self._appeared)
        self.circuits: set[Circuit] = set()
        self._sought: Sought[Address] = Sought(limits.ca_searches)
        self._new: list[str] = []
        self._tcp, self._udp = tcp, udp
        self._beacons = beacons
        self._address = int.from_bytes(socket.inet_aton(tcp.getsockname()[0]), "big")
        self._loop = asyncio.get_running_loop()
        self._complete = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._search: asyncio.DatagramTransport | None = None
        self._beat: asyncio.TimerHandle | None = None
        self._period = limits.ca_beacon_first
        self._beats = 0
        self.follower = Follower(process, self._show, self._wake, read_only=read_only)

    async def open(self) -> None:
        """Show all devices, then let clients in."""
        self.follower.start()
        self.turn()
        await self._complete.wait()
        self._server = await self._loop.create_server(lambda: Circuit(self), sock=self._tcp)
        await self._loop.create_datagram_endpoint(lambda: self, sock=self._udp)
        self.announce()

    async def close(self) -> None:
        """Hang up, and end."""
        if self._beat is not None:
            self._beat.cancel()
        self.follower.close()
        if self._server is not None:
            self._server.close()
        for circuit in list(self.circuits):
            circuit.close()
        if self._search is not None:
            self._search.close()
        deadline = self._loop.time() + self.limits.farewell
        while self.circuits and self._loop.time() < deadline:
            await asyncio.sleep(0.01)
        for circuit in list(self.circuits):
            circuit.abort()
        await asyncio.sleep(0)  # transports tell that they are closed in the next turn of the loop

    # devices

    def turn(self) -> None:
        """See what changed."""
        self.follower.turn()
        if self.follower.complete:
            self._complete.set()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self.turn)

    def _show(self, device: DeviceModel) -> DeviceMirror:
        mirror = DeviceMirror(self, device)
        if self._beat is not None:
            self.announce()
        return mirror

    # searching

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._search = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.turn()
        answer = self.directory.datagram(data, lambda number, pv: self._sought.note(addr, number, pv))
        if answer and self._search is not None:
            self._search.sendto(answer, addr)

    def _appeared(self, name: str) -> None:
        """A record was added: tell those who searched for it, all that come in this turn together."""
        if name in self._sought or any(name in circuit.sought for circuit in self.circuits):
            if not self._new:
                self._loop.call_soon(self._tell_later)
            self._new.append(name)

    def _tell_later(self) -> None:
        names, self._new = self._new, []
        for delay in self.limits.ca_found:
            self._loop.call_later(delay, self._tell_found, names)

    def _tell_found(self, names: list[str]) -> None:
        searches: dict[Address, list[tuple[int, str]]] = {}
        for address, number, pv in self._sought.of(names):
            searches.setdefault(address, []).append((number, pv))
        for address, wanted in searches.items():
            for begin in range(0, len(wanted), _TOGETHER):
                answer = self.directory.late(wanted[begin : begin + _TOGETHER])
                if answer and self._search is not None and not self._search.is_closing():
                    self._search.sendto(answer, address)
        for circuit in list(self.circuits):
            circuit.found(names)

    def announce(self) -> None:
        """Beacons that come quicker than before tell clients to look again for what they did not find."""
        if self._beat is not None:
            self._beat.cancel()
        self._period = self.limits.ca_beacon_first
        self._send_beacon()

    def _send_beacon(self) -> None:
        beacon = message(BEACON, MINOR, self.port, self._beats & 0xFFFFFFFF, self._address)
        self._beats += 1
        for address in self._beacons:
            with suppress(OSError):  # nobody listens there now
                if self._search is not None:
                    self._search.sendto(beacon, address)
        self._beat = self._loop.call_later(self._period, self._send_beacon)
        self._period = min(self._period * 2, self.limits.ca_beacon_most)
