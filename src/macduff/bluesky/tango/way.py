"""When a motor has arrived: what its state and its position say after it was told to go somewhere."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

__all__ = ["Wake", "Way"]

SETTLE = 0.05
"""Seconds for a motor to begin a way so short that its position does not show it, or none."""
BEGIN = 1.0
"""Seconds for a motor to begin any other way, where neither state nor position shows that it has."""


class Way:
    """The way of one move, made when its target was written."""

    def __init__(self, initial: float, target: float, tolerance: float) -> None:
        self._initial, self._target, self._tolerance = initial, target, tolerance
        self._shows = not self._is_near(initial)
        """Whether arriving shows in the position."""
        self._deadline = time.monotonic() + (BEGIN if self._shows else SETTLE)
        self._moved = False
        self.in_doubt = False
        """Whether it counts as arrived because it rests, and nothing showed that it ever moved."""

    def look(self, moving: bool, current: float, told: bool, stopped: bool) -> float | None:
        """Seconds to wait before the next look; None when it has arrived.

        moving: its state says so now. told: an event said so since the target was written. stopped: it was told to.
        """
        self._moved |= moving or told or self._has_gone(current)
        if moving:
            return float("inf")
        if self._moved or stopped:
            return None
        left = self._deadline - time.monotonic()
        if left > 0:  # at rest right after the write: it may not have begun yet
            return min(left, SETTLE)
        self.in_doubt = self._shows
        return None

    def _is_near(self, position: float) -> bool:
        return abs(position - self._target) <= self._tolerance

    def _has_gone(self, current: float) -> bool:
        """Whether the position shows it: it is there, or beyond half of the way."""
        way, gone = abs(self._target - self._initial), abs(current - self._initial)
        return self._shows and (self._is_near(current) or gone > max(way / 2, self._tolerance))


class Wake:
    """What a move waits for, in the loop in which it was made."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.moving = False
        """Whether an event said that it moves."""
        self._loop = asyncio.get_running_loop()

    def up(self, moving: bool) -> None:
        """Wake it, from any loop."""
        self.moving |= moving
        if asyncio.get_running_loop() is self._loop:
            self.event.set()
        else:
            with suppress(RuntimeError):  # the loop was closed
                self._loop.call_soon_threadsafe(self.event.set)
