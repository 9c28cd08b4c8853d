"""Where the readings of a large array wait: encoded one at a time elsewhere, the newest next, not too often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from macduff.values import Alarm, Reading, VType

from .dialect import Dialect
from .encoding import Piece
from .held import HeldAttribute
from .large import Job, encode_value

if TYPE_CHECKING:
    from .feed import Feed

__all__ = ["Gate"]

PERIOD: Final = 1.0
"""Seconds between two large arrays of one attribute, for clients that speak malcolm.1."""


class Gate:
    """One attribute in one JSON dialect: at most one reading is being encoded and one is waiting."""

    def __init__(self, feed: Feed, attribute: HeldAttribute, dialect: Dialect, alarm: Alarm | None) -> None:
        """`alarm`: the one that subscribers know, None if it is not that of the last reading."""
        self._feed = feed
        self._attribute = attribute
        self._dialect = dialect
        self._alarm = alarm
        self._newest: tuple[VType[Any], Reading] | None = None
        self._busy = False
        self._next = float("-inf")
        self._turn = 0

    def offer(self, vtype: VType[Any], reading: Reading) -> None:
        """A new reading; one that waited is replaced."""
        self._newest = (vtype, reading)
        self.poke()

    def clear(self) -> None:
        """The value is small again: what is under way comes to nothing."""
        self._turn += 1
        self._newest = None

    def poke(self) -> None:
        """Start on the newest reading if it is time."""
        if self._busy or self._newest is None:
            return
        hub = self._feed.hub
        if not self._dialect.ours and hub.now is not None:
            if hub.now < self._next:
                hub.remind(self._next, self)
                return
            self._next = hub.now + PERIOD
        (vtype, reading), self._newest = self._newest, None
        self._busy = True
        turn, dialect = self._turn, self._dialect
        hub.start(
            Job(
                lambda: encode_value(vtype, reading.value, dialect),
                lambda piece, error: self._encoded(turn, vtype, reading, piece, error),
            )
        )

    def _encoded(
        self, turn: int, vtype: VType[Any], reading: Reading, piece: Piece, error: Exception | None
    ) -> None:
        self._busy = False
        if error is not None:
            raise error
        if turn == self._turn:
            same, self._alarm = reading.alarm == self._alarm, reading.alarm
            self._feed.show(self._attribute, self._dialect, vtype, reading, piece, same)
        self.poke()
