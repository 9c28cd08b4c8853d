"""Subscriptions that are told of changes a limited number of times a second: what changes more often is merged.

Time is cut into periods. In each of them a client gets one message at most: a change after a quiet one goes out at
once, what comes behind it waits for the next, newest wins. All who ask for the same period are told at the same
moments, so that what they are told is encoded once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from macduff.errors import BadValue

from .beats import SHORTEST, next_beat
from .channel import Channel
from .encoding import Piece
from .subscription import Subscription

if TYPE_CHECKING:
    from .feed import Feed
    from .messages import Subscribe
    from .server import ServerSession

__all__ = ["Backlog", "PacedSubscription", "Pacer", "Pacers", "delivery"]

LONGEST: Final = 60.0
"""Seconds; a longer period is refused."""


def delivery(request: Subscribe) -> tuple[bool, float]:
    """Whether each change is wanted, and how many seconds must be between messages; BadValue for neither."""
    policy, period = request.policy, request.period
    if policy not in (None, "latest", "every"):
        raise BadValue.of("policy", "latest or every", policy)
    if period is None:
        return policy == "every", 0.0
    if type(period) not in (int, float) or not (period == 0 or SHORTEST <= period <= LONGEST):
        raise BadValue.of("period", f"0, or seconds from {SHORTEST:g} to {LONGEST:g}", period)
    if policy == "every" and period:
        raise BadValue("period: expected none with the policy every, which merges nothing, got one")
    return policy == "every", float(period)


class Pacer:
    """One period of one connection: what has changed and must wait, and until when."""

    def __init__(self, session: ServerSession, period: float) -> None:
        self._session = session
        self.period = period
        self._due = float("-inf")
        self._reminded = False
        self._held: list[PacedSubscription] = []
        self._feeds: dict[Feed, None] = {}

    def keeps(self, feed: Feed) -> bool:
        """Whether what has come for a feed must wait; it is asked for when it need no more."""
        waits = self._early()
        if waits:
            self._feeds[feed] = None
        return waits

    def changed(self, subscription: PacedSubscription) -> None:
        """Have it sent, now or when it is time; it must not be given again before that."""
        if self._early():
            self._held.append(subscription)
        else:
            self._session.queue(subscription)

    def _early(self) -> bool:
        hub = self._session.hub
        if hub.now is None or hub.now >= self._due or self._session.closed:
            return False
        if not self._reminded:
            self._reminded = True
            hub.remind(self._due, self)
        return True

    def sent(self) -> None:
        """Something was sent in this period."""
        now = self._session.hub.now
        if now is not None:
            self._due = next_beat(now, self.period)

    def poke(self) -> None:
        """It is time."""
        self._reminded = False
        self.release()

    def release(self) -> None:
        """Let everything go."""
        feeds, self._feeds = self._feeds, {}
        for feed in feeds:
            feed.settle()
        held, self._held = self._held, []
        for subscription in held:
            if not subscription.dead:
                self._session.queue(subscription)


class Pacers:
    """All of one connection, by their periods."""

    def __init__(self, session: ServerSession) -> None:
        self._session = session
        self._all: dict[float, Pacer] = {}

    def of(self, period: float) -> Pacer:
        """The one of all subscriptions with that period."""
        return self._all.setdefault(period, Pacer(self._session, period))

    def release(self) -> None:
        """A reply comes: let everything go before it."""
        for pacer in self._all.values():
            pacer.release()


class Backlog:
    """What has come for a feed while none of its subscribers may be told, newest wins."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}
        self._come: Mapping[str, Any] = {}
        """What came last, where nothing is kept."""
        self._sequence = 0
        self._pacers: dict[Pacer, None] = {}
        """Of all subscribers; none if one of them is told of every change at once."""
        self.period = 0.0
        """Seconds that all of them bear with."""

    def serve(self, subscribers: Sequence[Subscription]) -> None:
        """Who they are now."""
        paced = [item.pacer for item in subscribers if item.pacer is not None]
        self._pacers = dict.fromkeys(paced) if len(paced) == len(subscribers) else {}
        self.period = min((pacer.period for pacer in self._pacers), default=0.0)

    def keep(self, feed: Feed, changes: Mapping[str, Any], sequence: int) -> bool:
        """Add some; whether they may stay, until one of the pacers asks for them."""
        self._sequence = sequence
        if not self._pacers and not self._kept:
            self._come = changes
            return False
        self._kept.update(changes)
        return bool(self._pacers) and "" not in changes and all([pacer.keeps(feed) for pacer in self._pacers])

    def take(self) -> tuple[Mapping[str, Any], int]:
        """All of it, and the sequence of the newest."""
        found = self._kept or self._come
        self._kept, self._come = {}, {}
        return found, self._sequence


class PacedSubscription(Subscription):
    """`latest`, with a period. Everything goes through `changed`, for it is never `plain`."""

    __slots__ = ("_pacer",)

    def __init__(self, session: ServerSession, identity: int, feed: Feed, channel: Channel, period: float) -> None:
        super().__init__(session, identity, feed, channel)
        self.pacer = self._pacer = session.pacers.of(period)

    def frame(self) -> Piece | None:
        """The next message; from now on until the end of the period there is no other."""
        self._pacer.sent()
        frame = super().frame()
        self.plain = False
        return frame

    def changed(self) -> None:
        """Its channel has a new version."""
        if self.floor:
            if self.channel.sequence < self.floor:
                return  # what it was sent first is newer
            self.floor = 0
        if not self.queued:
            self.queued = True
            self._pacer.changed(self)
