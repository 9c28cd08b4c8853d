"""The web server: websocket, HTTP and the page, on one port, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Self

from macduff.limits import DEFAULTS, Limits

from .gate import Gate, check_bind

if TYPE_CHECKING:
    from macduff.core import Process

__all__ = ["WebServer"]


class WebServer:
    """Makes the devices of a Process visible to browsers, websocket clients and anything that speaks HTTP.

    port: 0 for a free one. read_only: nobody may put or call. insecure: may bind an address that other machines reach,
    though anybody there could write. hosts: further names under which it is reached. origins: further pages,
    "https://panel.example", whose scripts may talk to it. ValueError for a bind that is refused, OSError from `start`
    when the port is taken.
    """

    def __init__(
        self,
        process: Process,
        host: str = "127.0.0.1",
        port: int = 8008,
        *,
        limits: Limits = DEFAULTS,
        read_only: bool = False,
        insecure: bool = False,
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
    ) -> None:
        check_bind(host, read_only=read_only, insecure=insecure)
        self.process = process
        self.limits = limits
        self.read_only = read_only
        self.host = "127.0.0.1" if host.lower() == "localhost" else host
        self.port = port
        self.gate = Gate(host, hosts, origins)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._address = ""

    @property
    def address(self) -> str:
        """ "http://127.0.0.1:8008"; empty until it listens."""
        return self._address

    def start(self) -> Self:
        """Begin; returns when it listens."""
        if self._thread is not None:
            raise RuntimeError("WebServer.start: expected a server that does not run, got one that does")
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="macduff web server", daemon=True)
        self._thread.start()
        try:
            ready.result()
        except BaseException:
            self._thread.join()
            self._thread = None
            raise
        return self

    def stop(self) -> None:
        """Close all connections and end; does nothing when it does not run."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        loop, stop = self._loop, self._stop
        if loop is not None and stop is not None:
            loop.call_soon_threadsafe(stop.set)
        thread.join()
        self._address = ""

    def __enter__(self) -> Self:
        return self.start() if self._thread is None else self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, ready: Future[None]) -> None:
        try:
            run(lambda: self._serve(ready))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    async def _serve(self, ready: Future[None]) -> None:
        from .site import Site  # aiohttp: 0.3 s of import, in this thread

        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        site = Site(self.process, self.limits, self.gate, read_only=self.read_only)
        try:
            port = await site.listen(self.host, self.port)
            name = f"[{self.host}]" if ":" in self.host else self.host
            self._address = f"http://{name}:{port}"
            ready.set_result(None)
            await self._stop.wait()
        finally:
            await site.close()

    def __repr__(self) -> str:
        return f"<WebServer {self._address or 'not running'}>"


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine on uvloop where there is one: waking a plain asyncio loop from a thread costs much more."""
    try:
        import uvloop
    except ImportError:
        factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    else:
        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main())
