"""A motor's motion as a function of time: it accelerates, cruises, slows down, and is at its end exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Motion"]

SHORTEST = 1e-6
"""Seconds before its end in which a motion counts as over: a wait for less may not let any time pass."""


@dataclass(frozen=True)
class Motion:
    """From `start` at `speed` to `end`, at rest there. Positions in one unit, times in seconds from the beginning.

    legs: (duration, acceleration) of each part, in order. brakes: it does nothing but stop.
    """

    start: float
    end: float
    speed: float = 0.0
    legs: tuple[tuple[float, float], ...] = ()
    brakes: bool = False

    @classmethod
    def to(cls, end: float, start: float, speed: float, velocity: float, acceleration: float) -> Motion:
        """The quickest to `end` that is never faster than `velocity` (above 0), nor changes speed by more than
        `acceleration` (above 0) a second.

        speed: at the start, signed; when it is too high to stop in time the motion goes beyond the end and comes back.
        """
        ahead = end - start
        surplus = ahead - speed * abs(speed) / (2 * acceleration)  # what braking at once would leave
        sign = math.copysign(1.0, surplus if surplus else speed)
        peak = min(velocity, math.sqrt(max(0.0, sign * ahead * acceleration + speed * speed / 2)))
        rise = (sign * peak - speed) / acceleration
        fall = peak / acceleration
        covered = (speed + sign * peak) / 2 * abs(rise) + sign * peak / 2 * fall
        cruise = max(0.0, sign * (ahead - covered) / peak) if peak else 0.0
        legs = ((abs(rise), math.copysign(acceleration, rise)), (cruise, 0.0), (fall, -sign * acceleration))
        return cls(start, end, speed, tuple(leg for leg in legs if leg[0] > 0))

    @classmethod
    def braking(cls, start: float, speed: float, acceleration: float) -> Motion:
        """To rest, as soon as `acceleration` allows."""
        way = speed * abs(speed) / (2 * acceleration)
        leg = (abs(speed) / acceleration, -math.copysign(acceleration, speed))
        return cls(start, start + way, speed, (leg,) if speed else (), brakes=True)

    @property
    def duration(self) -> float:
        """Seconds from start to end."""
        return sum(seconds for seconds, _ in self.legs)

    def at(self, elapsed: float) -> tuple[float, float, float]:
        """Position, signed speed, and seconds left, `elapsed` seconds after the start; 0 left means: at the end."""
        left = self.duration - elapsed
        if left < SHORTEST:
            return self.end, 0.0, 0.0
        position, speed, rest = self.start, self.speed, max(0.0, elapsed)
        for seconds, acceleration in self.legs:
            step = min(seconds, rest)
            position += (speed + acceleration * step / 2) * step
            speed += acceleration * step
            rest -= step
        return position, speed, left
