"""How far a call is and how long it may still take, from what its device says; no terminal, no thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite

__all__ = ["Progress", "Seen", "seconds_text"]

COUNTING = frozenset({"Running", "Paused", "Rewinding"})
"""States in which the steps are those of the run that goes on; in others, such as Configuring, of the one before."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A device at one moment. done, total: its steps, or a readback's way to its set point; 0 and 0 without either."""

    state: str = ""
    status: str = ""
    done: float = 0.0
    total: float = 0.0
    text: str = ""
    """What `done` and `total` are for people: "12 of 50 steps", "1.2500 → 5.0000 mm"."""


@dataclass(slots=True)
class Progress:
    """Made of what was seen one after the other. Times are seconds of one monotonic clock.

    A pause is no time that steps take. Steps that are done again after a rewind count again.
    """

    began: float
    seen: Seen = field(default_factory=Seen)
    _spent: float = 0.0
    _made: float = 0.0
    _looked: float | None = None
    _counts: bool = False

    def look(self, seen: Seen, now: float) -> None:
        """What is seen now."""
        before, self.seen = self.seen, seen
        if self._looked is not None and before.total and before.total == seen.total:
            if "Paused" not in (before.state, seen.state):
                self._spent += now - self._looked
            self._made += max(0.0, seen.done - before.done)
        else:
            self._spent = self._made = 0.0
        self._looked = now
        self._counts = self._counts or (seen.total > 0 and seen.state in COUNTING)

    @property
    def fraction(self) -> float | None:
        """From 0 to 1; None when the device does not say, or not of this call."""
        if not self.seen.total or not self._counts:
            return None
        return min(1.0, max(0.0, self.seen.done / self.seen.total))

    def left(self) -> float | None:
        """Seconds: as long for each step as it took of late; None when there is nothing to tell it from."""
        if self.fraction is None or self._made <= 0 or self.seen.state != "Running":
            return None
        left = (self.seen.total - self.seen.done) * self._spent / self._made
        return max(0.0, left) if isfinite(left) else None

    def text(self) -> str:
        """What stands behind the bar, besides times: "12 of 50 steps, Paused"."""
        parts = [self.seen.text] if self.fraction is not None else []
        if self.seen.state and self.seen.state != "Running":
            parts.append(self.seen.state)
        if self.seen.status and self.seen.status != self.seen.state:
            parts.append(self.seen.status)
        return ", ".join(filter(None, parts))

    def times(self, now: float) -> str:
        """ "0:12, about 0:48 left"."""
        left = self.left()
        took = seconds_text(now - self.began)
        return took if left is None else f"{took}, about {seconds_text(left)} left"


def seconds_text(seconds: float) -> str:
    """0:07, 12:30, 3:00:00."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
