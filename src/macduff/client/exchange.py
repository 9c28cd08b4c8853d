"""One open connection: the protocol's session joined to its carrier, who waits for which reply, who watches what."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from macduff.errors import Disconnected, MacduffError
from macduff.protocol.client import ClientSession, Event, Failed, Returned

from .carrier import Carrier
from .request import Request
from .subscription import Subscription

__all__ = ["SUBPROTOCOLS", "Exchange", "Message"]

_log = logging.getLogger("macduff.client")

SUBPROTOCOLS = ("macduff.msgpack.1", "macduff.1", "malcolm.1")
"""What is offered, the preferred one first."""

Message = Callable[[ClientSession], tuple[int, bytes | str]]
"""Makes a request's (id, frame) with the session."""


class Exchange:
    """Requests and subscriptions of one connection, from its opening to its end; never used again after that."""

    def __init__(self, server: str, carrier: Carrier) -> None:
        self.session = ClientSession(carrier.subprotocol)
        self._server = server
        self._carrier = carrier
        self._requests: dict[int, Request] = {}
        self._subscriptions: dict[int, tuple[Subscription, Callable[[Subscription], object]]] = {}
        self._frames: deque[bytes | str] = deque()
        self._outgoing = asyncio.Event()

    # ---- carrying

    async def run(self) -> str:
        """Carry frames until the connection goes; the reason."""
        writer = asyncio.create_task(self._write(), name=f"macduff client {self._server}: writer")
        try:
            while True:
                frame = await self._carrier.receive()
                for event in self.session.receive(frame):
                    self._on(event)
        except Disconnected as error:
            return error.message
        except Exception as error:  # what cannot be understood costs the connection, not the client
            _log.exception("%s: a frame from the server was not understood", self._server)
            return f"a frame from the server was not understood: {error}"
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _write(self) -> None:
        try:
            while True:
                while self._frames:
                    await self._carrier.send(self._frames.popleft())
                self._outgoing.clear()
                await self._outgoing.wait()
        except Disconnected:
            await self._carrier.close()  # the reader learns it by that

    def _send(self, frame: bytes | str) -> None:
        self._frames.append(frame)
        self._outgoing.set()

    async def close(self) -> None:
        """Close the carrier."""
        await self._carrier.close()

    def fail(self, reason: str) -> None:
        """The connection is gone: every open request ends with an unknown outcome, every subscription is away."""
        requests, self._requests = list(self._requests.values()), {}
        watched, self._subscriptions = list(self._subscriptions.values()), {}
        for request in requests:
            request.done(None, request.lost(self._server, reason))
        for subscription, over in watched:
            self._end(subscription, over, Disconnected(reason))

    # ---- asking

    def request(self, request: Request, message: Message) -> None:
        """Send a request; one whose values cannot be said fails at once. The server says how many may be open."""
        try:
            identity, frame = message(self.session)
        except MacduffError as error:
            request.done(None, error)
            return
        self._requests[identity] = request
        self._send(frame)

    def subscribe(self, subscription: Subscription, over: Callable[[Subscription], object]) -> None:
        """Subscribe on this connection; `over(subscription)` when it failed before its first value."""
        identity, frame = self.session.subscribe(subscription.path, policy=subscription.policy)
        subscription.id = identity
        self._subscriptions[identity] = (subscription, over)
        self._send(frame)

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription of this connection; nothing more is heard of it."""
        if subscription.id is None or self._subscriptions.pop(subscription.id, None) is None:
            return
        _, frame = self.session.unsubscribe(subscription.id)
        subscription.id = None
        self._send(frame)

    # ---- hearing

    def _on(self, event: Event) -> None:
        if isinstance(event, Returned):
            self._replied(event.id, event, None)
        elif isinstance(event, Failed):
            self._replied(event.id, None, event.error)
        else:
            watched = self._subscriptions.get(event.id)
            if watched is not None and not watched[0].value(event.value, event.sequence or 0, event.dropped):
                self.unsubscribe(watched[0])
                watched[1](watched[0])

    def _replied(self, identity: int, returned: Returned | None, error: MacduffError | None) -> None:
        request = self._requests.pop(identity, None)
        if request is not None:
            request.done(None if returned is None else returned.value, error)
            return
        watched = self._subscriptions.pop(identity, None)
        if watched is not None:
            self._end(*watched, error or Disconnected("the server ended the subscription"))
        elif identity == -1:
            _log.error("%s: the server did not understand what was sent: %s", self._server, error)

    @staticmethod
    def _end(subscription: Subscription, over: Callable[[Subscription], object], error: MacduffError) -> None:
        if not subscription.ended(error):
            over(subscription)
