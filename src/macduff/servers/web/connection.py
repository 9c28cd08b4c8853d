"""One websocket: frames to its session, and what the session has to say to the socket, as fast as that takes it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.abc import AbstractStreamWriter

from macduff.limits import Limits
from macduff.protocol.server import ServerSession

from .counts import Counts
from .frames import chunks

__all__ = ["Connection"]

LOG = logging.getLogger("macduff.web")


class Connection:
    """Writes go straight to the transport and never wait, so no client waits for another.

    What the socket does not take stays in its transport's buffer up to `limits.outgoing`; beyond that it stays in the
    session, where changes are merged. While the session is choked with replies nothing is read either.
    """

    def __init__(
        self, session: ServerSession, socket: web.WebSocketResponse, transport: asyncio.Transport,
        writer: AbstractStreamWriter, limits: Limits, counts: Counts,
    ) -> None:  # fmt: skip
        self.session = session
        self._socket = socket
        self._transport = transport
        self._writer = writer
        self._limits = limits
        self._counts = counts
        self._draining: asyncio.Task[None] | None = None
        self._unchoked: asyncio.Future[None] | None = None
        self._farewell: asyncio.Task[None] | None = None
        self._most = limits.outgoing
        transport.set_write_buffer_limits(high=max(limits.outgoing - 1, 1), low=limits.outgoing // 2)

    async def serve(self, tick: Any) -> None:
        """Read until the connection is gone; `tick` has what is pending in any session sent, soon and together."""
        session, receive, counts = self.session, self._socket.receive, self._counts
        while True:
            message = await receive()
            if message.type is not WSMsgType.TEXT and message.type is not WSMsgType.BINARY:
                return
            counts.frames_received += 1
            session.receive(message.data)
            if session.choked:
                await self._breathe()
            tick()

    async def _breathe(self) -> None:
        """Send replies until few enough wait."""
        self.flush()
        while self.session.choked and not self._transport.is_closing():
            self._unchoked = asyncio.get_running_loop().create_future()
            await self._unchoked

    def flush(self) -> None:
        """Write what is pending, as far as there is room."""
        session, transport, counts = self.session, self._transport, self._counts
        while session.waiting and not transport.is_closing():
            room = self._most - transport.get_write_buffer_size()
            if room <= 0:
                self._wait_for_room()
                break
            messages = session.outgoing(room)
            for chunk in chunks(messages):
                transport.write(chunk)
                counts.bytes_sent += len(chunk)
            counts.frames_sent += len(messages)
        if session.failed:
            self._give_up(WSCloseCode.POLICY_VIOLATION, session.failed)
        if self._unchoked is not None and not self._unchoked.done() and not session.choked:
            self._unchoked.set_result(None)

    def _wait_for_room(self) -> None:
        if self._draining is None:
            self._counts.congested += 1
            self._draining = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        """Go on when half of the buffer has been taken; hang up when that takes too long with replies waiting."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._limits.stalled
        drained = asyncio.ensure_future(self._writer.drain())
        try:
            while not drained.done() and not self._transport.is_closing():
                left = deadline - loop.time()
                await asyncio.wait((drained,), timeout=left if left > 0 else min(1.0, self._limits.stalled))
                if loop.time() >= deadline and not drained.done() and self.session.replies_pending:
                    self._stalled()
        finally:
            drained.cancel()
            await asyncio.gather(drained, return_exceptions=True)
            self._draining = None
        self.flush()

    def _stalled(self) -> None:
        self._counts.stalled += 1
        LOG.warning("%s takes nothing for %g s while replies wait: hung up", self.session.peer, self._limits.stalled)
        self.abort()

    def _give_up(self, code: int, reason: str) -> None:
        if self._farewell is None and not self._transport.is_closing():
            LOG.warning("%s: %s: hung up", self.session.peer, reason)
            self._farewell = asyncio.ensure_future(self.close(code, reason))

    def abort(self) -> None:
        """Hang up at once."""
        self._transport.abort()
        self.release()

    def release(self) -> None:
        """The connection is gone: nobody waits for it any more, its subscriptions are freed."""
        self.session.close()
        if self._draining is not None:
            self._draining.cancel()
        if self._unchoked is not None and not self._unchoked.done():
            self._unchoked.set_result(None)

    async def close(self, code: int, reason: str) -> None:
        """Close as the protocol has it; a client that does not answer in time is cut off."""
        try:
            async with asyncio.timeout(self._limits.farewell):
                await self._socket.close(code=code, message=reason.encode()[:120])
        except (TimeoutError, ConnectionError, RuntimeError):
            pass
        finally:
            self.abort()
