"""What is at a path of a device, encoded; the parts of its fields are kept until they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from macduff.errors import NotFound, Refused
from macduff.telling import did_you_mean

from . import typeids
from .dialect import Dialect
from .encoding import Piece
from .kinds import NoForm
from .model import AttributeModel, DeviceModel, FieldModel, MethodModel
from .pieces import AttributePieces, MethodPieces, pieces_for
from .structure import block_meta, field_structure, is_action, is_attribute

__all__ = ["DevicePieces", "dotted", "missing"]


class DevicePieces:
    """The pieces of one device in one dialect, for one state of it: the live one or a held one."""

    def __init__(self, dialect: Dialect, most: int) -> None:
        self.dialect = dialect
        self._most = most
        self._fields: dict[str, tuple[FieldModel, Any]] = {}
        self._keys: dict[str, Piece] = {}

    def at(self, device: DeviceModel, rest: Sequence[str]) -> Piece:
        """The piece at a path from the device; NotFound says what there is instead, Refused what has no form."""
        name = ""
        try:
            if not rest:
                members = [(self._key("typeid"), self.dialect.piece(typeids.BLOCK))]
                members.append((self._key("meta"), self.dialect.piece(block_meta(device, self.dialect))))
                for name, field in device.fields.items():
                    members.append((self._key(name), self.field(field)))
                return self.dialect.encoding.object(members)
            name = rest[0]
            return self._inner(device, rest)
        except NoForm as error:
            raise Refused(f"{device.name}.{name}: {error.message}", device=device.name, member=name) from None

    def _inner(self, device: DeviceModel, rest: Sequence[str]) -> Piece:
        name = rest[0]
        field = device.fields.get(name)
        if field is None:
            return self.dialect.piece(_dig(_block_members(device, name, self.dialect), rest, device.name))
        if len(rest) == 1:
            return self.field(field)
        if len(rest) == 2:
            piece = self._part(field, rest[1])
            if piece is not None:
                return piece
        structure = field_structure(field, self.dialect)
        return self.dialect.piece(_dig(structure, rest[1:], f"{device.name}.{name}"))

    def field(self, field: FieldModel) -> Piece:
        """A whole attribute or method."""
        return self.pieces(field).whole(field)

    def pieces(self, field: FieldModel) -> Any:
        """The caches of a field: AttributePieces or MethodPieces."""
        known = self._fields.get(field.name)
        if known is None or known[0] is not field:
            known = self._fields[field.name] = (field, pieces_for(field, self.dialect, self._most))
        return known[1]

    def forget(self) -> None:
        """Fields came or went: nothing of them is kept."""
        self._fields.clear()

    def _part(self, field: FieldModel, part: str) -> Piece | None:
        pieces = self.pieces(field)
        if isinstance(pieces, AttributePieces):
            return _attribute_part(pieces, field, part) if is_attribute(field) and not is_action(field) else None
        return None if is_attribute(field) else _method_part(pieces, field, part)

    def _key(self, name: str) -> Piece:
        key = self._keys.get(name)
        if key is None:
            key = self._keys[name] = self.dialect.piece(name)
        return key


def _attribute_part(pieces: AttributePieces, attribute: AttributeModel, part: str) -> Piece | None:
    if part == "value":
        return pieces.value(attribute.vtype, attribute.reading)
    if part == "timeStamp":
        return pieces.time(attribute.vtype, attribute.reading)
    if part == "alarm":
        return pieces.alarm(attribute.vtype, attribute.reading)
    return pieces.meta(attribute) if part == "meta" else None


def _method_part(pieces: MethodPieces, method: MethodModel, part: str) -> Piece | None:
    if part == "took":
        return pieces.log("took", method.took, method.takes)
    if part == "returned":
        return pieces.log("returned", method.returned, method.returns)
    return pieces.meta(method) if part == "meta" else None


def _block_members(device: DeviceModel, name: str, dialect: Dialect) -> Mapping[str, Any]:
    """A block without its fields, for paths to what is no field."""
    if name == "meta":
        return {"meta": block_meta(device, dialect)}
    if name == "typeid":
        return {"typeid": typeids.BLOCK}
    return dict.fromkeys(device.fields)


def _dig(structure: Mapping[str, Any], path: Sequence[str], where: str) -> Any:
    found: Any = structure
    for name in path:
        if not isinstance(found, Mapping) or name not in found:
            raise missing(where, name, found if isinstance(found, Mapping) else ())
        found = found[name]
        where = f"{where}.{name}"
    return found


def missing(where: str, name: str, known: Iterable[str]) -> NotFound:
    """The error for a name that is not there: what is, and what may have been meant."""
    names = [item for item in known if item != "typeid"]
    if not names:
        return NotFound(f"{where}: expected the end of the path, got {name!r}")
    listed = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return NotFound(f"{where}: expected one of {listed}, got {name!r}{did_you_mean(name, names)}")


def dotted(path: Sequence[str]) -> str:
    """A path as errors show it: STAGE.position."""
    return ".".join(path)
