"""Types of values with names inside: VMap (named fields) and VTable (named columns of one length)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .alarm import NO_ALARM, Alarm
from .arrays import VArray
from .base import VType, checked_text
from .mappings import FrozenMap, Table
from .refusal import Words, refuse, shown
from .simple import VAction

__all__ = ["VMap", "VTable"]


@dataclass(frozen=True, eq=False, repr=False)
class VMap(VType[Mapping[str, Any]]):
    """Named fields, each of a type of its own: `VMap({"x": VDouble(units="mm"), "name": VString()})`.

    A value has all of them and no other, in their order.
    """

    fields: Mapping[str, VType[Any]]

    _SHOWN_FIRST = ("fields",)

    def __post_init__(self) -> None:
        super().__post_init__()
        fields = _checked_names("VMap", "fields", self.fields)
        self._set("fields", FrozenMap(fields))
        for name, vtype in fields.items():
            if not isinstance(vtype, VType) or isinstance(vtype, VAction):
                raise TypeError(f"VMap({name}): expected a VType that has a value, got {shown(vtype)}")

    @property
    def python_type(self) -> type:
        return FrozenMap

    def validate(self, value: object, where: str = "value", *, owned: bool = False) -> Mapping[str, Any]:
        return self._each(value, where, lambda vtype, item, place: vtype.validate(item, place, owned=owned))

    def validate_setpoint(self, value: object, where: str = "value", *, owned: bool = False) -> Mapping[str, Any]:
        return self._each(value, where, lambda vtype, item, place: vtype.validate_setpoint(item, place, owned=owned))

    def from_json(self, data: object, where: str = "value", numeric_strings: bool = False) -> Mapping[str, Any]:
        data = _without_typeid(data, self.fields)
        return self._each(data, where, lambda vtype, item, place: vtype.from_json(item, place, numeric_strings))

    def from_binary(self, data: object, where: str = "value") -> Mapping[str, Any]:
        data = _without_typeid(data, self.fields)
        return self._each(data, where, lambda vtype, item, place: vtype.from_binary(item, place))

    def _each(self, value: object, where: str, take: Callable[[VType[Any], object, str], Any]) -> FrozenMap[Any]:
        given = _checked_members(value, where, self.fields, "fields")
        return FrozenMap({name: take(vtype, given[name], f"{where}.{name}") for name, vtype in self.fields.items()})

    def alarm_for(self, value: Mapping[str, Any]) -> Alarm:
        return _worst(self.fields, value)

    def zero(self) -> Mapping[str, Any]:
        return FrozenMap({name: vtype.zero() for name, vtype in self.fields.items()})

    def to_json(self, value: Mapping[str, Any]) -> Any:
        return {name: vtype.to_json(value[name]) for name, vtype in self.fields.items()}

    def to_binary(self, value: Mapping[str, Any]) -> Any:
        return {name: vtype.to_binary(value[name]) for name, vtype in self.fields.items()}


@dataclass(frozen=True, eq=False, repr=False, init=False)
class VTable(VType[Table]):
    """Named columns of one length: `VTable({"x": VDouble(units="mm"), "name": str})`.

    columns: name -> VArray of one dimension, or anything that a VArray takes as its element.
    """

    columns: Mapping[str, VArray[Any]]

    _SHOWN_FIRST = ("columns",)

    def __init__(
        self,
        columns: Mapping[str, VType[Any] | type[Any] | str],
        *,
        description: str = "",
        label: str = "",
        tags: tuple[str, ...] = (),
    ) -> None:
        super().__init__(description=description, label=label, tags=tags)
        columns = _checked_names("VTable", "columns", columns)
        self._set("columns", FrozenMap({name: _column(name, column) for name, column in columns.items()}))

    @property
    def python_type(self) -> type:
        return Table

    def validate(self, value: object, where: str = "value", *, owned: bool = False) -> Table:
        return self._each(value, where, lambda column, item, place: column.validate(item, place, owned=owned))

    def validate_setpoint(self, value: object, where: str = "value", *, owned: bool = False) -> Table:
        return self._each(value, where, lambda column, item, place: column.validate_setpoint(item, place, owned=owned))

    def from_json(self, data: object, where: str = "value", numeric_strings: bool = False) -> Table:
        data = _without_typeid(data, self.columns)
        return self._each(data, where, lambda column, item, place: column.from_json(item, place, numeric_strings))

    def from_binary(self, data: object, where: str = "value") -> Table:
        data = _without_typeid(data, self.columns)
        return self._each(data, where, lambda column, item, place: column.from_binary(item, place))

    def _each(self, value: object, where: str, take: Callable[[VArray[Any], object, str], Any]) -> Table:
        given = _checked_members(value, where, self.columns, "columns")
        table = Table({name: take(column, given[name], f"{where}.{name}") for name, column in self.columns.items()})
        lengths = {name: len(column) for name, column in table.items()}
        if len(set(lengths.values())) > 1:
            text = ", ".join(f"{name}: {length}" for name, length in lengths.items())
            raise refuse(where, "columns of one length", Words(f"lengths {text}"))
        return table

    def alarm_for(self, value: Table) -> Alarm:
        return _worst(self.columns, value)

    def zero(self) -> Table:
        return Table({name: column.zero() for name, column in self.columns.items()})

    def to_json(self, value: Table) -> Any:
        return {name: column.to_json(value[name]) for name, column in self.columns.items()}

    def to_binary(self, value: Table) -> Any:
        return {name: column.to_binary(value[name]) for name, column in self.columns.items()}


def _column(name: str, column: object) -> VArray[Any]:
    array: VArray[Any] = column if isinstance(column, VArray) else VArray(column)  # type: ignore[call-overload]  # it refuses what it cannot be made of
    if array.ndim != 1 or array.shape is not None:
        raise ValueError(f"VTable({name}): expected a column of one dimension and free length, got {array!r}")
    return array


def _checked_names(where: str, what: str, given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise TypeError(f"{where}: expected {what} as a mapping of names to types, got {shown(given)}")
    return {checked_text(f"{where}({what})", name): item for name, item in given.items()}


def _without_typeid(data: object, members: Mapping[str, object]) -> object:
    """Structures on the wire may say what they are; that is not one of their members."""
    if isinstance(data, Mapping) and "typeid" in data and "typeid" not in members:
        return {name: item for name, item in data.items() if name != "typeid"}
    return data


def _checked_members(value: object, where: str, members: Mapping[str, object], what: str) -> Mapping[Any, Any]:
    expected = f"the {what} {', '.join(members)}" if members else f"no {what}"
    if isinstance(value, np.void) and value.dtype.names:
        value = {name: value[name] for name in value.dtype.names}
    if not isinstance(value, Mapping):
        raise refuse(where, f"a mapping with {expected}", value)
    for name in value:
        if name not in members:
            raise refuse(where, expected, name)
    for name in members:
        if name not in value:
            raise refuse(where, expected, Words(f"no {name}"))
    return value


def _worst(members: Mapping[str, VType[Any]], value: Mapping[str, Any]) -> Alarm:
    worst = NO_ALARM
    for name, vtype in members.items():
        alarm = vtype.alarm_for(value[name])
        if alarm.severity > worst.severity:
            worst = alarm._replace(message=f"{name}: {alarm.message}")
    return worst
