"""Who hears of which change (design, section 3). Process thread only."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

from ..limits import DEFAULTS
from ..protocol.model import SEvent
from ..values import Reading, values_equal
from .lane import Segment
from .lulls import Later, Lulls

if TYPE_CHECKING:
    from ..primitives import Clock
    from .attribute import Attribute
    from .device import Device

__all__ = ["Listener", "Listeners", "Putable"]


_made: Any = tuple.__new__  # a third of what Reading(*now) takes
_sequence = itemgetter(3)


class Putable(Protocol):
    """Anything with a `put` that never blocks."""

    def put(self, item: Any, /) -> Any: ...


class Listener:
    """One `listen`: a queue, a device, what below it, and whether each change counts."""

    __slots__ = ("device", "every", "followed", "member", "open", "period", "queue", "suffix", "told")

    def __init__(self, queue: Putable, device: Device, suffix: str, every: bool) -> None:
        self.queue = queue
        self.device = device
        self.move(suffix)
        self.every = every
        self.period = 0.0
        self.open = True
        self.told: Reading | None = None  # the newest, where the value alone is listened to
        self.followed: dict[Attribute[Any], None] = {}

    def move(self, suffix: str) -> None:
        """What it listens to, before it is added."""
        self.suffix = suffix
        self.member = suffix.partition(".")[0]

    def wants(self, key: str) -> bool:
        """Whether a change at `key` is at or below the suffix."""
        suffix = self.suffix
        if not suffix or key == suffix or key == "" or key.startswith(suffix + "."):
            return True
        return self._of_value and key == self.member

    @property
    def _of_value(self) -> bool:
        return self.suffix == f"{self.member}.value"

    def first(self) -> Any:
        """What it is told first: the model; to a value alone, as it is now, so that what differs from it is news."""
        device = self.device
        model = device.fields.get(self.member) if self.suffix else device
        if self._of_value and self.member in device.attributes:
            model = copy.copy(device.attributes[self.member])
            self.told = model.reading
        return model

    def news(self, changes: Mapping[str, Any]) -> bool:
        """Whether there is anything new in it: an equal value is none to who listens to the value alone (rule 4)."""
        reading = changes.get(self.member)
        if not self._of_value or reading is None:
            return bool(changes)
        told = self.told
        if told is not None and reading.sequence <= told.sequence:
            return "" in changes
        self.told = reading
        same = told is not None and not _is_large(reading.value) and values_equal(told.value, reading.value)
        return not same or "" in changes


def _is_large(value: Any) -> bool:
    """Large arrays are not compared."""
    parts = value.values() if isinstance(value, Mapping) else (value,)
    return any(getattr(part, "nbytes", 0) > DEFAULTS.large_array for part in parts)


class Listeners:
    """The listener tables of a Process."""

    def __init__(self, clock: Clock, later: Later) -> None:
        self._table: dict[Device, list[Listener]] = {}
        self._lulls = Lulls(clock, later, self.flush)

    def has_audience(self, device: Device) -> bool:
        return device in self._table

    def add(self, listener: Listener) -> int:
        """From here on it hears; returns the sequence of here: what is older went to the others before (rule 5)."""
        device = listener.device
        with device._mutex:
            attributes = device.attributes
            if listener.suffix:
                attributes = {name: one for name, one in attributes.items() if name == listener.member}
            for attribute in attributes.values():
                self._follow(attribute, listener)
            device._segment = None
            older, sequence = list(device._unpublished), device._sequence
        for segment in older:
            self._up_to(segment)
        audience = self._table.setdefault(device, [])
        audience.append(listener)
        self._lulls.heed(device, audience)
        return sequence

    def remove(self, listener: Listener) -> None:
        """Forget a listener; harmless when it is not there any more."""
        listener.open = False
        kept = self._table.get(listener.device, [])
        if listener in kept:
            kept.remove(listener)
            self._leave(listener)
            if not kept:
                del self._table[listener.device]
            self._lulls.heed(listener.device, kept)

    def pace(self, listener: Listener, period: float) -> None:
        """From now on it bears with being told once in a period (s) only, newest wins; 0: of each change at once."""
        listener.period = 0.0 if listener.every else period
        if listener.device in self._table:
            self._lulls.heed(listener.device, self._table[listener.device])

    def attribute_added(self, attribute: Attribute[Any]) -> None:
        """An attribute that came later is heard by those who listen to it or to the whole device."""
        with attribute._mutex:
            for listener in self._table.get(attribute._device, ()):
                if listener.member in ("", attribute.name):
                    self._follow(attribute, listener)

    def attribute_removed(self, attribute: Attribute[Any]) -> None:
        """Nobody hears of it any more."""
        with attribute._mutex:
            for listener in self._table.get(attribute._device, ()):
                self._unfollow(attribute, listener)

    @staticmethod
    def _follow(attribute: Attribute[Any], listener: Listener) -> None:
        """Under the value mutex."""
        if attribute not in listener.followed:
            listener.followed[attribute] = None
            attribute._listened += 1
            attribute._wanted += listener.member != ""
            attribute._every += listener.every

    @staticmethod
    def _unfollow(attribute: Attribute[Any], listener: Listener) -> None:
        """Under the value mutex."""
        if attribute in listener.followed:
            del listener.followed[attribute]
            attribute._listened -= 1
            attribute._wanted -= listener.member != ""
            attribute._every -= listener.every

    def _leave(self, listener: Listener) -> None:
        with listener.device._mutex:
            for attribute in list(listener.followed):
                self._unfollow(attribute, listener)

    def device_removed(self, device: Device, reason: str) -> None:
        for listener in self._table.pop(device, ()):
            self._leave(listener)
            listener.queue.put((SEvent.Removed, device.name, reason))
        self._lulls.heed(device, ())

    def add_extra(self, device: Device, extra: Mapping[str, Any]) -> None:
        """A change that is no reading: writeable, logs."""
        with device._mutex:
            segment, _ = device._open_segment()
            for key, value in extra.items():
                segment.note(key, value)

    def flush(self, device: Device) -> None:
        """Publish what is pending of this device now, before something that must come behind it."""
        unpublished = device._unpublished
        for _ in range(len(unpublished)):  # not what comes meanwhile: it may have to wait
            self._publish(unpublished.popleft())

    def flush_all(self) -> None:
        """Publish what is pending of any device, before something that must come behind all of it."""
        for device in self._lulls.devices():
            self.flush(device)

    def publish(self, segment: Segment) -> None:
        """Publish a segment that the lane held, unless a flush did, or have it wait for the end of a lull."""
        if not self._lulls.lasts(segment.device):
            self._up_to(segment)

    def _up_to(self, segment: Segment) -> None:
        """Publish it, unless that was done, and the device's older ones before it."""
        unpublished = segment.device._unpublished
        while not segment.published:
            self._publish(unpublished.popleft())

    def _publish(self, segment: Segment) -> None:
        device = segment.device
        segment.published = True
        with device._mutex:
            if device._segment is segment:
                device._segment = None
            latest, segment.latest = segment.latest, {}
            extra, segment.extra = segment.extra, {}
            every, segment.every = segment.every, {}
            lost, segment.lost = segment.lost, {}
        for attribute, kept in every.items():
            for watcher in attribute._watchers:
                watcher.deliver(kept, lost.get(attribute, 0))
        if device._awaited:
            for attribute in latest:
                for reporter in attribute._reporters:
                    reporter.call.wake()
        audience = self._table.get(device)
        if audience is None or not (latest or extra):
            return
        self._lulls.begin(device)
        changes: dict[str, Any] = {attribute.name: _made(Reading, now) for attribute, now in latest.items()}
        changes.update(extra)
        sequence = max(segment.sequence, max(map(_sequence, latest.values()), default=0))
        whole = (SEvent.Changes, device.name, changes, sequence)
        for listener in audience:
            if listener.every:
                self._each(listener, latest, every, lost, extra, segment.sequence)
            elif not listener.suffix:
                listener.queue.put(whole)
            elif listener.news(wanted := {key: value for key, value in changes.items() if listener.wants(key)}):
                listener.queue.put((SEvent.Changes, device.name, wanted, sequence))

    def _each(
        self, listener: Listener, latest: Mapping[Attribute[Any], Any], every: Mapping[Attribute[Any], Any],
        lost: Mapping[Attribute[Any], int], extra: Mapping[str, Any], sequence: int,
    ) -> None:  # fmt: skip
        """Each change in a message of its own, in the order in which they happened."""
        name = listener.device.name
        for attribute, count in lost.items():
            if listener.wants(attribute.name):
                listener.queue.put((SEvent.Overrun, name, attribute.name, count))
        changes = [
            (now, attribute.name)
            for attribute, newest in latest.items()
            if listener.wants(attribute.name)
            for now in every.get(attribute, (newest,))
        ]
        wanted = {key: value for key, value in extra.items() if listener.wants(key)}
        for now, key in sorted(changes, key=lambda change: change[0][3]):
            if wanted and now[3] > sequence:
                listener.queue.put((SEvent.Changes, name, wanted, sequence))
                wanted = {}
            item: dict[str, Any] = {key: Reading(*now)}
            if f"{key}.meta" in wanted:  # a segment has one new type of it at most, and that is of its first reading
                item.update({part: wanted.pop(part) for part in (f"{key}.meta", f"{key}.setpoint") if part in wanted})
            listener.queue.put((SEvent.Changes, name, item, now[3]))
        if wanted:
            listener.queue.put((SEvent.Changes, name, wanted, sequence))
