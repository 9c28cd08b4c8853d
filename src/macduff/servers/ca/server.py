"""The Channel Access server, in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from macduff.limits import DEFAULTS, Limits

from ..web.gate import check_bind, is_loopback
from ..web.server import run

if TYPE_CHECKING:
    from macduff.core import Process

__all__ = ["CaServer"]

PORT = 5064
"""EPICS's own port of Channel Access."""
REPEATER = 5065
_TRIES = 20


class CaServer:
    """Shows the devices of a Process as PVs: DEVICE:ATTRIBUTE, DEVICE:METHOD, and motors as motor records.

    host: an IPv4 address. port: for connections and searches; 0 for a free one. read_only: nobody may put.
    insecure: may bind an address that other machines reach, though anybody there could write. ValueError for a bind
    that is refused, OSError from `start` when the port is taken.
    """

    def __init__(
        self,
        process: Process,
        host: str = "127.0.0.1",
        port: int = PORT,
        *,
        limits: Limits = DEFAULTS,
        read_only: bool = False,
        insecure: bool = False,
    ) -> None:
        check_bind(host, read_only=read_only, insecure=insecure)
        self.process = process
        self.limits = limits
        self.read_only = read_only
        self.host = "127.0.0.1" if host.lower() == "localhost" else host
        try:
            socket.inet_aton(self.host)
        except OSError:
            raise ValueError(
                f"host: expected an IPv4 address such as 127.0.0.1, got {host!r}; Channel Access knows no others"
            ) from None
        self.port = port
        self._sockets: tuple[socket.socket, socket.socket] | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._address = ""

    @property
    def address(self) -> str:
        """ "127.0.0.1:5064"; empty until the address is taken."""
        return self._address

    @property
    def environment(self) -> dict[str, str]:
        """What a client on this machine needs to find this server and no other; empty until the address is taken."""
        if not self._address:
            return {}
        host, port = self._address.split(":")
        return {
            "EPICS_CA_ADDR_LIST": "127.0.0.1" if host == "0.0.0.0" else host,
            "EPICS_CA_AUTO_ADDR_LIST": "NO",
            "EPICS_CA_SERVER_PORT": port,
        }

    def reserve(self) -> Self:
        """Take the address, so that it is known to be free before there is anything to serve; `start` listens there."""
        if self._sockets is not None or self._thread is not None:
            raise RuntimeError("CaServer.reserve: expected a server that does not run, got one that does")
        self._sockets = tcp, _ = _bound(self.host, self.port)
        self._address = f"{self.host}:{tcp.getsockname()[1]}"
        return self

    def start(self) -> Self:
        """Begin; returns when clients can connect and all devices are there for them."""
        if self._thread is not None:
            raise RuntimeError("CaServer.start: expected a server that does not run, got one that does")
        if self._sockets is None:
            self.reserve()
        began: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(began,), name="macduff ca server", daemon=True)
        self._thread.start()
        try:
            began.result()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Hang up on all clients and end; does nothing when it does not run."""
        thread, self._thread = self._thread, None
        if thread is not None:
            if self._loop is not None and self._stop is not None:
                with suppress(RuntimeError):  # the loop has ended by itself
                    self._loop.call_soon_threadsafe(self._stop.set)
            thread.join()
        sockets, self._sockets = self._sockets, None
        for one in sockets or ():
            one.close()
        self._address = ""

    def __enter__(self) -> Self:
        return self if self._thread is not None else self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, began: Future[None]) -> None:
        try:
            run(lambda: self._serve(began))
        except BaseException as error:
            if began.done():
                raise
            began.set_exception(error)

    async def _serve(self, began: Future[None]) -> None:
        from .site import Site

        assert self._sockets is not None
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        site = Site(self.process, self.limits, *self._sockets, _beacon_addresses(self.host), read_only=self.read_only)
        try:
            await site.open()
            began.set_result(None)
            await self._stop.wait()
        finally:
            await site.close()

    def __repr__(self) -> str:
        return f"<CaServer {self._address or 'not running'}>"


def _bound(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """Sockets for connections and for searches, on the same port; OSError when either is taken."""
    for attempt in range(_TRIES):
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that ended a moment ago is no hindrance
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            tcp.bind((host, port))
            udp.bind((host, tcp.getsockname()[1]))
            tcp.listen(128)
            tcp.setblocking(False)
            udp.setblocking(False)
            return tcp, udp
        except OSError:
            tcp.close()
            udp.close()
            if port or attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _beacon_addresses(host: str) -> list[tuple[str, int]]:
    """Where clients' repeaters listen: on this machine when only it can reach us, else where EPICS's variables say."""
    port = int(os.environ.get("EPICS_CAS_BEACON_PORT") or os.environ.get("EPICS_CA_REPEATER_PORT") or REPEATER)
    if is_loopback(host):
        return [("127.0.0.1", port)]
    given = os.environ.get("EPICS_CAS_BEACON_ADDR_LIST", "").split() or ["255.255.255.255"]
    addresses = []
    for text in given:
        name, _, own = text.partition(":")
        addresses.append((name, int(own) if own else port))
    return addresses
