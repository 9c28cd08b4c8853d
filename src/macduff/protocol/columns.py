"""Many readings in one message: numbers of fields, values and times side by side, each encoded in one go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from .channel import Channel, Part
from .devicepieces import DevicePieces
from .encoding import Piece
from .frames import Framer
from .held import PLAIN, HeldAttribute, HeldDevice
from .wirevalue import number

__all__ = ["ColumnChannel"]

_TEXT: Final = 256
"""Characters of a text that may stand in a column."""
_SECOND: Final = 10**9
_SPAN: Final = 2**53 - 1
"""Nanoseconds between two time stamps in one message, so that every client has them exactly."""


class ColumnChannel(Channel):
    """A whole device with delta. Small values that changed are `readings`; all else is changes with key paths."""

    columns = True

    def __init__(
        self, device: HeldDevice, rest: Sequence[str], delta: bool, framer: Framer, pieces: DevicePieces
    ) -> None:
        super().__init__(device, rest, delta, framer, pieces)
        self._fields: Any = None
        self._places: dict[str, int] = {}
        self._versions: dict[str, int] = {}
        """In which version an attribute had its newest reading."""

    def reading(self, name: str, same: bool, alarm_same: bool) -> bool:
        self._versions[name] = self.version + 1
        if not alarm_same:
            self._mark(name, "alarm")
        return True

    def told(self, names: Iterable[str]) -> None:
        """Attributes have new readings, with the alarms that they had."""
        self._versions.update(dict.fromkeys(names, self.version + 1))

    def prefix(self, identity: int) -> Piece:
        return self.framer.prefix(identity, self.delta, columns=True)

    def said(self, piece: Piece, sequence: int) -> Piece:
        framer = self.framer
        return framer.changes([framer.stanza(framer.root, piece)], sequence, framer.null)

    def changes(self, sent: int) -> Piece | None:
        if self._resent > sent:
            return self.whole()
        stanzas: list[Piece] = []
        for name, part in self._newest(sent):
            self._say_part(name, part, sent, stanzas)
        readings = self._readings(sent, stanzas)
        if readings is None and not stanzas:
            return None
        return self.framer.changes(stanzas, self.sequence, self.framer.null if readings is None else readings)

    def _say_part(self, name: str, part: Part, sent: int, stanzas: list[Piece]) -> None:
        """What is no value; the alarm of what stands in no column is said with its value."""
        field = self.device.fields.get(name)
        if part == "alarm" and isinstance(field, HeldAttribute):
            if _fits(field.reading.value):
                piece = self._pieces.pieces(field).alarm(field.vtype, field.reading)
                stanzas.append(self.framer.stanza(self._path(name, part), piece))
        elif field is not None:
            self._say(field, part, sent, stanzas)

    def _readings(self, sent: int, stanzas: list[Piece]) -> Piece | None:
        """The new values that stand side by side; the others are said one by one."""
        fields, numbers = self.device.fields, self._numbers()
        places: list[int] = []
        values: list[Any] = []
        times: list[int] = []
        for name in [name for name, version in self._versions.items() if version > sent]:
            field = fields.get(name)
            if not isinstance(field, HeldAttribute):
                continue
            value, _, time, _ = field.reading
            if type(value) in PLAIN or _fits(value):
                places.append(numbers[name])
                values.append(value)
                times.append(time)
            else:
                self._say(field, "value", sent, stanzas)
        if times and max(times) - min(times) > _SPAN:
            names = list(fields)
            for place in places:
                self._say(fields[names[place]], "value", sent, stanzas)
            return None
        return self._columns(places, values, times) if times else None

    def _numbers(self) -> dict[str, int]:
        """The place of each field, as the device's meta has them; anew when fields came or went."""
        if self._fields is not self.device.fields:
            self._fields = self.device.fields
            self._places = {name: place for place, name in enumerate(self._fields)}
            self._versions = {name: version for name, version in self._versions.items() if name in self._places}
        return self._places

    def _columns(self, places: list[int], values: list[Any], times: list[int]) -> Piece:
        dialect = self.framer.dialect
        if not dialect.encoding.binary:
            values = [number(value) if type(value) is float else value for value in values]
        seconds = min(times) // _SECOND
        start = seconds * _SECOND
        nanoseconds = [time - start for time in times]
        return dialect.piece({"fields": places, "values": values, "seconds": seconds, "nanoseconds": nanoseconds})


def _fits(value: object) -> bool:
    """Whether it may stand in a column."""
    return type(value) in PLAIN or (type(value) is str and len(value) <= _TEXT)
