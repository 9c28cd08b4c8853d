"""Devices whose listeners want to be told a limited number of times a second, all of them. Process thread only.

When its changes have been published such a device has a lull, to the end of the period. What changes meanwhile waits
in its segment, newest wins, and the Process is not even woken for it: a change after a lull that nothing came in is
published at once, as ever. What must come behind changes (replies, first values, removals) lets them go before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from ..protocol.beats import next_beat

if TYPE_CHECKING:
    from ..primitives import Clock
    from .device import Device
    from .listeners import Listener
    from .loop import Timer

__all__ = ["SEGMENTS", "Later", "Lulls"]

SEGMENTS = 16
"""Segments of one device that may wait; each mark (a call that ends, a wait that begins) makes another."""


class Later(Protocol):
    """Has something done after some seconds."""

    def __call__(self, seconds: float, function: Callable[..., None], *args: object) -> Timer: ...


class Lulls:
    """The lulls of all devices. `end(device)` is called when there is one no more, to publish what waits."""

    def __init__(self, clock: Clock, later: Later, end: Callable[[Device], None]) -> None:
        self._clock = clock
        self._later = later
        self._end = end
        self._periods: dict[Device, float] = {}
        self._timers: dict[Device, Timer] = {}

    def heed(self, device: Device, audience: Sequence[Listener]) -> None:
        """Who listens has changed, or what they bear with: the most impatient decides."""
        before = self._periods.pop(device, None)
        period = min((listener.period for listener in audience), default=0.0)
        if period:
            self._periods[device] = period
        if before is not None and period != before:
            self._over(device)

    def begin(self, device: Device) -> None:
        """Its changes have been published."""
        period = self._periods.get(device)
        if period is None or device in self._timers:
            return
        now = self._clock.monotonic()
        self._timers[device] = self._later(next_beat(now, period) - now, self._over, device)
        with device._mutex:
            device._lull = True

    def lasts(self, device: Device) -> bool:
        """Whether what changes may wait; not where somebody waits for a change, and not when too much waits."""
        return device in self._timers and not device._awaited and len(device._unpublished) <= SEGMENTS

    def devices(self) -> list[Device]:
        """Those that have one."""
        return list(self._timers)

    def _over(self, device: Device) -> None:
        timer = self._timers.pop(device, None)
        if timer is not None:
            timer.cancel()
        with device._mutex:
            device._lull = False
        self._end(device)
