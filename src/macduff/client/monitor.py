"""The readings of an attribute as an iterator, for synchronous use."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from macduff.errors import Disconnected, TimedOut
from macduff.values import Reading, VType

from .bridge import Bridge
from .inbox import Inbox, Policy, check_policy
from .watch import Watch

__all__ = ["Monitor"]


class Monitor:
    """`with client.monitor("STAGE.position") as readings: for reading in readings: ...`

    The first reading is the present one. While the connection or the device is away there is one INVALID reading that
    says why, then the next real one. The iteration ends when the monitor or its client is closed.
    """

    def __init__(
        self,
        bridge: Bridge,
        device: str,
        member: str,
        policy: Policy,
        size: int | None,
        vtype: VType[Any] | None = None,
    ) -> None:
        self._policy: Policy = check_policy(policy)
        self._inbox: Inbox[Reading] = Inbox(self._policy, size)
        self._changed = threading.Condition()
        self._entered = False
        self._closed = False
        self._watch = Watch(bridge, device, member, policy, self._arrived, vtype)

    @property
    def path(self) -> str:
        """What is monitored, "STAGE.position"."""
        return self._watch.path

    def __enter__(self) -> Monitor:
        """Subscribe; returns when there is a first reading, or raises why there is none."""
        if self._entered:
            raise RuntimeError(f"monitor of {self.path}: expected to be entered once; make another one")
        self._entered = True
        self._watch.open()
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def close(self) -> None:
        """End it, also for a thread that waits in it; what has arrived can still be read. Again does nothing."""
        self._end()
        self._watch.close()

    def _end(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _arrived(self, reading: Reading | None, lost: int) -> None:
        """On the loop."""
        if reading is None:
            self._end()
            return
        with self._changed:
            if not self._closed:
                self._inbox.put(reading, lost)
                self._changed.notify()

    @property
    def dropped(self) -> int:
        """How many readings were never seen here: merged (`latest`) or lost because nobody read them (`every`)."""
        return self._inbox.dropped

    def get(self, timeout: float | None = None) -> Reading:
        """The next reading, waited for; TimedOut after `timeout` seconds, Disconnected once it is closed."""
        if not self._entered:
            raise RuntimeError(f"monitor of {self.path}: expected to be used in a with statement")
        with self._changed:
            if not self._changed.wait_for(lambda: self._closed or len(self._inbox), timeout):
                raise TimedOut(f"{self.path}: expected a change within {timeout:g} s")
            if not len(self._inbox):
                raise Disconnected(f"{self.path}: the monitor is closed")
            return self._inbox.get()

    def __iter__(self) -> Iterator[Reading]:
        return self

    def __next__(self) -> Reading:
        try:
            return self.get()
        except Disconnected:
            raise StopIteration from None

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open" if self._entered else "not entered"
        return f"<monitor of {self.path}, {self._policy}: {state}>"
