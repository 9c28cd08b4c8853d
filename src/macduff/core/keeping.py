"""The memory for the histories of a Process, who has how much of it, and how a history is read (decision 19)."""

from __future__ import annotations

import sys
from collections import deque
from typing import TYPE_CHECKING, Any

from ..errors import BadValue
from ..values import History
from .ring import FEW, MANY, PAGE, Ring, present

if TYPE_CHECKING:
    from ..limits import Limits
    from .attribute import Attribute
    from .device import Device
    from .loop import Timer
    from .process import Process

__all__ = ["Keeper", "history"]

INTERVAL = 1.0
"""Seconds between two sweeps, of the attributes that changed."""

_SLICE = 100
"""Rings that are swept at once; what the Process thread has to do comes in between."""


class Keeper:
    """Pages of memory for rings, and the sweeps that put what waits into columns.

    Pages are taken and given by whoever updates, without a lock: a deque's ends can be used from several threads. All
    together have no more than there is, so the bound holds at any moment. All else is done on the Process thread.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self.limits: Limits = process.limits
        self._all = max(1, self.limits.history_total // PAGE)
        self._free: deque[None] = deque([None]) * self._all
        self._for_waiting: deque[None] = deque([None]) * (self._all // 2)
        self.bursts = 0
        """How often readings came faster than they could wait, so that some are not in a history."""
        self._active: deque[Ring] = deque()
        self._asked = False
        self._timer: Timer | None = None

    # for rings; any thread

    def take(self, pages: int) -> bool:
        """So many pages, or none."""
        return _taken(self._free, pages)

    def give(self, pages: int) -> None:
        """Give back."""
        self._free.extend([None] * pages)

    def reserve(self, pages: int) -> bool:
        """So many pages for what waits, or none; all that wait may have half, or nothing were left for what is kept."""
        if not _taken(self._for_waiting, pages):
            return False
        taken = self.take(pages)
        if not taken:
            self._for_waiting.extend([None] * pages)
        return taken

    def release(self, pages: int) -> None:
        """Give those back."""
        self.give(pages)
        self._for_waiting.extend([None] * pages)

    @property
    def used(self) -> int:
        """Bytes that are taken."""
        return (self._all - len(self._free)) * PAGE

    @property
    def low(self) -> bool:
        """Whether so little is left that the longest have to give way."""
        return len(self._free) < self._all // 8

    def waiting(self) -> int:
        """For how many readings a ring may ask that changes fast: fewer when there is little left."""
        return MANY if len(self._free) > self._all // 2 else FEW

    def began(self, ring: Ring) -> bool:
        """Readings wait in this ring; whether the Process must be woken for it."""
        self._active.append(ring)
        return self.wanted()

    def wanted(self) -> bool:
        """Have a sweep soon; whether the Process must be woken for it."""
        if self._asked:
            return False
        self._asked = True
        self._process._loop.leave(self._schedule)
        return True

    # on the Process thread

    def _schedule(self) -> None:
        if self._timer is None:
            self._timer = self._process._later(INTERVAL, self._sweep, None)

    def _sweep(self, left: int | None) -> None:
        """Put what waits into columns, some rings at a time; then see that there is room for what comes."""
        active = self._active
        left = len(active) if left is None else left
        for _ in range(min(left, _SLICE)):
            ring = active.popleft()
            with ring.mutex:
                going_on = ring.sweep()
            if going_on:
                active.append(ring)
        if left > _SLICE:
            self._timer = self._process._later(0.0, self._sweep, left - _SLICE)
            return
        if self.low:
            self._level()
        self._timer, self._asked = None, False
        if active:
            self.wanted()

    def _level(self) -> None:
        """Nobody may have more than a certain height, so that a quarter is free again; short histories stay."""
        devices = self._process._devices.values()
        rings = [one._ring for device in devices for one in device.attributes.values() if one._ring is not None]
        heights = sorted(ring.pages for ring in rings)
        room = self._all * 3 // 4 - sum(ring.reserved for ring in rings)
        level = 0
        for at, height in enumerate(heights):
            level = max(0, room // (len(heights) - at))
            if height > level:
                break
            room -= height
        else:
            return
        for ring in rings:
            if ring.pages > level:
                with ring.mutex:
                    ring.shrink(level)

    def open(self, attribute: Attribute[Any]) -> None:
        """An attribute joins the Process."""
        attribute._ring = Ring(attribute, self)

    def close(self, attribute: Attribute[Any]) -> None:
        """An attribute has left."""
        with attribute._mutex:
            if attribute._ring is not None:
                attribute._ring.close()

    def close_all(self, device: Device) -> None:
        """A device has left."""
        for attribute in device.attributes.values():
            self.close(attribute)


def _taken(tokens: deque[None], count: int) -> bool:
    """Take so many from the end, or none."""
    for got in range(count):
        try:
            tokens.pop()
        except IndexError:
            tokens.extend([None] * got)
            return False
    return True


def history(attribute: Attribute[Any], seconds: float | None, since: int | None, count: int | None) -> History:
    """`Attribute.history`. BadValue for what is no time and no count."""
    where = f"{attribute._device.name}.{attribute.name}.history"
    if seconds is not None and not seconds >= 0:
        raise BadValue.of(f"{where}(seconds)", "a number from 0 on", seconds)
    if count is not None and count < 1:
        raise BadValue.of(f"{where}(count)", "an integer from 1 on", count)
    with attribute._mutex:
        ring = attribute._ring
        newest = sys.maxsize if count is None else count
        found = present(attribute) if ring is None else ring.history(newest)
    if since is not None:
        found = found.later(since)
    if seconds is not None:
        found = found.during(attribute._device._clock.time_ns() - int(min(seconds, 1e9) * 1e9))
    return found
