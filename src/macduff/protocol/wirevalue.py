"""Values as each dialect writes and reads them; nothing else in the protocol knows how a value looks."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from math import isfinite, prod
from typing import Any

import numpy

from macduff.errors import BadValue
from macduff.values import VArray, VMap, VTable, VType

from . import typeids
from .dialect import Dialect
from .kinds import array_dtype

__all__ = ["from_wire", "number", "plain", "to_wire"]


def to_wire(vtype: VType[Any], value: Any, dialect: Dialect) -> Any:
    """A valid value as plain data. Numeric and boolean arrays of ours are {dtype, shape, data}."""
    if type(value) is float:
        return value if isfinite(value) or dialect.encoding.binary else number(value)
    if isinstance(vtype, VTable):
        table = {name: to_wire(column, value[name], dialect) for name, column in vtype.columns.items()}
        return {"typeid": typeids.TABLE, **table}
    if isinstance(vtype, VMap):
        if dialect.ours:
            return {name: to_wire(field, value[name], dialect) for name, field in vtype.fields.items()}
        row = {name: [to_wire(field, value[name], dialect)] for name, field in vtype.fields.items()}
        return {"typeid": typeids.TABLE, **row}
    if dialect.ours and isinstance(value, numpy.ndarray):
        return _array(value, dialect.encoding.binary)
    return vtype.to_binary(value) if dialect.encoding.binary else vtype.to_json(value)


def from_wire(vtype: VType[Any], data: Any, where: str, dialect: Dialect) -> Any:
    """Plain data from a client as a value; BadValue when it is none. Control limits are not looked at here."""
    if isinstance(vtype, VTable):
        return vtype.validate(_members(vtype.columns, data, where, dialect), where)
    if isinstance(vtype, VMap):
        if not dialect.ours and isinstance(data, Mapping):
            data = {name: _only(item, f"{where}.{name}") for name, item in data.items() if name != "typeid"}
        return vtype.validate(_members(vtype.fields, data, where, dialect), where)
    if dialect.ours and isinstance(vtype, VArray) and isinstance(data, Mapping):
        if dialect.encoding.binary:
            return vtype.from_binary(data, where)
        return _from_flat(vtype, data, where)
    if dialect.encoding.binary:
        return vtype.from_binary(data, where)
    return vtype.from_json(data, where, numeric_strings=not dialect.ours)


def plain(value: Any, dialect: Dialect) -> Any:
    """A Python value of unknown type (a client's argument) as plain data, by what it is."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, numpy.generic):
        value = value.item()
    if isinstance(value, float):
        return value if isfinite(value) or dialect.encoding.binary else number(value)
    if isinstance(value, numpy.ndarray):
        if dialect.ours and value.dtype.kind in "biuf":
            return _array(value, dialect.encoding.binary)
        return plain(value.tolist(), dialect)
    if isinstance(value, Mapping):
        return {str(key): plain(item, dialect) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, dialect) for item in value]
    return value


def number(value: float) -> float | str:
    """A float for JSON, which has no NaN and no infinities: these are strings."""
    if isfinite(value):
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _array(value: numpy.ndarray[Any, Any], binary: bool) -> dict[str, Any]:
    """An array with what a nested list cannot say: its dtype, and its shape where it is empty."""
    data: Any
    if binary:
        data = numpy.ascontiguousarray(value, value.dtype.newbyteorder("<")).tobytes()
    else:
        data = value.ravel().tolist()
        if value.dtype.kind == "f" and not numpy.isfinite(value).all():
            data = [number(item) for item in data]
    return {"dtype": value.dtype.name, "shape": list(value.shape), "data": data}


def _members(types: Mapping[str, VType[Any]], data: Any, where: str, dialect: Dialect) -> Any:
    """Columns or fields, each as its type wants it; what does not belong is left for `validate` to refuse."""
    if not isinstance(data, Mapping):
        return data
    return {
        name: from_wire(types[name], item, f"{where}.{name}", dialect) if name in types else item
        for name, item in data.items()
        if name != "typeid"
    }


def _only(column: Any, where: str) -> Any:
    """The value in a column of one row: the strict form of a map."""
    if isinstance(column, list) and len(column) == 1:
        return column[0]
    raise BadValue.of(where, "a list with one value, since a map is a table of one row", column)


def _from_flat(vtype: VArray[Any], data: Mapping[str, Any], where: str) -> Any:
    """{dtype, shape, data} with `data` as a flat list in C order."""
    shape, flat = data.get("shape"), data.get("data")
    if not isinstance(shape, list) or any(type(size) is not int or size < 0 for size in shape):
        raise BadValue.of(f"{where}.shape", "a list of sizes", shape)
    if not isinstance(flat, list) or len(flat) != prod(shape):
        raise BadValue.of(f"{where}.data", f"a flat list of {prod(shape)} values for shape {shape}", flat)
    if 0 in shape:
        return vtype.validate(numpy.empty(shape, array_dtype(vtype)), where)
    for size in reversed(shape[1:]):
        flat = [flat[start : start + size] for start in range(0, len(flat), size)]
    return vtype.from_json(flat, where)
