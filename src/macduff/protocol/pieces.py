"""Encoded parts of one field in one dialect, each kept until what it shows changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from macduff.values import Alarm, Reading, VType

from . import typeids
from .dialect import Dialect
from .encoding import Piece
from .kinds import attribute_typeid, check_form
from .large import encode_value, within
from .model import AttributeModel, FieldModel, MethodLog, MethodModel
from .structure import (
    alarm_of,
    attribute_meta,
    attribute_structure,
    has_setpoint,
    is_action,
    is_attribute,
    log_structure,
    method_meta,
    time_of,
)
from .wirevalue import to_wire

__all__ = ["AttributePieces", "MethodPieces", "pieces_for"]

_NOTHING: Any = object()


class AttributePieces:
    """The pieces of an attribute. Whose state it is, the live one or a held one, is said with each call."""

    def __init__(self, dialect: Dialect, most: int) -> None:
        self._dialect = dialect
        self._most = most
        self._shown: Reading | None = None
        piece = dialect.piece
        self._keys = {name: piece(name) for name in ("typeid", "value", "setpoint", "alarm", "timeStamp", "meta")}
        self._reading: Reading | None = None
        self._vtype: Any = _NOTHING
        self._value: Piece = None
        self._time: Piece = None
        self._alarm_of: Any = _NOTHING
        self._fitting: Alarm | None = None
        self._alarm: Piece = None
        self._setpoint_of: tuple[Any, Any] = (_NOTHING, _NOTHING)
        self._setpoint: Piece = None
        self._meta_of: tuple[Any, ...] = ()
        self._meta: Piece = None
        self._whole_of: tuple[Any, ...] = (None,) * 8
        self._whole: Piece = None

    def show(self, vtype: VType[Any], reading: Reading, value: Piece) -> None:
        """From now on show this reading, which was encoded elsewhere, whatever the newest one is."""
        self._shown = self._reading = reading
        self._vtype = vtype
        self._value = value
        self._fitting = None
        self._time = self._dialect.piece(time_of(reading.time))

    def unshow(self) -> None:
        """Show the newest reading again."""
        self._shown = None

    def value(self, vtype: VType[Any], reading: Reading) -> Piece:
        """The value."""
        known: Reading | None = self._reading
        if self._shown is None and (
            known is None
            or reading.sequence != known.sequence  # readings are made anew for each who asks, what is in them is not
            or reading.value is not known.value
            or reading.time != known.time
            or vtype is not self._vtype
        ):
            if vtype is not self._vtype:
                check_form(vtype, self._dialect.ours)
            fitting = within(vtype, reading, self._dialect, self._most)
            self._value = encode_value(vtype, fitting.value, self._dialect)
            self._fitting = None if fitting is reading else fitting.alarm
            self._time = self._dialect.piece(time_of(reading.time))
            self._reading, self._vtype = reading, vtype
        return self._value

    def time(self, vtype: VType[Any], reading: Reading) -> Piece:
        """The time stamp."""
        self.value(vtype, reading)
        return self._time

    def alarm(self, vtype: VType[Any], reading: Reading) -> Piece:
        """The alarm; one of its own when the value is too large to be sent."""
        self.value(vtype, reading)
        alarm = self._fitting or (self._shown or reading).alarm
        if alarm is not self._alarm_of:
            self._alarm = self._dialect.piece(alarm_of(alarm))
            self._alarm_of = alarm
        return self._alarm

    def setpoint(self, vtype: VType[Any], setpoint: Any) -> Piece:
        """The set point."""
        known, known_vtype = self._setpoint_of
        if setpoint is not known or vtype is not known_vtype:
            self._setpoint = self._dialect.piece(to_wire(vtype, setpoint, self._dialect))
            self._setpoint_of = (setpoint, vtype)
        return self._setpoint

    def meta(self, attribute: AttributeModel) -> Piece:
        """The meta. Words and tags of an attribute change with its type alone."""
        key = (attribute.vtype, attribute.writeable)
        if not _same(key, self._meta_of):
            self._meta = self._dialect.piece(attribute_meta(attribute, self._dialect))
            self._meta_of = key
        return self._meta

    def whole(self, attribute: AttributeModel) -> Piece:
        """The whole attribute."""
        if is_action(attribute):
            return self._dialect.piece(attribute_structure(attribute, self._dialect))
        vtype, reading, writeable = attribute.vtype, attribute.reading, attribute.writeable
        setpoint = attribute.setpoint if has_setpoint(attribute, self._dialect) else _NOTHING
        value, alarm, time, sequence = reading
        known = self._whole_of
        if not (
            sequence == known[0]
            and time == known[1]
            and value is known[2]
            and alarm is known[3]
            and vtype is known[4]
            and writeable is known[5]
            and setpoint is known[6]
            and self._shown is known[7]
        ):
            self._whole = self._compose(vtype, reading, setpoint, self.meta(attribute))
            self._whole_of = (sequence, time, value, alarm, vtype, writeable, setpoint, self._shown)
        return self._whole

    def _compose(self, vtype: VType[Any], reading: Reading, setpoint: Any, meta: Piece) -> Piece:
        keys = self._keys
        members = [
            (keys["typeid"], self._dialect.piece(attribute_typeid(vtype, self._dialect.ours))),
            (keys["value"], self.value(vtype, reading)),
        ]
        if setpoint is not _NOTHING:
            members.append((keys["setpoint"], self.setpoint(vtype, setpoint)))
        members += [
            (keys["alarm"], self.alarm(vtype, reading)),
            (keys["timeStamp"], self.time(vtype, reading)),
            (keys["meta"], meta),
        ]
        return self._dialect.encoding.object(members)


class MethodPieces:
    """The pieces of a method."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        piece = dialect.piece
        self._keys = {name: piece(name) for name in ("typeid", "took", "returned", "meta")}
        self._typeid = piece(typeids.METHOD)
        self._logs: dict[str, tuple[Any, Piece]] = {}
        self._meta_of: tuple[Any, ...] = ()
        self._meta: Piece = None

    def log(self, side: str, log: MethodLog, types: Mapping[str, VType[Any]]) -> Piece:
        """What it took or returned (`side` says which) in its last call."""
        known = self._logs.get(side)
        if known is None or known[0] is not log:
            known = self._logs[side] = (log, self._dialect.piece(log_structure(log, types, self._dialect)))
        return known[1]

    def meta(self, method: MethodModel) -> Piece:
        """The meta; `defaults` is live and makes it change."""
        takes, defaults = method.takes, method.defaults
        key = (
            method.writeable, method.label, method.description, method.tags, len(takes), *takes.values(),
            *method.required, *defaults, *defaults.values(),
        )  # fmt: skip
        if not _same(key, self._meta_of):
            self._meta = self._dialect.piece(method_meta(method, self._dialect))
            self._meta_of = key
        return self._meta

    def whole(self, method: MethodModel) -> Piece:
        """The whole method."""
        keys = self._keys
        return self._dialect.encoding.object(
            [
                (keys["typeid"], self._typeid),
                (keys["took"], self.log("took", method.took, method.takes)),
                (keys["returned"], self.log("returned", method.returned, method.returns)),
                (keys["meta"], self.meta(method)),
            ]
        )


def pieces_for(field: FieldModel, dialect: Dialect, most: int) -> AttributePieces | MethodPieces:
    """Empty caches for a field; `most` bytes fit into a frame."""
    return AttributePieces(dialect, most) if is_attribute(field) else MethodPieces(dialect)


_PLAIN = (str, int, float, bool)


def _same(new: tuple[Any, ...], old: tuple[Any, ...]) -> bool:
    """Whether two keys say the same: identity, or equality of plain values. Arrays are never compared."""
    if len(new) != len(old):
        return False
    for a, b in zip(new, old, strict=True):
        if a is not b and not (type(a) is type(b) and type(a) in _PLAIN and a == b):
            return False
    return True
