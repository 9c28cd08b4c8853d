"""The protocol's server side, one connection: frames in, frames out, no I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from macduff.errors import BadValue, DuplicateId, MacduffError, NotFound, Refused, TooMany

from . import asking, opening
from .asking import Waiting
from .dialect import STRICT
from .encoding import Piece
from .every import EverySubscription
from .host import Outcome
from .hub import Hub
from .messages import Get, Post, Put, Refusal, Request, Subscribe, Unsubscribe, parse
from .pacing import Pacers, delivery
from .replies import Encoded, Reply
from .subscription import Subscription

__all__ = ["Hub", "ServerSession"]


class ServerSession:
    """One connection. Feed it frames, send what it gives; it says when it must be closed.

    `pending`: there is something to send. `failed`: a reason to close the connection, "" while there is none.
    """

    def __init__(self, hub: Hub, subprotocol: str | None = None, peer: str = "") -> None:
        """For a new connection; `peer` is who it is, for the audit log. subprotocol: None is malcolm 1.0."""
        self.hub = hub
        self.dialect = dialect = hub.dialect(subprotocol or STRICT.name)
        self.peer = peer
        self.limits = hub.limits
        self.closed = False
        self.failed = ""
        self.mark = 0
        """Grows with each reply: later changes go behind it."""
        self.announced = False
        self.dropped = 0
        self._framer = hub.framer(dialect)
        self.waiting: deque[Subscription | Reply] = deque()
        self._batches = dialect.ours
        self._largest = hub.limits.frame_size
        self._replies = 0
        self._reply_size = 0
        self._open: dict[Waiting, bool] = {}
        self._subscriptions: dict[int, Subscription] = {}
        self.held: dict[int, object] = {}
        self.pacers = Pacers(self)
        hub.sessions[self] = None

    # the connection's side

    @property
    def pending(self) -> bool:
        """Whether there is something to send."""
        return bool(self.waiting)

    @property
    def replies_pending(self) -> bool:
        """Whether replies wait to be sent: a connection that is full for long while they do is stalled."""
        return self._replies > 0

    @property
    def choked(self) -> bool:
        """Whether so many replies wait that nothing should be received until some are sent."""
        return self._replies >= self.limits.in_flight or self._reply_size > self.limits.outgoing

    def receive(self, frame: str | bytes) -> None:
        """A frame from the client. Every message in it gets exactly one Return or Error, now or later."""
        if self.closed:
            return
        for request in parse(frame, self.dialect, self.limits):
            self._handle(request)

    def outgoing(self, room: int) -> list[str | bytes]:
        """The frames that may be sent now: about `room` bytes, one frame may go beyond. str text, bytes binary.

        What is not given stays: replies in order, changes merged until there is room.
        """
        frames: list[Piece] = []
        queue, largest = self.waiting, self._largest
        while queue and room > 0:
            entry = queue.popleft()
            if isinstance(entry, EverySubscription):
                room -= self._take(entry, room, frames)
                continue
            try:
                frame = entry.frame()
            except Exception as error:
                frame = self._broken(entry, error)
            if frame is not None:
                size = len(frame)
                if size > largest:
                    frame = self._oversize(entry, size)
                room -= size
                frames.append(frame)
        if self._batches and frames and (len(frames) > 1 or self.dialect.encoding.binary):
            return [self.dialect.encoding.array(frames)]
        return frames

    def _take(self, subscription: EverySubscription, room: int, frames: list[Piece]) -> int:
        """Add the messages of an `every` subscription; the bytes that they take."""
        try:
            found = subscription.take(room)
        except Exception as error:
            found = [self._broken(subscription, error)]
        size = sum(map(len, found))
        if size > self._largest and (largest := max(map(len, found))) > self._largest:
            found = [self._oversize(subscription, largest)]
        frames += found
        return size

    def close(self) -> None:
        """The connection is gone: its subscriptions are freed, its calls go on unless they asked to be aborted."""
        if self.closed:
            return
        self.closed = True
        self.hub.sessions.pop(self, None)
        for subscription in list(self._subscriptions.values()):
            self._forget(subscription)
        self.waiting.clear()
        waiting, self._open = list(self._open), {}
        for request in waiting:
            if request.abort:
                self.hub.host.abandon(request)

    # the hub's side

    def queue(self, entry: Subscription | Reply) -> None:
        """Something to send, behind what is there already."""
        self.waiting.append(entry)
        if not self.announced:
            self.announced = True
            self.hub.announce(self)

    def ended(self, request: Waiting, outcome: Outcome) -> None:
        """A put or call has ended."""
        if self._open.pop(request, False) is False or self.closed:
            return  # it has had its reply, or nobody is there to read it
        if outcome.error is not None:
            self._fail(request.id, outcome.error)
            return
        if isinstance(request, opening.Opening):
            self._handle(request.request(outcome.value), opened=True)
            return
        try:
            value = request.finish(outcome.value)
        except Exception as error:
            self._fail(request.id, _told(error))
        else:
            self.reply(request.id, self._framer.returned(request.id, value))

    @property
    def subscriptions(self) -> int:
        """How many are open."""
        return len(self._subscriptions)

    def end(self, subscription: Subscription, error: MacduffError) -> None:
        """What is subscribed is gone: its one Error, and nothing after."""
        self._forget(subscription)
        self._fail(subscription.id, error)

    def broken(self, subscription: Subscription, error: Exception) -> None:
        """What is subscribed cannot be said."""
        self.end(subscription, _told(error))

    def count_dropped(self, count: int) -> None:
        """Changes that this client will not see."""
        self.dropped += count
        self.hub.dropped += count

    # requests

    def _handle(self, request: Request | Refusal, opened: bool = False) -> None:
        try:
            if isinstance(request, Refusal):
                self._fail(request.id, request.error)
                return
            if not isinstance(request, Unsubscribe):
                self._check_path(request)
            if not opened and opening.begin(self, request):
                return
            if isinstance(request, Get):
                self._get(request)
            elif isinstance(request, Put):
                asking.put(self, request)
            elif isinstance(request, Post):
                asking.post(self, request)
            elif isinstance(request, Subscribe):
                self._subscribe(request)
            else:
                self._unsubscribe(request)
        except Exception as error:
            self._fail(request.id, _told(error))

    def _check_path(self, request: Get | Put | Post | Subscribe) -> None:
        if request.id in self._subscriptions:
            raise DuplicateId(f"id: expected one that is not in use, got {request.id}, that of a subscription")
        if not request.path:
            raise BadValue("path: expected a device and what is wanted of it, got an empty list")

    def _get(self, request: Get) -> None:
        hub, dialect = self.hub, self.dialect
        if not hub.slow(request.path, dialect):
            self.reply(request.id, self._framer.returned(request.id, hub.get(request.path, dialect)))
            return
        waiting = self.wait(request.id, lambda piece: piece)

        def then(found: tuple[Piece, int] | None, error: Exception | None) -> None:
            self.ended(waiting, Encoded(found[0] if found else None, None if error is None else _told(error)))

        hub.encoding(request.path, dialect, then)

    def _subscribe(self, request: Subscribe) -> None:
        if any(waiting.id == request.id for waiting in self._open):
            raise DuplicateId(f"id: expected one that is not in use, got {request.id}, that of an open request")
        if len(self._subscriptions) >= self.limits.subscriptions:
            raise TooMany(f"subscriptions: expected at most {self.limits.subscriptions} a connection, got one more")
        subscription = self.hub.subscribe(self, request, *delivery(request))
        self._subscriptions[request.id] = subscription
        opening.hold(subscription)

    def _unsubscribe(self, request: Unsubscribe) -> None:
        subscription = self._subscriptions.get(request.id)
        if subscription is None:
            waiting = next((waiting for waiting in self._open if waiting.id == request.id), None)
            if not isinstance(waiting, opening.Opening):
                raise NotFound(f"id: expected that of a subscription, got {request.id}")
            self.unwait(waiting)
        else:
            self._forget(subscription)
        self.reply(request.id, self._framer.returned(request.id, self._framer.null))

    def _forget(self, subscription: Subscription) -> None:
        subscription.kill()
        self._subscriptions.pop(subscription.id, None)
        opening.release(subscription)
        self.hub.unsubscribe(subscription)

    # replies

    def wait(self, identity: int, finish: Callable[[object], Piece], abort: bool = False) -> Waiting:
        """A request whose reply comes later; `finish` makes the value of its Return. TooMany beyond the bound."""
        return self.begin(Waiting(self, identity, finish, abort))

    def begin(self, waiting: Waiting) -> Waiting:
        """Something is waited for; TooMany beyond the bound."""
        if len(self._open) >= self.limits.in_flight:
            raise TooMany(f"requests: expected at most {self.limits.in_flight} open ones a connection, got one more")
        self._open[waiting] = True
        return waiting

    def unwait(self, waiting: Waiting) -> None:
        """It could not be asked for; the error is its reply."""
        self._open.pop(waiting, None)

    def reply(self, identity: int, frame: Piece) -> None:
        """The last message for a request, behind all changes that came before it."""
        self.pacers.release()
        self.mark += 1
        self._replies += 1
        self._reply_size += len(frame)
        limits = self.limits
        if self._replies > _MOST * limits.in_flight or self._reply_size > limits.outgoing + limits.frame_size:
            self.failed = self.failed or "it asks faster than it reads the replies"
        self.queue(Reply(self, identity, frame))

    def replied(self, size: int) -> None:
        """A reply is on its way."""
        self._replies -= 1
        self._reply_size -= size

    def _fail(self, identity: int, error: MacduffError) -> None:
        self.reply(identity, self._framer.failed(identity, error))

    def _oversize(self, entry: Subscription | Reply, size: int) -> Piece:
        """A message that is too large in all, though each value of it is not: an Error instead."""
        message = f"message: expected at most {self.limits.frame_size} bytes, got {size}; ask for less than all of it"
        if isinstance(entry, Subscription):
            self._forget(entry)
        return self._framer.failed(entry.id, Refused(message))

    def _broken(self, entry: Subscription | Reply, error: Exception) -> Piece:
        """A subscription whose value cannot be said ends with the reason."""
        if isinstance(entry, Reply):
            raise error
        self._forget(entry)
        return self._framer.failed(entry.id, _told(error))


_MOST = 4  # times the requests that may be open: who has so many replies unread does not read at all


def _told(error: Exception) -> MacduffError:
    """Any exception as one that the wire can say."""
    if isinstance(error, MacduffError):
        return error
    return MacduffError(f"the server failed: {type(error).__name__}: {error}")
