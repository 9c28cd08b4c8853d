"""Many readings in one message: numbers of fields, values and times side by side, each encoded in one go."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

from .channel import Channel
from .devicepieces import DevicePieces
from .encoding import Piece
from .frames import Framer
from .held import HeldAttribute, HeldDevice
from .wirevalue import number

__all__ = ["ColumnChannel"]

_PLAIN: Final = frozenset((float, int, bool))
_TEXT: Final = 256
"""Characters of a text that may stand in a column."""
_SECOND: Final = 10**9
_SPAN: Final = 2**53 - 1
"""Nanoseconds between two time stamps in one message, so that every client has them exactly."""

_time = itemgetter(2)


class ColumnChannel(Channel):
    """A whole device with delta. Small values that changed are `readings`; all else is changes with key paths."""

    columns = True

    def __init__(
        self, device: HeldDevice, rest: Sequence[str], delta: bool, framer: Framer, pieces: DevicePieces
    ) -> None:
        super().__init__(device, rest, delta, framer, pieces)
        self._fields: Any = None
        self._places: dict[str, int] = {}
        self._names: list[str] = []

    def prefix(self, identity: int) -> Piece:
        return self.framer.prefix(identity, self.delta, columns=True)

    def said(self, piece: Piece, sequence: int) -> Piece:
        framer = self.framer
        return framer.changes([framer.stanza(framer.root, piece)], sequence, framer.null)

    def changes(self, sent: int) -> Piece | None:
        if self._resent > sent:
            return self.whole()
        stanzas: list[Piece] = []
        rows: list[tuple[int, Any, int]] = []
        fields, places = self.device.fields, self._numbers()
        for name, part in self._newest(sent):
            field = fields.get(name)
            if not isinstance(field, HeldAttribute) or part not in ("value", "alarm"):
                if field is not None:
                    self._say(field, part, sent, stanzas)
                continue
            value, _, time, _ = reading = field.reading
            if not (type(value) in _PLAIN or (type(value) is str and len(value) <= _TEXT)):
                self._say(field, part, sent, stanzas)
            elif part == "value":
                rows.append((places[name], value, time))
            else:
                piece = self._pieces.pieces(field).alarm(field.vtype, reading)
                stanzas.append(self.framer.stanza(self._path(name, part), piece))
        if rows and max(rows, key=_time)[2] - min(rows, key=_time)[2] > _SPAN:
            for place, _, _ in rows:
                self._say(fields[self._names[place]], "value", sent, stanzas)
            rows = []
        if not rows and not stanzas:
            return None
        return self.framer.changes(stanzas, self.sequence, self._readings(rows))

    def _numbers(self) -> dict[str, int]:
        """The place of each field, as the device's meta has them; anew when fields came or went."""
        if self._fields is not self.device.fields:
            self._fields = self.device.fields
            self._places = {name: place for place, name in enumerate(self._fields)}
            self._names = list(self._fields)
        return self._places

    def _readings(self, rows: list[tuple[int, Any, int]]) -> Piece:
        if not rows:
            return self.framer.null
        places, values, times = zip(*rows, strict=True)
        dialect = self.framer.dialect
        if not dialect.encoding.binary:
            values = tuple(number(value) if type(value) is float else value for value in values)
        seconds = min(times) // _SECOND
        nanoseconds = [time - seconds * _SECOND for time in times]
        return dialect.piece({"fields": places, "values": values, "seconds": seconds, "nanoseconds": nanoseconds})
