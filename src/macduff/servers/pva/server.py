"""The PVAccess server, in a thread of its own beside those of p4p."""

from __future__ import annotations

import ipaddress
import socket
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Self

from macduff.limits import DEFAULTS, Limits

from ..web.gate import check_bind, is_loopback

if TYPE_CHECKING:
    from macduff.core import Process

    from .site import Site

__all__ = ["PvaServer"]

PORT, SEARCH_PORT = 5075, 5076
"""EPICS's own ports of PVAccess: for connections, and for searches by UDP."""


class PvaServer:
    """Shows the devices of a Process as PVs, their methods as remote procedures, and DEVICE:PVI as the list of both.

    host: an IPv4 address. port: for connections; 0 for a free one. search_port: for searches by UDP; 0 for EPICS's own,
    or where `port` is 0 for a free one too. read_only: nobody may put or call.
    insecure: may bind an address that other machines reach, though anybody there could write. ValueError for a bind
    that is refused, OSError from `start` when the port is taken, ImportError without p4p.
    """

    def __init__(
        self,
        process: Process,
        host: str = "127.0.0.1",
        port: int = PORT,
        *,
        read_only: bool = False,
        insecure: bool = False,
        search_port: int = 0,
        limits: Limits = DEFAULTS,
    ) -> None:
        check_bind(host, read_only=read_only, insecure=insecure)
        self.process = process
        self.host = "127.0.0.1" if host.lower() == "localhost" else host
        try:
            ipaddress.IPv4Address(self.host)
        except ValueError:
            raise ValueError(f"host: expected an IPv4 address such as 127.0.0.1, got {host!r}") from None
        self.port = port
        self.search_port = search_port
        self.read_only = read_only
        self.limits = limits
        self._reserved: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._site: Site | None = None
        self._conf: dict[str, str] = {}

    @property
    def address(self) -> str:
        """ "127.0.0.1:5075"; empty until it runs."""
        return f"{self.host}:{self._conf['EPICS_PVAS_SERVER_PORT']}" if self._conf else ""

    @property
    def environment(self) -> dict[str, str]:
        """What a client on this machine needs to find this server; empty until it runs.

        No EPICS_PVA_NAME_SERVERS: a client that is told of one finds it no sooner by that, and one that it lost again
        only after 10 s.
        """
        if not self._conf:
            return {}
        host, port = "127.0.0.1" if self.host == "0.0.0.0" else self.host, self._conf["EPICS_PVAS_SERVER_PORT"]
        return {
            "EPICS_PVA_ADDR_LIST": host,
            "EPICS_PVA_AUTO_ADDR_LIST": "NO",
            "EPICS_PVA_BROADCAST_PORT": self._conf["EPICS_PVAS_BROADCAST_PORT"],
            "EPICS_PVA_SERVER_PORT": port,
        }

    def reserve(self) -> Self:
        """Take the port before there is anything to serve. OSError when somebody has it: p4p would take another."""
        if self._thread is not None:
            raise RuntimeError("PvaServer.reserve: expected a server that does not run, got one that does")
        if self._reserved is None:
            taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                taken.setsockopt(
                    socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
                )  # one that ended a moment ago is no hindrance
                taken.bind((self.host, self.port))
                taken.listen()
            except BaseException:
                taken.close()
                raise
            self._reserved = taken
        return self

    def start(self) -> Self:
        """Begin; returns when clients can connect and all devices are there for them."""
        if self._thread is not None:
            raise RuntimeError("PvaServer.start: expected a server that does not run, got one that does")
        site_class = _site_class()
        self.reserve()
        port = self._release()
        self._site = site = site_class(self.process, self._wanted(port), read_only=self.read_only)
        began: Future[dict[str, str]] = Future()
        self._thread = threading.Thread(target=_serve, args=(site, began), name="macduff pva server", daemon=True)
        self._thread.start()
        try:
            conf = began.result()
            if conf["EPICS_PVAS_SERVER_PORT"] != str(port):
                raise OSError(f"{self.host}:{port}: expected a free port, got one that somebody has just taken")
        except BaseException:
            self.stop()
            raise
        self._conf = conf
        return self

    def _wanted(self, port: int) -> dict[str, str]:
        alone = is_loopback(self.host)
        return {
            "EPICS_PVAS_INTF_ADDR_LIST": self.host,
            "EPICS_PVAS_SERVER_PORT": str(port),
            "EPICS_PVAS_BROADCAST_PORT": str(self.search_port or (SEARCH_PORT if self.port else 0)),
            "EPICS_PVAS_AUTO_BEACON_ADDR_LIST": "NO" if alone else "YES",
            "EPICS_PVAS_BEACON_ADDR_LIST": "",  # on this machine alone ours do, see beacons
        }

    def _release(self) -> int:
        taken, self._reserved = self._reserved, None
        assert taken is not None
        port: int = taken.getsockname()[1]
        taken.close()
        return port

    def stop(self) -> None:
        """Hang up on all clients and end; does nothing when it does not run."""
        thread, self._thread = self._thread, None
        if self._reserved is not None:
            self._release()
        if thread is None:
            return
        if self._site is not None:
            self._site.end()
        thread.join()
        self._site = None
        self._conf = {}

    def __enter__(self) -> Self:
        return self.start() if self._thread is None else self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<PvaServer {self.address or 'not running'}>"


def _serve(site: Site, began: Future[dict[str, str]]) -> None:
    try:
        site.run(began.set_result)
    except BaseException as error:
        if began.done():
            raise
        began.set_exception(error)


def _site_class() -> type[Site]:
    try:
        from .site import Site
    except ImportError as error:
        raise ImportError("PvaServer: expected p4p, got none; pip install 'macduff[pva]'") from error
    return Site
