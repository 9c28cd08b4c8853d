"""The Tango server, in a thread of its own."""

from __future__ import annotations

import atexit
import re
import socket
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Self

from macduff.convert.names import PROCESS, tango_name
from macduff.limits import DEFAULTS, Limits

from ..web.gate import check_bind
from .signals import kept_signals

if TYPE_CHECKING:
    from macduff.core import Process

    from .host import Host

__all__ = ["TangoServer"]

_RUNNING: list[TangoServer] = []
"""The one that runs: Tango has room for one in a program."""


class TangoServer:
    """Makes the devices of a Process visible to Tango clients.

    port: 0 for a free one. domain: the first part of the devices' names; by default the name of the Process.
    database: "host:port" of a Tango database, where the server registers what it needs; without one, clients use
    `device_address`. instance: the server is macduff/INSTANCE there; by default the domain. read_only: nobody may write
    or call. insecure: may bind an address that other machines reach, though anybody there could write.
    ValueError for a bind that is refused, OSError from `start` when the port is taken, ImportError without PyTango.
    """

    def __init__(
        self,
        process: Process,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        domain: str = "",
        database: str = "",
        instance: str = "",
        read_only: bool = False,
        insecure: bool = False,
        limits: Limits = DEFAULTS,
    ) -> None:
        check_bind(host, read_only=read_only, insecure=insecure)
        self.process = process
        self.host = "127.0.0.1" if host.lower() == "localhost" else host
        self.port = port
        self.domain = _checked("domain", domain or (PROCESS if process.name == "." else process.name))
        self.instance = _checked("instance", instance or self.domain)
        self.database = _checked_database(database)
        self.read_only = read_only
        self.limits = limits
        self._address = ""
        self._thread: threading.Thread | None = None
        self._hosting: Host | None = None
        self._reserved: socket.socket | None = None

    @property
    def address(self) -> str:
        """ "tango://127.0.0.1:10000", what comes before "/demo/macduff/det"; empty until it runs."""
        return self._address

    @property
    def environment(self) -> dict[str, str]:
        """With a database TANGO_HOST, so that clients need nothing but a device's name; without one nothing helps."""
        return {"TANGO_HOST": self.database} if self.database and self._address else {}

    def device_address(self, device: str) -> str:
        """What a DeviceProxy takes for a device of the Process."""
        name = f"{self.address}/{tango_name(device, self.domain, self.process.name)}"
        return name if self.database else f"{name}#dbase=no"

    def reserve(self) -> Self:
        """Take the port before there is anything to serve. OSError when somebody has it."""
        if self._reserved is None:
            taken = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
            try:
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                taken.bind((self.host, self.port))
                taken.listen()
            except BaseException:
                taken.close()
                raise
            self._reserved = taken
        return self

    def start(self) -> Self:
        """Begin; returns when clients can connect."""
        if self._thread is not None and self._thread.is_alive():
            raise RuntimeError("TangoServer.start: expected a server that does not run, got one that does")
        if _RUNNING:
            raise RuntimeError(f"TangoServer.start: expected no other in this program, got {_RUNNING[0]!r}")
        host_class = _host_class()
        self.reserve()
        ready: Future[None] = Future()
        _RUNNING.append(self)
        try:
            with kept_signals():
                self._begin(host_class, ready)
        except BaseException:
            _RUNNING.remove(self)
            self._release()
            raise
        atexit.register(self.stop)
        return self

    def _begin(self, host_class: type[Host], ready: Future[None]) -> None:
        self._hosting = hosting = host_class(self)
        self._thread = threading.Thread(target=hosting.run, args=(ready,), name="macduff tango server", daemon=True)
        self._thread.start()
        try:
            ready.result()
        except BaseException:
            hosting.stop()
            self._thread.join()
            self._thread = self._hosting = None
            raise
        self._address = f"tango://{self.database or hosting.address}"

    def take_port(self) -> int:
        """Let go of the reserved port, for Tango is about to take it."""
        taken = self._reserved
        if taken is None:
            return self.port
        port: int = taken.getsockname()[1]
        self._release()
        return port

    def _release(self) -> None:
        taken, self._reserved = self._reserved, None
        if taken is not None:
            taken.close()

    def stop(self) -> None:
        """Tell all who subscribed, let go of every client and end; does nothing when it does not run."""
        thread, self._thread = self._thread, None
        hosting, self._hosting = self._hosting, None
        self._release()
        if thread is None or hosting is None:
            return
        hosting.stop()
        if thread is not threading.current_thread():
            thread.join()
        self._address = ""
        _RUNNING.remove(self)
        atexit.unregister(self.stop)

    def __enter__(self) -> Self:
        return self.start() if self._thread is None else self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<TangoServer {self._address or 'not running'}>"


def _host_class() -> type[Host]:
    try:
        import tango  # noqa: F401 - 0.2 s of import, and a name for what is missing
    except ImportError as error:
        raise ImportError("TangoServer: expected PyTango, got none; pip install 'macduff[tango]'") from error
    from .host import Host

    return Host


def _checked(what: str, name: str) -> str:
    """A part of a Tango name."""
    if not re.fullmatch(r"[A-Za-z0-9_.\-]+", name):
        raise ValueError(f"TangoServer({what}): expected letters, digits, _, - and ., got {name!r}; give {what}=")
    return name


def _checked_database(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if text and not (colon and host and port.isdigit()):
        raise ValueError(f"TangoServer(database): expected HOST:PORT such as localhost:10000, got {text!r}")
    return text
