"""One subscription of one connection: what it was sent, and what is still to be sent."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .channel import Channel
from .encoding import Piece

if TYPE_CHECKING:
    from .feed import Feed
    from .pacing import Pacer
    from .server import ServerSession

__all__ = ["Subscription"]


class Subscription:
    """`latest`: whatever changed while it could not be sent goes out as one change set."""

    __slots__ = (
        "channel", "dead", "feed", "floor", "fresh", "id", "pacer", "plain", "prefix", "prepared", "queued", "sent",
        "session",
    )  # fmt: skip

    def __init__(self, session: ServerSession, identity: int, feed: Feed, channel: Channel) -> None:
        self.session = session
        self.id = identity
        self.feed = feed
        self.channel = channel
        self.prefix = channel.prefix(identity)
        self.fresh = True
        self.prepared: tuple[tuple[Piece, int], int] | None = None
        """The first value, encoded elsewhere, with its sequence and the channel's version at that time."""
        self.sent = channel.version
        self.floor = 0
        self.pacer: Pacer | None = None
        self.queued = False
        self.dead = False
        self.plain = False
        """Nothing is special about it: its first message was sent and nothing later is to be held back."""

    def frame(self) -> Piece | None:
        """The next message; None when there is nothing to say any more."""
        self.queued = False
        if not self.plain:
            if self.dead:
                return None
            if self.fresh:
                return self._opening()
        channel, sent = self.channel, self.sent
        self.sent = channel.version
        body = channel.bodies.get(sent) or channel.body(sent)
        return None if body is None else self.prefix + body

    def _opening(self) -> Piece | None:
        """Everything, as it is when there is room to send it: nothing waits in memory until then."""
        channel, feed = self.channel, self.feed
        if self.prepared is None:
            path = [feed.name, *channel.rest]
            if not feed.every and feed.hub.slow(path, channel.framer.dialect):
                self.queued = True  # stays so until it is prepared: nothing is sent before it
                version = channel.version
                feed.hub.encoding(path, channel.framer.dialect, partial(self._encoded, version))
                return None
            return self._first(*feed.first(channel), channel.version)
        (piece, newest), version = self.prepared
        self.prepared = None
        return self._first(*feed.first_of(channel, piece, newest, newest), version)

    def _encoded(self, version: int, found: tuple[Piece, int] | None, error: Exception | None) -> None:
        if self.dead:
            return
        if found is None:
            self.session.broken(self, error or RuntimeError("nothing was encoded"))
            return
        self.prepared = (found, version)
        self.session.queue(self)

    def _first(self, body: Piece, floor: int, version: int) -> Piece:
        self.fresh = False
        self.sent = version
        self.floor = floor
        self.plain = floor == 0
        if self.plain and version != self.channel.version and not self.feed.every:
            self.queued = True
            self.session.queue(self)  # what changed while it was encoded
        return self.prefix + body + self.channel.framer.gap(0)

    def changed(self) -> None:
        """Its channel has a new version."""
        if self.floor:
            if self.channel.sequence < self.floor:
                return  # what it was sent first is newer
            self.floor = 0
            self.plain = not self.fresh
        if not self.queued:
            self.queued = True
            self.session.queue(self)

    def kill(self) -> None:
        """Nothing more is sent."""
        self.dead = True
        self.plain = False
