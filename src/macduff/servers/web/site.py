"""What the server's loop runs: the application, its connections, and the way from the Process to them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import WSCloseCode, web

from macduff.core import Process
from macduff.errors import BadValue, MacduffError, TooMany
from macduff.limits import Limits
from macduff.protocol.dialect import choose
from macduff.protocol.server import Hub, ServerSession

from .answers import Full, not_the_clients_fault, refusal, translated
from .asking import peer_of
from .connection import Connection
from .counts import Counts, exposition
from .gate import Gate
from .host import ProcessHost, Reply, as_error
from .inbox import Inbox
from .pages import Pages
from .reading import Reader
from .upkeep import Upkeep
from .writing import Writer

__all__ = ["Site"]

LOG = logging.getLogger("macduff.web")
HTTP_LOG = logging.getLogger("macduff.web.http")
HTTP_LOG.addFilter(not_the_clients_fault)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """One running server. Everything here happens on its loop, except `_wake`."""

    def __init__(self, process: Process, limits: Limits, gate: Gate, *, read_only: bool) -> None:
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._gate = gate
        self._counts = Counts()
        self._inbox = Inbox(self._wake)
        self._host = ProcessHost(process, self._inbox, read_only=read_only)
        self._hub = Hub(self._host, limits, offload=True, read_only=read_only)
        self._upkeep = Upkeep(self._hub, self._flush)
        self._connections: dict[Any, Connection] = {}  # by session
        self._ticking = False
        self._closing = False
        app = web.Application(middlewares=[self._guard], client_max_size=limits.message_size)
        app.add_routes([web.get("/ws", self.websocket), web.get("/metrics", self.metrics)])
        app.add_routes(Writer(self._hub, self._host, self._upkeep, limits).routes())  # first: it has the outcomes
        app.add_routes(Reader(self._hub, self._host, self._upkeep, limits, read_only=read_only).routes())
        self._pages = Pages()
        app.add_routes(self._pages.routes())
        self._runner = web.AppRunner(
            app,
            logger=HTTP_LOG,
            access_log=None,
            handler_cancellation=True,
            keepalive_timeout=limits.http_idle,
            shutdown_timeout=limits.farewell,
        )
        self._server: asyncio.AbstractServer | None = None

    # life

    async def bind(self, host: str, port: int) -> int:
        """Take the port, for `listen`; the one that it became."""
        await self._runner.setup()
        self._server = await self._loop.create_server(self._accept, host, port, backlog=256, start_serving=False)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def listen(self) -> None:
        """From now on clients can connect."""
        if self._server is not None:
            await self._server.start_serving()

    async def close(self) -> None:
        """Take no more, tell the websockets, end."""
        self._closing = True
        if self._server is not None:
            self._server.close()
        farewells = [item.close(WSCloseCode.GOING_AWAY, "the server stops") for item in self._connections.values()]
        await asyncio.gather(*farewells)
        await self._runner.cleanup()
        for session in list(self._hub.sessions):
            session.close()
        self._upkeep.close()

    def _accept(self) -> asyncio.Protocol:
        """The protocol of a new connection, or one that hangs up when there are too many."""
        server = self._runner.server
        if server is None or len(server.connections) >= self._limits.connections:
            self._counts.refused += 1
            return Full(self._limits.farewell)
        return server()

    # from the Process to the clients

    def _wake(self) -> None:
        """From the Process thread."""
        with suppress(RuntimeError):  # the loop has ended; nobody is there to be told
            self._loop.call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        hub, host = self._hub, self._host
        host.turn()
        self._upkeep.time()
        for slot, item in self._inbox.take():
            try:
                if slot is not None:
                    hub.deliver(item, slot.member if slot.every else None)
                    continue
                reply = item[0]
                host.ended(reply)
                if type(reply) is Reply:
                    reply.done(item[1])
                else:
                    hub.deliver(item)
            except Exception:
                LOG.exception("the web server goes on after an error with %r", item[:2])
        self._upkeep.time()
        self._flush()

    def _tick(self) -> None:
        """Have what is pending sent at the end of this turn of the loop, each client's in one piece."""
        if not self._ticking:
            self._ticking = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._ticking = False
        self._host.turn()
        connections = self._connections
        for session in self._hub.ready():
            connection = connections.get(session)
            if connection is not None:
                connection.flush()
        self._upkeep.begin()

    # requests

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        """/ws"""
        self._gate.check_origin(request.headers.get("Origin"), request.headers.get("Host"))
        if len(self._connections) >= self._limits.connections or self._closing:
            raise TooMany(f"/ws: expected at most {self._limits.connections} connections, got one more")
        chosen = _subprotocol(request)
        socket = web.WebSocketResponse(
            protocols=() if chosen is None else (chosen,),
            compress=False,  # permessage-deflate doubles the cost of a frame
            max_msg_size=self._limits.message_size + 1,
            timeout=self._limits.farewell,
        )
        try:
            writer = await socket.prepare(request)
        except ValueError as error:  # from what decodes the key
            raise BadValue(f"/ws: expected the handshake of a websocket, got another ({error})") from None
        except ConnectionError:  # whoever asked has gone already: a page that is loaded anew at once
            return socket
        transport = request.transport
        if transport is None:
            return socket
        session = ServerSession(self._hub, chosen, peer_of(request))
        connection = Connection(session, socket, transport, writer, self._limits, self._counts)
        self._connections[session] = connection
        self._counts.websockets += 1
        try:
            await connection.serve(self._tick)
        finally:
            del self._connections[session]
            connection.release()
        return socket

    async def metrics(self, request: web.Request) -> web.Response:
        """/metrics, for Prometheus."""
        gauges = {
            "devices": ("Devices of this server", len(self._host.devices())),
            "connections": ("Open websockets", len(self._connections)),
            "subscriptions": ("Open subscriptions", sum(session.subscriptions for session in self._hub.sessions)),
            "open_requests": ("Puts and calls that have not ended", self._host.open_requests),
        }
        size, bursts = self._host.history_use
        gauges["history_bytes"] = ("Memory for the histories of attributes", size)
        lost = {
            "history_bursts": ("How often readings came too fast for a history to have all", bursts),
            "changes_lost": ("Changes that subscriptions to every one did not get", self._hub.dropped),
            "changes_dropped": ("What sources told of devices that had been removed", self._host.dropped),
        }
        text = exposition(self._counts, gauges, lost)
        return web.Response(text=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Host and Origin before anything else; every error as the Error that it is."""
        counts = self._counts
        counts.http_requests += 1
        self._host.turn()
        try:
            self._gate.check_host(request.headers.get("Host"))
            if request.method not in ("GET", "HEAD"):
                self._gate.check_origin(request.headers.get("Origin"), request.headers.get("Host"))
            response = await handler(request)
        except web.HTTPException as error:
            page = self._pages.missing(request) if error.status == 404 else None
            response = page or translated(request, error)
        except MacduffError as error:
            response = refusal(error)
        except Exception as error:
            LOG.exception("%s %s failed", request.method, request.path)
            response = refusal(as_error(error))
        counts.http_failures += response.status >= 400
        return response


def _subprotocol(request: web.Request) -> str | None:
    """What to speak; BadValue when only unknown subprotocols are offered."""
    offered = ",".join(request.headers.getall("Sec-WebSocket-Protocol", ()))
    try:
        return choose(name.strip() for name in offered.split(",") if name.strip())
    except ValueError as error:
        raise BadValue(str(error)) from None
