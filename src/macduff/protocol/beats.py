"""Time cut into periods, the same for everybody: who is told at their ends is told at the same moments as others."""

from __future__ import annotations

from math import floor
from typing import Final

__all__ = ["SHORTEST", "next_beat"]

SHORTEST: Final = 0.001
"""Seconds; no period is shorter."""


EARLY: Final = 0.01
"""The share of a period by which a timer may be early: such a moment belongs to the next one."""


def next_beat(now: float, period: float) -> float:
    """The end of the period that `now` is in; both in seconds of the monotonic clock."""
    return (floor(now / period + EARLY) + 1) * period
