"""One server's side of the protocol: what all its connections share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from macduff.errors import NotFound, Removed
from macduff.limits import DEFAULTS, Limits

from .devicepieces import DevicePieces
from .dialect import DIALECTS, READ_ONLY, Dialect
from .encoding import Piece
from .every import EverySubscription
from .feed import Feed
from .frames import Framer
from .gate import Gate
from .held import HeldDevice, newest_of
from .host import Host
from .large import Job, is_large
from .messages import Subscribe
from .model import DeviceModel, SEvent
from .pacing import PacedSubscription, Pacer
from .structure import is_attribute
from .subscription import Subscription

if TYPE_CHECKING:
    from .server import ServerSession

__all__ = ["Hub"]


class Hub:
    """Shares encodings among the sessions of one server. All of it runs on that server's own thread."""

    def __init__(self, host: Host, limits: Limits = DEFAULTS, offload: bool = False, read_only: bool = False) -> None:
        """`offload`: large arrays are encoded by `jobs`, which the server runs elsewhere; else here and now.

        `read_only`: all that is shown is shown as not writeable; to refuse puts and calls is the host's.
        """
        self.host = host
        self.limits = limits
        self.offload = offload
        self.now: float | None = None
        self.dropped = 0
        """Changes that `every` subscriptions lost."""
        self.sessions: dict[ServerSession, None] = {}
        self._dialects = READ_ONLY if read_only else DIALECTS
        self._framers = {dialect: Framer(dialect) for dialect in self._dialects.values()}
        self._feeds: dict[tuple[str, str, bool], Feed] = {}
        self._pieces: dict[tuple[str, Dialect], tuple[DeviceModel, DevicePieces]] = {}
        self.announced: list[ServerSession] = []
        """The sessions that have got something to send."""
        self._jobs: list[Job] = []
        self._reminders: dict[Gate | Pacer, float] = {}

    # connections

    def dialect(self, subprotocol: str) -> Dialect:
        """A dialect as this server speaks it."""
        return self._dialects[subprotocol]

    def framer(self, dialect: Dialect) -> Framer:
        """The builder of a dialect's messages."""
        return self._framers[dialect]

    def ready(self) -> list[ServerSession]:
        """The sessions that have got something to send since this was asked last."""
        found, self.announced = self.announced, []
        for session in found:
            session.announced = False
        return [session for session in found if not session.closed]

    def announce(self, session: ServerSession) -> None:
        """A session has something to send."""
        self.announced.append(session)

    # work for other threads, and time

    def start(self, job: Job) -> None:
        """Something takes long: the server is to run it."""
        self._jobs.append(job)

    def jobs(self) -> list[Job]:
        """New jobs: call `run` of each in another thread, then its `finish` on the server's own."""
        found, self._jobs = self._jobs, []
        return found

    def remind(self, when: float, gate: Gate | Pacer) -> None:
        """Something waits for its time."""
        self._reminders[gate] = when

    def advance(self, now: float) -> float | None:
        """Tell the (monotonic) time in seconds; when it is to be told again at the latest, None for never."""
        self.now = now
        for gate in [gate for gate, when in self._reminders.items() if when <= now]:
            del self._reminders[gate]
            gate.poke()
        return min(self._reminders.values(), default=None)

    # what comes from the Process

    def deliver(self, item: tuple[Any, ...], member: str | None = None) -> None:
        """An item of the server's queue: what a listener said, or the end of a request.

        `member`: the item is from the `every` listener of that member.
        """
        kind = item[0]
        if kind is SEvent.Changes:
            feed = self._feed(item[1], member)
            if feed is not None:
                feed.changes(item[2], item[3])
                if "" in item[2]:
                    self._end_gone(feed)
        elif kind is SEvent.Value:
            feed = self._feed(item[1], member)
            if feed is not None:
                self._present(feed, item[2])
        elif kind is SEvent.Removed:
            self._removed(item[1], str(item[2]), member)
        elif kind is SEvent.Failed:
            feed = self._feed(item[1], member)
            for subscriber in feed.subscribers() if feed is not None else ():
                subscriber.session.end(subscriber, item[2])
        elif kind is SEvent.Overrun:
            self._overrun(item[1], item[2], item[3], member)
        else:
            kind.session.ended(kind, item[1])

    def _feed(self, device: str, member: str | None) -> Feed | None:
        return self._feeds.get((device, member or "", member is not None))

    def _present(self, feed: Feed, value: Any) -> None:
        model = self.host.find(feed.name)
        if model is None:
            return
        waiting = not feed.live
        feed.present(model)
        self._end_gone(feed)
        if waiting:
            for subscriber in feed.subscribers():
                subscriber.session.queue(subscriber)

    def _end_gone(self, feed: Feed) -> None:
        for channel, error in feed.gone():
            for subscriber in list(channel.subscribers):
                subscriber.session.end(subscriber, error)

    def _removed(self, device: str, reason: str, member: str | None) -> None:
        self._prune()
        own, model = self._feed(device, member), self.host.find(device)
        text = f"{device}: it was removed" + (f" ({reason})" if reason else "")
        for feed in [feed for feed in self._feeds.values() if feed.name == device]:
            if feed is own or feed.held.model is not model:  # else it is of a device that came later
                for subscriber in feed.subscribers():
                    subscriber.session.end(subscriber, Removed(text, device=device))

    def _overrun(self, device: str, name: str, count: int, member: str | None) -> None:
        feed = self._feed(device, member)
        for subscriber in feed.subscribers() if feed is not None else ():
            if isinstance(subscriber, EverySubscription) and subscriber.channel.rest[:1] in ((), (name,)):
                subscriber.lost(count)

    # what sessions ask

    def slow(self, path: Sequence[str], dialect: Dialect) -> bool:
        """Whether encoding what is at a path is work for another thread."""
        if not self.offload or dialect.encoding.binary:
            return False
        fields, bound = self.device(path[0]).fields, self.limits.large_array
        if len(path) > 1:
            field = fields.get(path[1])
            return field is not None and is_attribute(field) and is_large(field.reading.value, bound)
        return any(is_attribute(field) and is_large(field.reading.value, bound) for field in fields.values())

    def encoding(
        self, path: Sequence[str], dialect: Dialect, then: Callable[[tuple[Piece, int] | None, Exception | None], None]
    ) -> None:
        """Have what is at a path now encoded elsewhere; `then` gets the piece and the sequence that it goes up to."""
        state = HeldDevice(self.device(path[0]))
        rest = list(path[1:])
        newest = newest_of(state, rest[0] if rest else None)
        pieces = DevicePieces(dialect, self.limits.frame_size)
        self.start(Job(lambda: (pieces.at(state, rest), newest), then))

    def device(self, name: str) -> DeviceModel:
        """A device; NotFound says which there are."""
        model = self.host.find(name)
        if model is None:
            self._prune()
            raise no_device(name, self.host)
        return model

    def get(self, path: Sequence[str], dialect: Dialect) -> Piece:
        """What is at a path now, encoded; kept until it changes."""
        model = self.device(path[0])
        key = (path[0], dialect)
        known = self._pieces.get(key)
        if known is None or known[0] is not model:
            known = self._pieces[key] = (model, DevicePieces(dialect, self.limits.frame_size))
        return known[1].at(model, path[1:])

    def _prune(self) -> None:
        """What is kept of devices that are gone is dropped."""
        for key in [key for key in self._pieces if self.host.find(key[0]) is None]:
            del self._pieces[key]

    def subscribe(self, session: ServerSession, request: Subscribe, every: bool, period: float) -> Subscription:
        """A subscription, after a look whether there is something at the path."""
        path = request.path
        self.get(path, session.dialect)
        model = self.device(path[0])
        member = path[1] if every and len(path) > 1 and path[1] in model.fields else ""
        key = (path[0], member, every)
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = Feed(self, model, member, every)
            self.host.watch(*key)
        framer = self._framers[session.dialect]
        channel = feed.channel(path[1:], bool(request.delta), framer, bool(request.columns))
        if period:
            subscription: Subscription = PacedSubscription(session, request.id, feed, channel, period)
        else:
            subscription = (EverySubscription if every else Subscription)(session, request.id, feed, channel)
        channel.subscribers.append(subscription)
        feed.joined()
        if feed.live:
            session.queue(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a subscription, and its listener when it was the last."""
        feed, channel = subscription.feed, subscription.channel
        channel.subscribers.remove(subscription)
        feed.release(channel)
        feed.joined()
        if feed.idle:
            key = (feed.name, feed.member, feed.every)
            if self._feeds.get(key) is feed:
                del self._feeds[key]
                self.host.unwatch(*key)


def no_device(name: str, host: Host) -> NotFound:
    """The error for a device that there is not."""
    from .devicepieces import missing

    error = missing("devices", name, host.devices())
    error.device = name
    return error
