"""What comes from one listener of one device, on its way to the channels that it concerns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from macduff.errors import MacduffError
from macduff.values import Reading, VType

from .channel import Channel
from .columns import ColumnChannel
from .devicepieces import DevicePieces
from .dialect import Dialect
from .encoding import Piece
from .every import EveryChannel
from .frames import Framer
from .gate import Gate
from .held import HeldAttribute, HeldDevice, HeldMethod, newest_of
from .large import NO_ARRAY, is_large, within
from .model import DeviceModel
from .pacing import Backlog
from .structure import is_attribute
from .subscription import Subscription

if TYPE_CHECKING:
    from .hub import Hub

__all__ = ["Feed"]


class Feed:
    """The subscribed channels of a device; `member` and `every` say which listener of it this is.

    Changes count only when they are newer than what is held: an attribute never goes back.
    """

    def __init__(self, hub: Hub, model: DeviceModel, member: str, every: bool) -> None:
        self.hub = hub
        self.name = model.name
        self.member = member
        self.every = every
        self.live = not every
        self.held = HeldDevice(model)
        self.sequence = newest_of(model)
        self._large = hub.limits.large_array
        self._most = hub.limits.frame_size
        self._gates: dict[tuple[str, Dialect], Gate] = {}
        self._channels: dict[tuple[Dialect, tuple[str, ...], bool, bool], Channel] = {}
        self._pieces: dict[Dialect, DevicePieces] = {}
        self._live_pieces: dict[Dialect, DevicePieces] = {}
        self._routes: dict[str, list[Channel]] = {}
        self._touched: list[Channel] = []
        self._columns: list[ColumnChannel] = []
        """All channels, where all have columns."""
        self._backlog = Backlog()

    # who listens

    def channel(self, rest: Sequence[str], delta: bool, framer: Framer, columns: bool = False) -> Channel:
        """The channel of a path; the same for all who subscribe to it in the same way."""
        columns = columns and delta and not rest and not self.every
        key = (framer.dialect, tuple(rest), delta, columns)
        channel = self._channels.get(key)
        if channel is None:
            pieces = self._pieces.setdefault(framer.dialect, DevicePieces(framer.dialect, self._most))
            kind = EveryChannel if self.every else ColumnChannel if columns else Channel
            channel = self._channels[key] = kind(self.held, rest, delta, framer, pieces)
            channel.sequence = self.sequence
            self._rerouted()
        return channel

    def release(self, channel: Channel) -> None:
        """A channel without subscribers is dropped."""
        if not channel.subscribers:
            self._channels.pop((channel.framer.dialect, channel.rest, channel.delta, channel.columns), None)
            self._rerouted()

    def _rerouted(self) -> None:
        self._routes.clear()
        columns = [channel for channel in self._channels.values() if isinstance(channel, ColumnChannel)]
        self._columns = columns if len(columns) == len(self._channels) else []

    @property
    def idle(self) -> bool:
        """Whether nobody subscribes to anything here."""
        return not self._channels

    def subscribers(self) -> list[Subscription]:
        """Everybody, in the order of their channels."""
        return [item for channel in self._channels.values() for item in channel.subscribers]

    def _concerned(self, name: str) -> list[Channel]:
        found = self._routes.get(name)
        if found is None:
            found = [item for item in self._channels.values() if not item.rest or item.rest[0] == name]
            self._routes[name] = found
        return found

    # first values

    def first(self, channel: Channel) -> tuple[Piece, int]:
        """The whole at a channel's path, and the sequence up to which it holds everything.

        `latest`: from the device as it is now, which may be ahead of the queue. `every`: as held, so that each later
        change follows.
        """
        if self.every:
            return channel.whole(), 0
        model, dialect = self.held.model, channel.framer.dialect
        pieces = self._live_pieces.get(dialect)
        if pieces is None:
            pieces = self._live_pieces[dialect] = DevicePieces(dialect, self._most)
        before = newest_of(model, channel.rest[0] if channel.rest else None)
        piece = pieces.at(model, channel.rest)
        after = newest_of(model, channel.rest[0] if channel.rest else None)
        return self.first_of(channel, piece, before, after)

    def first_of(self, channel: Channel, piece: Piece, before: int, after: int) -> tuple[Piece, int]:
        """A first message from a piece that holds all up to sequence `before` and nothing beyond `after`."""
        floor = after if after > self.sequence else 0
        return channel.said(piece, max(before, channel.sequence)), floor

    # what came

    def changes(self, changes: Mapping[str, Any], sequence: int) -> None:
        """A change set, merged by the core; all who are concerned get it as one, when the first of them may have it."""
        if not self._backlog.keep(self, changes, sequence):
            self.settle()

    def settle(self) -> None:
        """Take in what has waited because none of the subscribers might have it yet."""
        changes, sequence = self._backlog.take()
        if not changes:
            return
        fields = self.held.fields
        told: list[str] | None = [] if self._columns else None
        for key, value in changes.items():
            held = fields.get(key)
            if held is not None:
                if told is not None and type(held) is HeldAttribute and held.take_plain(value):
                    told.append(key)
                else:
                    self._reading(key, value)
            elif key == "":
                self._renew(value)
                fields = self.held.fields
            else:
                name, _, what = key.rpartition(".")
                self._other(name, what, value)
        if told:
            for channel in self._columns:
                channel.told(told)
                self._touch(channel)
        self._publish(sequence)

    def joined(self) -> None:
        """Subscribers came or went."""
        self.settle()
        before = self._backlog.period
        self._backlog.serve(self.subscribers())
        if self._backlog.period != before:
            self.hub.host.pace(self.name, self.member, self.every, self._backlog.period)

    def present(self, model: DeviceModel) -> None:
        """The listener is in place: take all of the device's present state, which may be newer than what is held."""
        self.settle()
        self.live = True
        if list(model.fields) == list(self.held.fields):
            self._catch_up(model)
        else:
            self._renew(model)
        self._publish(max(self.sequence, newest_of(self.held)))

    def _renew(self, model: DeviceModel) -> None:
        """What fields there are has changed: everybody gets the whole again."""
        self.held.renew(model)
        for pieces in (*self._pieces.values(), *self._live_pieces.values()):
            pieces.forget()
        for channel in self._channels.values():
            channel.all()
            self._touch(channel)

    def gone(self) -> list[tuple[Channel, MacduffError]]:
        """Channels whose path is no more, and why."""
        found: list[tuple[Channel, MacduffError]] = []
        for channel in self._channels.values():
            if channel.rest:
                try:
                    channel.whole()
                except MacduffError as error:
                    found.append((channel, error))
        return found

    def _catch_up(self, model: DeviceModel) -> None:
        for name, field in model.fields.items():
            if is_attribute(field):
                self._other(name, "meta", field.vtype)
                self._other(name, "setpoint", field.setpoint)
                self._reading(name, field.reading)
            else:
                self._other(name, "log", (field.took, field.returned))
            self._other(name, "writeable", field.writeable)

    def _publish(self, sequence: int) -> None:
        self.sequence = max(sequence, self.sequence)
        touched, self._touched = self._touched, []
        for channel in touched:
            channel.step(self.sequence)
            if self.every:
                self._push(channel)
            else:
                self._announce(channel)

    def _push(self, channel: Channel) -> None:
        """Give all subscribers this very change; one that cannot be said ends them."""
        try:
            body = channel.changes(channel.version - 1)
        except MacduffError as error:
            for each in list(channel.subscribers):
                each.session.end(each, error)
            return
        if body is not None and isinstance(channel, EveryChannel):
            channel.add(body, self.hub.limits)

    def _announce(self, channel: Channel) -> None:
        """Tell all subscribers; this and `Subscription.frame` are all that each of them costs."""
        ready = self.hub.announced
        for subscriber in channel.subscribers:
            if not subscriber.plain:
                subscriber.changed()
            elif not subscriber.queued:
                subscriber.queued = True
                session = subscriber.session
                session.waiting.append(subscriber)
                if not session.announced:
                    session.announced = True
                    ready.append(session)

    def _touch(self, channel: Channel) -> None:
        if not channel.touched:
            channel.touched = True
            self._touched.append(channel)

    def _reading(self, name: str, new: Reading) -> None:
        held = self.held.fields[name]
        if not isinstance(held, HeldAttribute) or new.sequence <= held.reading.sequence:
            return
        old, held.reading = held.reading, new
        if held.writable and is_attribute(field := self.held.model.fields[name]):
            self._other(name, "setpoint", field.setpoint)  # one that was never asked for is the value
        may_be_large = type(new.value) not in NO_ARRAY or type(old.value) not in NO_ARRAY
        if may_be_large and (is_large(new.value, self._large) or is_large(old.value, self._large)):
            self._large_reading(held, old, new)
            return
        same: bool | None = None
        alarm_same = new.alarm is old.alarm or new.alarm == old.alarm
        for channel in self._routes.get(name) or self._concerned(name):
            if same is None and len(channel.rest) > 1:
                same = not self.every and held.vtype.equal(old.value, new.value)
            if channel.reading(name, bool(same), alarm_same) and not channel.touched:
                self._touch(channel)

    def _large_reading(self, held: HeldAttribute, old: Reading, new: Reading) -> None:
        """Large arrays are not compared (rule 4), and for text they go through a gate."""
        name, gated = held.name, set()
        for channel in self._concerned(name):
            dialect = channel.framer.dialect
            fits = [within(held.vtype, reading, dialect, self._most) is reading for reading in (old, new)]
            if self._gateable(dialect) and fits[1] and is_large(new.value, self._large):
                gated.add(dialect)
                continue
            if (name, dialect) in self._gates:
                self._gates.pop((name, dialect)).clear()
                self._pieces[dialect].pieces(held).unshow()
            if channel.reading(name, False, new.alarm == old.alarm and fits[0] == fits[1]):
                self._touch(channel)
        for dialect in gated:
            gate = self._gates.get((name, dialect))
            if gate is None:
                alarm = old.alarm if within(held.vtype, old, dialect, self._most) is old else None
                gate = self._gates[name, dialect] = Gate(self, held, dialect, alarm)
            gate.offer(held.vtype, new)

    def _gateable(self, dialect: Dialect) -> bool:
        return self.hub.offload and not self.every and not dialect.encoding.binary

    def show(
        self, held: HeldAttribute, dialect: Dialect, vtype: VType[Any], reading: Reading, value: Piece, alarm_same: bool
    ) -> None:
        """A large reading is encoded: from now on it is what the dialect's subscribers see."""
        if self.held.fields.get(held.name) is not held or dialect not in self._pieces:
            return  # the field has gone meanwhile
        self._pieces[dialect].pieces(held).show(vtype, reading, value)
        for channel in self._concerned(held.name):
            if channel.framer.dialect is dialect and channel.reading(held.name, False, alarm_same):
                self._touch(channel)
        self._publish(self.sequence)

    def _other(self, name: str, what: str, value: Any) -> None:
        held = self.held.fields.get(name)
        if held is None:
            return
        for part in self.held.change(name, what, value):
            for channel in self._concerned(name):
                if channel.all() if part == "" else channel.part(name, part):
                    self._touch(channel)
            if part == "setpoint" and isinstance(held, HeldAttribute) and held.parameter:
                self._defaults(name)

    def _defaults(self, parameter: str) -> None:
        """A parameter's set point is what methods take when it is omitted (rule 24)."""
        for name, field in self.held.fields.items():
            if isinstance(field, HeldMethod) and parameter in field.takes:
                for channel in self._concerned(name):
                    if channel.part(name, "meta.defaults"):
                        self._touch(channel)
