"""What a table of attributes knows of each: its newest reading, and how often there was one."""

from __future__ import annotations

import time
from collections import deque
from threading import Event
from typing import Any

from ..client import AttributeInfo, RemoteAttribute, Subscriber
from ..errors import MacduffError
from ..values import Reading

__all__ = ["Row"]

SPAN = 3.0
"""Seconds over which a rate is taken."""


class Row:
    """One attribute, followed. Its readings come on the client's thread, the newest wins; the rest is the table's."""

    def __init__(self, path: str, attribute: RemoteAttribute[Any], changed: Event) -> None:
        """changed: set after each reading."""
        self.path = path
        self.info: AttributeInfo = attribute.info
        self.reading: Reading | None = None
        self._attribute = attribute
        self._changed = changed
        self._delivered = 0
        self._counted: deque[tuple[float, int]] = deque()
        self._subscriber: Subscriber = attribute.subscribe(self._take)

    def _take(self, reading: Reading) -> None:
        self._delivered += 1
        self.reading = reading
        if not self._changed.is_set():
            self._changed.set()

    def close(self) -> None:
        """Follow it no longer."""
        self._subscriber.close()

    def look(self) -> None:
        """Learn what its server says of it now; what it said last stays when the attribute is gone."""
        try:
            self.info = self._attribute.info
        except MacduffError:
            return

    def rate(self) -> float:
        """Changes a second of late, those included that were merged on the way here. To be asked at each look."""
        now = time.monotonic()
        counted = self._counted
        counted.append((now, self._delivered + self._subscriber.dropped))
        while len(counted) > 2 and counted[1][0] <= now - SPAN:
            counted.popleft()
        (since, before), (_, total) = counted[0], counted[-1]
        return (total - before) / (now - since) if total > before else 0.0
