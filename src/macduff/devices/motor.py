"""A simulated motor."""

from __future__ import annotations

from ..core import Attribute, Device, DState, creatable, publish_method
from ..errors import BadValue
from ..values import VDouble
from .motion import Motion

__all__ = ["Motor"]

PERIOD = 0.025
"""Seconds between two readings of the position on the way."""
MM = VDouble(units="mm", precision=4)


@creatable
class Motor(Device):
    """A simulated motor: speeds up, goes at its velocity, slows down and ends exactly at its target.

    low, high: the limits for targets, in mm.
    """

    position = Attribute(MM, 0.0, "Where it is; the set point is the target of the last move")
    velocity = Attribute(
        VDouble(units="mm/s", precision=3, control=(0.001, 1000)),
        2.0,
        "The most that the next move takes",
        writable=True,
    )
    acceleration = Attribute(
        VDouble(units="mm/s2", precision=3, control=(0.001, 10_000)), 20.0, "How fast it changes speed", writable=True
    )
    low_limit = Attribute(MM, -10.0, "The lowest target", writable=True, only_in=[DState.Idle])
    high_limit = Attribute(MM, 10.0, "The highest target", writable=True, only_in=[DState.Idle])

    def __init__(self, name: str, low: float = -10.0, high: float = 10.0) -> None:
        super().__init__(name)
        self._limit(low, high)
        start = min(max(0.0, low), high)
        self.position.update(start)
        self._motion, self._began = Motion(start, start), 0.0

    @publish_method(busy="replace", like={"target": "position", "return": "position"})
    def move(self, target: float) -> float:
        """Go to target (mm) and return where it ended (mm); a later move takes over, stop ends it on the way."""
        self.position.ask(target)
        position, speed, _ = self._now()
        self._begin(Motion.to(target, position, speed, self.velocity.value, self.acceleration.value))
        while self._step():
            pass
        return self.position.value

    @publish_method(busy="allow")
    def stop(self) -> None:
        """Slow down and stop; the move that this ends returns where it came to rest. Abort does not slow down."""
        if not self._motion.brakes:
            position, speed, _ = self._now()
            self._begin(Motion.braking(position, speed, self.acceleration.value))
        while self._motion.brakes and self._step():
            pass

    def do_stop(self) -> None:
        position = self._now()[0]
        self._begin(Motion(position, position))
        self.position.update(position)

    @low_limit.on_put
    def _put_low_limit(self, low: float) -> None:
        self._limit(low, self.high_limit.value)

    @high_limit.on_put
    def _put_high_limit(self, high: float) -> None:
        self._limit(self.low_limit.value, high)

    def _limit(self, low: float, high: float) -> None:
        """New limits, as everybody sees them: attributes, and the control limits of position and of `move`."""
        if not low <= high:
            raise BadValue(f"{self.name}: expected a low limit below the high limit, got {low:g} and {high:g} mm")
        self.update(low_limit=low, high_limit=high)
        self.position.change_type(MM.replace(control=(low, high), display=(low, high)))

    def _begin(self, motion: Motion) -> None:
        self._motion, self._began = motion, self.clock.monotonic()

    def _now(self) -> tuple[float, float, float]:
        """Position, speed, and seconds left."""
        return self._motion.at(self.clock.monotonic() - self._began)

    def _step(self) -> bool:
        """Say where it is and let a little time pass; False when it is at the end of its motion."""
        position, _, left = self._now()
        self.position.update(position)
        if left:
            self.wait(min(PERIOD, left))
        return left > 0
