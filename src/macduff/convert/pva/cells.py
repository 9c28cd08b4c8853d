"""The value of a PV, of a column, of a field or of an argument: its structure on PVAccess, and both ways."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from macduff.errors import BadValue
from macduff.values import VAction, VArray, VBool, VEnum, VMap, VNumber, VString, VTable, VType, shown, values_equal

from ..names import pva_members
from .types import CODES

__all__ = ["Cell", "cell_of", "flat"]


class Cell:
    """A number or bool: it goes as it is. `spec`: its type as p4p spells it."""

    def __init__(self, spec: Any) -> None:
        self.spec = spec

    def out(self, value: Any, before: Any = None) -> Any:
        """The value for p4p. before: what was sent last; what is the same in it may be left out."""
        return value

    def back(self, raw: Any, current: Any, where: str) -> Any:
        """What came from p4p, for the type's verdict. current: what stands where a part did not come."""
        return raw


class BoolCell(Cell):
    """0 and 1 are bools too."""

    def back(self, raw: Any, current: Any, where: str) -> Any:
        return bool(raw) if type(raw) in (int, float) and raw in (0, 1) else raw


class TextCell(Cell):
    """Text; p4p would cut it at a NUL without a word."""

    def __init__(self) -> None:
        super().__init__("s")

    def out(self, value: Any, before: Any = None) -> Any:
        return whole(value)


class LabelCell(Cell):
    """A label as text."""

    def __init__(self, vtype: VEnum[Any]) -> None:
        super().__init__("s")
        self._vtype = vtype

    def out(self, value: Any, before: Any = None) -> Any:
        return whole(self._vtype.to_json(value))

    def back(self, raw: Any, current: Any, where: str) -> Any:
        return label(self._vtype, raw, where)


class NumbersCell(Cell):
    """An array of numbers or bools of one dimension."""

    def __init__(self, dtype: np.dtype[Any], shape: tuple[int | None, ...] | None = None) -> None:
        super().__init__("a" + CODES[dtype.name])
        self._dtype = dtype

    def out(self, value: Any, before: Any = None) -> Any:
        return flat(value)

    def back(self, raw: Any, current: Any, where: str) -> Any:
        if raw is None:  # nobody ever gave it elements
            return np.empty(0, self._dtype)
        if self._dtype.kind == "b" and isinstance(raw, np.ndarray) and raw.dtype.kind in "iu":
            return raw.astype(np.bool_) if np.isin(raw, (0, 1)).all() else raw
        return raw


class GridCell(Cell):
    """An array of several dimensions where it is a part of something: its elements, and its shape."""

    def __init__(self, vtype: VArray[Any]) -> None:
        super().__init__(("S", None, [("value", "a" + CODES[str(vtype.dtype or "bool")]), ("shape", "ai")]))
        self._vtype = vtype

    def out(self, value: Any, before: Any = None) -> Any:
        return {"value": flat(value), "shape": list(value.shape)}

    def back(self, raw: Any, current: Any, where: str) -> Any:
        if hasattr(raw, "keys"):
            fields = raw.keys()
            if "value" in fields and "shape" in fields:
                return shaped(raw["value"], raw["shape"], where, self._vtype.numpy_dtype)
            raise BadValue.of(where, "a structure of value and shape", sorted(fields))
        lengths = self._vtype.shape
        if lengths is None or lengths.count(None) > 1 or getattr(raw, "ndim", 1) != 1:
            return raw  # it has its shape already, or nothing tells which
        return shaped(raw, lengths, where)


class TextsCell(Cell):
    """An array of texts or labels."""

    def __init__(self, vtype: VArray[Any]) -> None:
        super().__init__("as")
        self._vtype = vtype

    def out(self, value: Any, before: Any = None) -> Any:
        return [whole(text) for text in self._vtype.to_json(value)]

    def back(self, raw: Any, current: Any, where: str) -> Any:
        return [] if raw is None else raw


class MembersCell(Cell):
    """Named columns or fields. A structure that lacks some leaves those as they are."""

    def __init__(self, members: Mapping[str, VType[Any]]) -> None:
        self._names = pva_members(members)
        self._cells = {name: cell_of(member) for name, member in members.items()}
        super().__init__(("S", None, [(self._names[name], cell.spec) for name, cell in self._cells.items()]))

    def out(self, value: Any, before: Any = None) -> Any:
        told = {}
        for name, cell in self._cells.items():
            item = value[name]
            if before is None or not values_equal(item, before[name]):
                told[self._names[name]] = cell.out(item, None if before is None else before[name])
        return told

    def back(self, raw: Any, current: Any, where: str) -> Any:
        if not hasattr(raw, "keys"):
            return raw
        taken: dict[str, Any] = {}
        fields = raw.keys()
        given = set(fields)
        for name, cell in self._cells.items():
            theirs, was = self._names[name], None if current is None else current[name]
            given.discard(theirs)
            if theirs in fields and (current is None or raw.changed(theirs)):
                taken[name] = cell.back(raw[theirs], was, f"{where}.{name}")
            elif current is not None:
                taken[name] = was
        return taken | {name: raw[name] for name in given}  # for the type to refuse


def cell_of(vtype: VType[Any]) -> Cell:
    """The way of a type."""
    if isinstance(vtype, VBool | VAction):
        return BoolCell("?")
    if isinstance(vtype, VNumber):
        return Cell(CODES[vtype.dtype])
    if isinstance(vtype, VString):
        return TextCell()
    if isinstance(vtype, VEnum):
        return LabelCell(vtype)
    if isinstance(vtype, VArray):
        if vtype.numpy_dtype is None:
            return TextsCell(vtype)
        return NumbersCell(vtype.numpy_dtype) if vtype.ndim == 1 else GridCell(vtype)
    if isinstance(vtype, VTable):
        return MembersCell(vtype.columns)
    if isinstance(vtype, VMap):
        return MembersCell(vtype.fields)
    raise TypeError(f"cell_of: expected a type that PVAccess can show, got {vtype.name}")


def whole(text: str) -> str:
    """The text, if it can be said as it is; ValueError if not."""
    if "\0" in text:
        raise ValueError(f"expected text without NUL characters, which would end it, got {shown(text)}")
    return text


def flat(array: Any) -> Any:
    """All elements in C order, of a dtype that PVAccess has."""
    array = array.ravel()
    return array.astype(np.float32) if array.dtype == np.float16 else array


def shaped(elements: Any, shape: Any, where: str, dtype: Any = None) -> Any:
    """Elements as an array of several dimensions; BadValue when they do not fill it. One length may be None: as many
    as there are. dtype: that of no elements at all, which p4p gives as None.
    """
    array = np.empty(0, dtype) if elements is None else np.asarray(elements)
    try:
        lengths = [_length(length) for length in shape]
    except (TypeError, ValueError):
        raise BadValue.of(where, "lengths of dimensions", shape) from None
    try:
        return array.reshape(lengths)
    except ValueError:
        raise BadValue(f"{where}: expected elements for shape {tuple(lengths)}, got {array.size}") from None


def _length(given: Any) -> int:
    if given is None:
        return -1
    length = operator.index(given)
    if length < 0:
        raise ValueError
    return length


def label(vtype: VEnum[Any], raw: Any, where: str) -> Any:
    """The label that an index stands for; anything else as it is, for the type's verdict."""
    if type(raw) is not int:
        return raw
    labels = vtype.labels
    if 0 <= raw < len(labels):
        return labels[raw]
    raise BadValue(f"{where}: expected an index from 0 to {len(labels) - 1} ({', '.join(labels[:12])}), got {raw}")
