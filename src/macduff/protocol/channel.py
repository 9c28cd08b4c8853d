"""What many subscribers share: one path in one dialect, its changes merged and encoded once for all of them.

A channel counts versions, one for each change set that touched it. A subscriber remembers only the version that it
was sent last, so the memory for a slow one is a number, and all who are equally far behind share one encoded body.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from macduff.values import VType

from .devicepieces import DevicePieces
from .encoding import Piece
from .frames import Framer
from .held import HeldDevice
from .model import AttributeModel, FieldModel, MethodModel
from .structure import attribute_meta, is_action, is_attribute, method_meta

if TYPE_CHECKING:
    from .subscription import Subscription

__all__ = ["Channel", "Part"]

Part = str
"""What of a field changed: value, alarm, setpoint, took, returned, or meta.MEMBER, meta.display.MEMBER."""

_OURS = frozenset(
    ("setpoint", "meta.defaults", *(f"meta.{name}" for name in ("control", "warning", "alarm", "ndim", "shape")))
)
"""Parts of which a strict client never hears."""


class Channel:
    """One subscribed path, with or without delta."""

    columns = False

    def __init__(
        self, device: HeldDevice, rest: Sequence[str], delta: bool, framer: Framer, pieces: DevicePieces
    ) -> None:
        self.device = device
        self.rest = tuple(rest)
        self.delta = delta
        self.framer = framer
        self.subscribers: list[Subscription] = []
        self.version = 0
        self.sequence = 0
        self.touched = False
        self._pieces = pieces
        self._stanzas = delta and len(rest) < 2 and tuple(rest) != ("meta",)
        self._recent: dict[tuple[str, Part], int] = {}
        self._resent = 0
        self.bodies: dict[int, Piece] = {}
        self._paths: dict[tuple[str, Part], Piece] = {}

    # what happened; `step` ends one change set

    def reading(self, name: str, same: bool, alarm_same: bool) -> bool:
        """An attribute has a new reading; True if that concerns this channel."""
        if self._stanzas:
            recent, key = self._recent, (name, "value")
            recent.pop(key, None)
            recent[key] = self.version + 1
            if not alarm_same:
                self._mark(name, "alarm")
            return True
        part = self.rest[1] if len(self.rest) > 1 else ""
        if part == "value":
            return not same
        if part == "alarm":
            return not alarm_same
        return part in ("", "timeStamp", "took", "returned")

    def part(self, name: str, part: Part) -> bool:
        """Something else of a field changed; True if that concerns this channel."""
        dialect = self.framer.dialect
        if (not dialect.ours and part in _OURS) or (dialect.read_only and part == "meta.writeable"):
            return False
        if self._stanzas:
            self._mark(name, part)
            return True
        return len(self.rest) < 2 or self.rest[1] == part.partition(".")[0]

    def all(self) -> bool:
        """Fields came or went, or what an attribute is has changed: subscribers get the whole again."""
        self._resent = self.version + 1
        return True

    def _mark(self, name: str, part: Part) -> None:
        key = (name, part)
        self._recent.pop(key, None)  # so that the order is that of the newest change
        self._recent[key] = self.version + 1

    def step(self, sequence: int) -> None:
        """One change set is complete."""
        self.version += 1
        self.sequence = sequence
        self.touched = False
        self.bodies.clear()

    # what to say of it

    def whole(self) -> Piece:
        """Everything at the path, as held; NotFound when it is gone."""
        return self.said(self._pieces.at(self.device, self.rest), self.sequence)

    def said(self, piece: Piece, sequence: int) -> Piece:
        """The body that says everything, from its piece."""
        return self.framer.whole(piece, self.delta, sequence)

    def prefix(self, identity: int) -> Piece:
        """The beginning of every message of one subscription."""
        return self.framer.prefix(identity, self.delta)

    def body(self, sent: int) -> Piece | None:
        """What a subscriber needs who was sent version `sent` last, with the count of merged change sets."""
        if sent == self.version:
            return None
        body = self.bodies.get(sent)
        if body is None:
            body = self.changes(sent)
            if body is not None:
                body = self.bodies[sent] = body + self.framer.gap(max(self.version - sent - 1, 0))
        return body

    def changes(self, sent: int) -> Piece | None:
        """The same without its end; None when nothing of it can be said in this dialect."""
        if not self._stanzas or self._resent > sent:
            return self.whole()
        stanzas: list[Piece] = []
        for name, part in self._newest(sent):
            field = self.device.fields.get(name)
            if field is not None:
                self._say(field, part, sent, stanzas)
        return self.framer.changes(stanzas, self.sequence) if stanzas else None

    def _newest(self, sent: int) -> Iterator[tuple[str, Part]]:
        """What has changed since, in the order of the newest changes."""
        newest: list[tuple[str, Part]] = []
        for key, version in reversed(self._recent.items()):
            if version <= sent:
                break
            newest.append(key)
        return reversed(newest)

    def _say(self, field: FieldModel, part: Part, sent: int, stanzas: list[Piece]) -> None:
        if is_attribute(field):
            self._say_attribute(field, part, sent, stanzas)
        else:
            self._say_method(field, part, stanzas)

    def _say_attribute(self, attribute: AttributeModel, part: Part, sent: int, stanzas: list[Piece]) -> None:
        name, pieces = attribute.name, self._pieces.pieces(attribute)
        if is_action(attribute):
            if part.startswith("meta."):
                self._stanza(name, part, attribute.writeable, stanzas)
            elif part == "value":
                for side in ("took", "returned"):
                    piece = self._pieces.at(self.device, (name, side))
                    stanzas.append(self.framer.stanza(self._path(name, side), piece))
        elif part == "value":
            vtype: VType[Any] = attribute.vtype
            reading = attribute.reading
            stanzas.append(self.framer.stanza(self._path(name, "value"), pieces.value(vtype, reading)))
            if self._recent.get((name, "alarm"), 0) > sent:
                stanzas.append(self.framer.stanza(self._path(name, "alarm"), pieces.alarm(vtype, reading)))
            stanzas.append(self.framer.stanza(self._path(name, "timeStamp"), pieces.time(vtype, reading)))
        elif part == "setpoint":
            if self.framer.dialect.ours and attribute.writable and attribute.setpoint is not None:
                piece = pieces.setpoint(attribute.vtype, attribute.setpoint)
                stanzas.append(self.framer.stanza(self._path(name, part), piece))
        elif part.startswith("meta."):
            found: Any = attribute_meta(attribute, self.framer.dialect)
            for member in part.split(".")[1:]:
                found = found[member]
            self._stanza(name, part, found, stanzas)

    def _say_method(self, method: MethodModel, part: Part, stanzas: list[Piece]) -> None:
        if part == "meta.writeable":
            self._stanza(method.name, part, method.writeable, stanzas)
        elif part == "meta.defaults":
            self._stanza(method.name, part, method_meta(method, self.framer.dialect)["defaults"], stanzas)
        elif part in ("took", "returned"):
            piece = self._pieces.at(self.device, (method.name, part))
            stanzas.append(self.framer.stanza(self._path(method.name, part), piece))

    def _stanza(self, name: str, part: Part, value: object, stanzas: list[Piece]) -> None:
        stanzas.append(self.framer.stanza(self._path(name, part), self.framer.dialect.piece(value)))

    def _path(self, name: str, part: Part) -> Piece:
        """The key path of a stanza, relative to what is subscribed."""
        path = self._paths.get((name, part))
        if path is None:
            keys = [*([] if self.rest else [name]), *part.split(".")]
            path = self._paths[name, part] = self.framer.dialect.piece(keys)
        return path
