"""The web server: websocket, HTTP and the page, on one port, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from contextlib import suppress
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
        self._begin: asyncio.Event | None = None
        self._stop: asyncio.Event | None = None
        self._reserved: Future[None] = Future()
        self._listening: Future[None] = Future()
        self._address = ""

    @property
    def address(self) -> str:
        """ "http://127.0.0.1:8008"; empty until the address is taken."""
        return self._address

    @property
    def environment(self) -> dict[str, str]:
        """What macduff's own commands and clients find it by."""
        return {"MACDUFF_ADDRESS": self._address.replace("http", "ws", 1)}

    def reserve(self) -> Self:
        """Take the address, so that it is known to be free before there is anything to serve; `start` listens there."""
        if self._thread is not None:
            raise RuntimeError("WebServer.reserve: expected a server that does not run, got one that does")
        self._reserved, self._listening = Future(), Future()
        self._thread = threading.Thread(target=self._run, name="macduff web server", daemon=True)
        self._thread.start()
        self._wait(self._reserved)
        return self

    def start(self) -> Self:
        """Begin; returns when it listens."""
        if self._thread is None:
            self.reserve()
        elif self._listening.done():
            raise RuntimeError("WebServer.start: expected a server that does not run, got one that does")
        self._tell(self._begin)
        self._wait(self._listening)
        return self

    def stop(self) -> None:
        """Close all connections and end; does nothing when it does not run."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._tell(self._stop)
        self._tell(self._begin)
        thread.join()
        self._address = ""

    def __enter__(self) -> Self:
        return self if self._thread is not None and self._listening.done() else self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _tell(self, event: asyncio.Event | None) -> None:
        if self._loop is not None and event is not None:
            with suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(event.set)

    def _wait(self, step: Future[None]) -> None:
        """Until the thread has come so far; when it fails, it has ended."""
        try:
            step.result()
        except BaseException:
            thread, self._thread = self._thread, None
            if thread is not None:
                thread.join()
            self._address = ""
            raise

    def _run(self) -> None:
        try:
            run(self._serve)
        except BaseException as error:
            step = self._listening if self._reserved.done() else self._reserved
            if step.done():
                raise
            step.set_exception(error)

    async def _serve(self) -> None:
        from .site import Site  # aiohttp: 0.3 s of import, in this thread

        self._loop = asyncio.get_running_loop()
        self._begin, self._stop = asyncio.Event(), asyncio.Event()
        site = Site(self.process, self.limits, self.gate, read_only=self.read_only)
        try:
            port = await site.bind(self.host, self.port)
            name = f"[{self.host}]" if ":" in self.host else self.host
            self._address = f"http://{name}:{port}"
            self._reserved.set_result(None)
            await self._begin.wait()
            if not self._stop.is_set():
                await site.listen()
                self._listening.set_result(None)
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
