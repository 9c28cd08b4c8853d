"""Attributes that a shell follows beside the prompt: their changes in a bounded buffer, their alarms told at once."""

from __future__ import annotations

import fnmatch
import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from macduff.client import Client, RemoteAttribute, Subscriber
from macduff.client.signature import units_of
from macduff.errors import MacduffError
from macduff.values import Reading, Severity, VType
from macduff.values.text import alarm_text, clean, time_text, value_text

from .monitors_notices import Notices

__all__ = ["Change", "Followed", "Monitors", "expanded", "is_pattern", "path_parts"]

KEPT = 10_000
"""Changes that are kept; then the oldest go."""
FIRST = 1.0
"""Seconds that an addition waits for the callback with the present value."""
ROOM = 200
"""Of a value so many characters are kept, whatever its size was."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change, as text: what came may have been a picture."""

    number: int
    path: str
    value: str
    units: str
    alarm: str
    severity: Severity
    time: int


class Followed:
    """One attribute. What changes here changes on the client's callback thread."""

    def __init__(self, path: str, attribute: RemoteAttribute[Any]) -> None:
        self.path = path
        self.attribute = attribute
        self.vtype: VType[Any] = attribute.vtype
        self.last: Change | None = None
        self.known = threading.Event()
        """Whether there was a change; the first is the present value."""
        self.count = 0
        self.subscriber: Subscriber | None = None

    @property
    def dropped(self) -> int:
        """Changes that came faster than they could be followed, and gave way to newer ones."""
        return 0 if self.subscriber is None else self.subscriber.dropped


class Monitors:
    """What is followed, by path, and the changes, the oldest first.

    tell: prints one line above the prompt, from any thread. size: how many changes are kept.
    """

    def __init__(self, tell: Callable[[str], object], size: int = KEPT) -> None:
        self.followed: dict[str, Followed] = {}
        self._changes: deque[Change] = deque(maxlen=size)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._notices = Notices(tell)

    def add(self, client: Client, paths: Iterable[str]) -> list[str]:
        """Follow these; the paths that are new. MacduffErrors for what is not there, and then nothing is added."""
        new: dict[str, Followed] = {}
        try:
            for path in paths:
                if path in self.followed or path in new:
                    continue
                device, member = path_parts(path)
                attribute = client[device].attributes[member]
                followed = new[path] = Followed(path, attribute)
                followed.subscriber = attribute.subscribe(partial(self._changed, followed))
        except BaseException:
            self._end(new.values())
            raise
        self.followed.update(new)
        for followed in new.values():  # it has arrived already, but callbacks have their turns
            followed.known.wait(FIRST)
        return list(new)

    def delete(self, patterns: Iterable[str]) -> list[str]:
        """Follow no longer what has such a path, or is of such a device; the paths that it were."""
        given = list(patterns)
        found = [path for path in self.followed if any(fits(path, pattern) for pattern in given)]
        self._end(self.followed.pop(path) for path in found)
        return found

    def changes(self, patterns: Iterable[str] = ()) -> list[Change]:
        """The changes that are kept, the oldest first; of these paths or devices where some are given."""
        given = list(patterns)
        with self._lock:
            kept = list(self._changes)
        return [change for change in kept if not given or any(fits(change.path, pattern) for pattern in given)]

    def clear(self) -> None:
        """Forget the changes."""
        with self._lock:
            self._changes.clear()

    def close(self) -> None:
        """Follow nothing any more; again does nothing."""
        self._end(self.followed.values())
        self.followed.clear()
        self._notices.close()

    def _end(self, followed: Iterable[Followed]) -> None:
        for each in followed:
            if each.subscriber is not None:
                each.subscriber.close()
            self._notices.forget(each.path)

    def _changed(self, followed: Followed, reading: Reading) -> None:
        """On the client's callback thread."""
        with suppress(MacduffError):  # the attribute may be gone for now
            followed.vtype = followed.attribute.vtype
        vtype = followed.vtype
        change = Change(
            next(self._numbers),
            followed.path,
            value_text(vtype, reading.value, ROOM),
            clean(units_of(vtype)),
            alarm_text(reading.alarm),
            reading.alarm.severity,
            reading.time,
        )
        before, followed.last = followed.last, change
        followed.count += 1
        with self._lock:
            self._changes.append(change)
        followed.known.set()
        if before is not None and before.severity is not change.severity:
            self._notices.tell(followed.path, notice(change))


def notice(change: Change) -> str:
    """The line that tells of an alarm, or of its end."""
    value = f"{clean(change.path)} {change.value} {change.units}".strip()
    return f"{time_text(change.time)}  {value}  {change.alarm or 'no alarm any more'}"


def fits(path: str, pattern: str) -> bool:
    """Whether a path is meant by "X.position", "X", "X.*" or "all"."""
    return pattern == "all" or fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path_parts(path)[0], pattern)


def path_parts(path: str) -> tuple[str, str]:
    """Device and attribute; a device alone has no attribute. That of the Process is a dot."""
    device, _, member = (".", "", path[2:]) if path.startswith("..") else path.partition(".")
    return device, member


def expanded(client: Client, typed: str) -> list[str]:
    """The paths that somebody means by "X.position", by "X" for all of it, and by patterns of both."""
    device, member = path_parts(typed)
    devices = [name for name in client.devices if fnmatch.fnmatchcase(name, device)] if is_pattern(device) else [device]
    found: list[str] = []
    for name in devices:
        if member and not is_pattern(member):
            found.append(f"{name}.{member}")
        else:
            known = client[name].attributes
            found += [f"{name}.{each}" for each in known if not member or fnmatch.fnmatchcase(each, member)]
    return found


def is_pattern(text: str) -> bool:
    """Whether it has wildcards."""
    return any(sign in text for sign in "*?[")
