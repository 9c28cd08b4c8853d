"""A callback on an attribute's readings, for synchronous use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from macduff.values import Reading, VType

from .bridge import Bridge
from .inbox import Inbox, Policy, check_policy
from .watch import Watch

__all__ = ["Subscriber"]


class Subscriber:
    """A subscription with a callback, until `close()` or the end of its `with`."""

    def __init__(
        self,
        bridge: Bridge,
        device: str,
        member: str,
        callback: Callable[[Reading], object],
        policy: Policy,
        size: int | None,
        vtype: VType[Any] | None = None,
    ) -> None:
        self._bridge = bridge
        self._callback = callback
        self._inbox: Inbox[Reading] = Inbox(check_policy(policy), size)
        self._lock = threading.Lock()
        self._closed = False
        self._watch = Watch(bridge, device, member, policy, self._arrived, vtype)
        self._watch.open()

    @property
    def path(self) -> str:
        """What is subscribed, "STAGE.position"."""
        return self._watch.path

    @property
    def dropped(self) -> int:
        """How many readings were not given to the callback: merged (`latest`) or lost (`every`)."""
        return self._inbox.dropped

    def _arrived(self, reading: Reading | None, lost: int) -> None:
        """On the loop."""
        with self._lock:
            if reading is None:  # the client was closed; what was not delivered yet will not be
                self._closed = True
            if reading is None or self._closed:
                return
            was_empty = self._inbox.put(reading, lost)
        if was_empty:
            self._bridge.callbacks.soon(self._deliver)

    def _deliver(self) -> None:
        """On the callback thread: one reading, then the others' turn."""
        with self._lock:
            if self._closed:
                return
            reading = self._inbox.get()
            if len(self._inbox):
                self._bridge.callbacks.soon(self._deliver)
        self._callback(reading)

    def close(self) -> None:
        """End it; a callback that runs now is the last one. Again does nothing."""
        with self._lock:
            self._closed = True
        self._watch.close()

    def __enter__(self) -> Subscriber:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<subscription to {self.path}{', closed' if self._closed else ''}>"
