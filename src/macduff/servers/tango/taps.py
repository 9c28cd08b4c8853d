"""Each change of an attribute that somebody on Tango subscribed to, in order, none left out.

What is not subscribed comes merged, newest wins. Above `RATE` a second a subscriber would lose events without knowing,
so from there on they are merged here, and the last value is pushed once more when it is quiet again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from macduff.core import Process
from macduff.protocol.model import SEvent
from macduff.values import Reading

if TYPE_CHECKING:
    from .shown import ShownAttribute

__all__ = ["BURST", "RATE", "Tap"]

RATE = 2000.0
"""Events a second of one attribute that a subscriber is trusted with."""
BURST = 800.0
"""Events of one attribute at once, below the 1 000 that ZMQ keeps for a subscriber."""
QUIET = 0.2
"""Seconds without a reading after which a burst is over."""
IDLE = 1.0
"""Seconds between two looks at whether anybody is still subscribed."""


class Tap:
    """The queue that is given to the Process for one attribute; everything but `put` is the server's thread's."""

    def __init__(
        self, shown: ShownAttribute, process: Process, bound: int, wake: Callable[[], None], now: float
    ) -> None:
        self.shown = shown
        self.active = False
        """Whether every reading from here on comes by this tap."""
        self.merged = 0
        """Readings that no event was made of."""
        self._bound = bound
        self._waiting: deque[Any] = deque()
        self._wake = wake
        self._tokens, self._counted = BURST, now
        self._held: Reading | None = None  # the newest, while the subscriber is trusted with no more
        self._burst = False
        self._last = self._looked = now
        device, name = shown.mirror.model.name, shown.name
        self._listener = process.listen(self, device, name, initial_value=True, every=True)
        self._process = process

    def put(self, item: tuple[Any, ...]) -> None:
        """From the Process thread; never blocks."""
        kind = item[0]
        if kind is SEvent.Changes:
            reading = item[2].get(self.shown.name)
            if reading is None:
                return
            if len(self._waiting) >= self._bound:
                self._waiting.popleft()
                self.merged += 1
            self._waiting.append(reading)
        elif kind is SEvent.Value:
            self._waiting.append(None)
        elif kind is SEvent.Overrun:
            self.merged += item[3]
        self._wake()

    def drain(self, now: float | None = None) -> None:
        """Push what has come."""
        waiting, readings = self._waiting, []
        if not waiting:
            return
        while waiting:
            reading = waiting.popleft()
            if reading is None:
                self.active = True
            else:
                readings.append(reading)
        if not readings:
            return
        if now is None:
            now = self.shown.mirror.host.now()
        self._tokens = min(BURST, self._tokens + (now - self._counted) * RATE)
        self._counted = self._last = now
        if self._held is None and len(readings) <= self._tokens:
            self._tokens -= len(readings)
            push = self.shown.push
            for reading in readings:
                push(reading)
            return
        self.merged += len(readings) - 1 + (self._held is not None)
        self._burst = True
        self._held = readings[-1]
        self._let_go()

    def _let_go(self) -> None:
        if self._held is not None and self._tokens >= 1:
            self._tokens -= 1
            held, self._held = self._held, None
            self.shown.push(held)

    @property
    def waits(self) -> bool:
        """Whether `tick` should be called soon."""
        return self._held is not None or self._burst

    def tick(self, now: float) -> None:
        """Now and then."""
        if self._held is not None:
            self._tokens = min(BURST, self._tokens + (now - self._counted) * RATE)
            self._counted = now
            self._let_go()
        elif self._burst and now - self._last >= QUIET:
            self._burst = False
            self.shown.push_again()
        if now - self._looked >= IDLE:
            self._looked = now
            if not self.shown.subscriptions():
                self.shown.mirror.unwatch(self.shown)

    def close(self) -> None:
        self._process.unlisten(self._listener)
        self._waiting.clear()
