"""Subscriptions to every change: nothing is merged, and what cannot be kept is counted.

A channel keeps its changes once for all who subscribe; a subscription remembers the number of the one that it was sent
last.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from macduff.limits import Limits

from .channel import Channel
from .devicepieces import DevicePieces
from .encoding import Piece
from .frames import Framer
from .held import HeldDevice
from .subscription import Subscription

if TYPE_CHECKING:
    from .feed import Feed
    from .server import ServerSession

__all__ = ["EveryChannel", "EverySubscription"]

_LOOK: Final = 64
_LOOK_SIZE: Final = 64 * 1024
"""Beyond these it is worth a look whether the oldest changes are still wanted."""


class EveryChannel(Channel):
    """A channel that keeps its newest changes, numbered from 1: as many as one client may lag."""

    def __init__(
        self, device: HeldDevice, rest: Sequence[str], delta: bool, framer: Framer, pieces: DevicePieces
    ) -> None:
        super().__init__(device, rest, delta, framer, pieces)
        self.newest = 0
        self._kept: list[Piece] = []
        self._size = 0
        self._look = self._look_size = 0

    def add(self, body: Piece, limits: Limits) -> None:
        """One more, for everybody; who has not taken what must go for it loses that."""
        readers: list[EverySubscription] = self.subscribers  # type: ignore[assignment]  # there are no others here
        self.newest += 1
        self._kept.append(body)
        self._size += len(body)
        if len(self._kept) > self._look or self._size > self._look_size:
            self._shorten(readers, limits)
        for reader in readers:
            if reader.mark != reader.session.mark:
                reader.changed()

    def _shorten(self, readers: Sequence[EverySubscription], limits: Limits) -> None:
        """Drop what everybody has, then the oldest where there are too many; more than one, so that it is rare."""
        first = self.newest - len(self._kept) + 1
        self._drop(min((reader.at for reader in readers if not reader.fresh), default=self.newest) + 1 - first)
        if len(self._kept) > limits.every_changes or self._size > limits.outgoing:
            most, most_size = (bound - bound // 16 for bound in (limits.every_changes, limits.outgoing))
            while len(self._kept) > 1 and (len(self._kept) > most or self._size > most_size):
                self._drop(max(1, len(self._kept) - most))
            first = self.newest - len(self._kept) + 1
            for reader in readers:
                if not reader.fresh and reader.at + 1 < first:
                    reader.lost(first - 1 - reader.at)
                    reader.at = first - 1
        self._look = min(max(_LOOK, 2 * len(self._kept)), limits.every_changes)
        self._look_size = min(max(_LOOK_SIZE, 2 * self._size), limits.outgoing)

    def _drop(self, count: int) -> None:
        self._size -= sum(map(len, self._kept[:count]))
        del self._kept[:count]

    def between(self, at: int, goal: int, room: int) -> list[Piece]:
        """The changes after `at` up to `goal`, at least one and as many as there is room for."""
        before = self.newest - len(self._kept)
        found = self._kept[at - before : goal - before]
        if self._size > room:
            for count, body in enumerate(found, 1):
                room -= len(body)
                if room <= 0:
                    return found[:count]
        return found


class EverySubscription(Subscription):
    """`every`: each change is sent; those that cannot be kept are counted, the oldest go.

    It stands in its session's queue once for all changes between two replies, so that each reply goes out behind the
    changes that came before it. `mark`: the session's when it was queued last, -1 when that has been sent.
    """

    __slots__ = ("_dropped", "_end", "_every", "_goals", "at", "mark")

    def __init__(self, session: ServerSession, identity: int, feed: Feed, channel: Channel) -> None:
        super().__init__(session, identity, feed, channel)
        assert isinstance(channel, EveryChannel)
        self._every = channel
        self._end = channel.framer.gap(0)
        self._dropped = 0
        self._goals: deque[int] = deque()
        """Up to which change each of its places in the queue goes; but for the last, which goes up to the newest."""
        self.at = 0
        """The number of the change that it was sent last."""
        self.mark = -1

    def changed(self) -> None:
        """There is one more to send, the channel's newest."""
        if self.mark >= 0:
            self._goals.append(self._every.newest - 1)
        session = self.session
        self.mark = session.mark
        session.waiting.append(self)
        if not session.announced:
            session.announced = True
            session.hub.announced.append(session)

    def take(self, room: int) -> list[Piece]:
        """The messages for one place in the queue, as many as there is room for; others stay in that place."""
        every, goals = self._every, self._goals
        if self.dead:
            return []
        if self.fresh:
            opening = self._opening()
            self.at = every.newest
            return [opening]
        if goals:
            goal = goals.popleft()
        else:
            goal, self.mark = every.newest, -1
        if goal <= self.at:
            return []
        prefix, end = self.prefix, self._end
        bodies = every.between(self.at, goal, room)
        frames = [prefix + body + end for body in bodies]
        if self._dropped:
            frames[0] = prefix + bodies[0] + every.framer.gap(self._dropped)
            self._dropped = 0
        self.at += len(bodies)
        if self.at < goal:
            goals.appendleft(goal)
            self.session.waiting.appendleft(self)
        return frames

    def lost(self, count: int) -> None:
        """So many changes will not be sent; the next message says so, and the hub counts."""
        self._dropped += count
        self.session.count_dropped(count)
