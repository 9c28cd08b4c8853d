"""A VType as the JSON Schema (2020-12, that of OpenAPI 3.1) of its values, with units and limits.

What JSON Schema has no word for stands in members that begin with `x-`: x-units, x-precision, x-display, x-warning,
x-alarm, each range as [low, high] with null for an open end.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor, isfinite
from typing import Any

from macduff.values import VAction, VArray, VBool, VDouble, VEnum, VFloat, VInt, VMap, VString, VTable, VType

__all__ = ["object_schema", "schema_of"]

Schema = dict[str, Any]

_FORMATS = {"float32": "float", "float64": "double"}


def schema_of(vtype: VType[Any], *, writing: bool = False) -> Schema:
    """The schema of a type's values. `writing`: of what a put or a call accepts, control limits applied."""
    schema = _bare(vtype, writing)
    if vtype.label:
        schema["title"] = vtype.label
    if vtype.description:
        schema["description"] = vtype.description
    return schema


def object_schema(fields: Mapping[str, VType[Any]], required: list[str], *, writing: bool = False) -> Schema:
    """An object with these members and no others."""
    return {
        "type": "object",
        "properties": {name: schema_of(vtype, writing=writing) for name, vtype in fields.items()},
        "required": required,
        "additionalProperties": False,
    }


def _bare(vtype: VType[Any], writing: bool) -> Schema:
    if isinstance(vtype, VInt):
        return _integer(vtype, writing)
    if isinstance(vtype, (VDouble, VFloat)):
        return _float(vtype, writing)
    if isinstance(vtype, VArray):
        return _array(vtype, writing)
    if isinstance(vtype, VTable):
        return {**object_schema(vtype.columns, list(vtype.columns), writing=writing), "x-table": True}
    if isinstance(vtype, VMap):
        return object_schema(vtype.fields, list(vtype.fields), writing=writing)
    if isinstance(vtype, VBool):
        return {"type": "boolean"}
    if isinstance(vtype, VEnum):
        return {"type": "string", "enum": list(vtype.labels) or [""]}
    if isinstance(vtype, VAction):
        return {"type": "null"}
    if isinstance(vtype, VString):
        return {"type": "string"}
    return {}


def _numeric_metadata(vtype: Any) -> Schema:
    found: Schema = {}
    if vtype.units:
        found["x-units"] = vtype.units
    if vtype.precision is not None:
        found["x-precision"] = vtype.precision
    for name in ("display", "warning", "alarm"):
        low, high = _range(getattr(vtype, name))
        if (low, high) != (None, None):
            found[f"x-{name}"] = [low, high]
    return found


def _range(pair: Any) -> tuple[float | None, float | None]:
    """Both ends of a range, None where it is open."""
    low, high = pair or (None, None)
    return low if low is not None and isfinite(low) else None, high if high is not None and isfinite(high) else None


def _integer(vtype: VInt, writing: bool) -> Schema:
    low, high = vtype.minimum, vtype.maximum
    if writing:
        below, above = _range(vtype.control)
        low = low if below is None else max(low, ceil(below))
        high = high if above is None else min(high, floor(above))
    limits = {"minimum": low, "maximum": high}
    return {"type": "integer", "format": vtype.dtype, **limits, **_numeric_metadata(vtype)}


def _float(vtype: VDouble | VFloat, writing: bool) -> Schema:
    number: Schema = {"type": "number"}
    if vtype.dtype in _FORMATS:
        number["format"] = _FORMATS[vtype.dtype]
    low, high = _range(vtype.control) if writing else (None, None)
    if low is not None:
        number["minimum"] = low
    if high is not None:
        number["maximum"] = high
    words = ["NaN"] if low is None and high is None else []  # NaN is outside any limits
    words += [word for word, limit in (("Infinity", high), ("-Infinity", low)) if limit is None]
    schema = {"anyOf": [number, {"enum": words}]} if words else number
    return {**schema, **_numeric_metadata(vtype)}


def _array(vtype: VArray[Any], writing: bool) -> Schema:
    schema = schema_of(vtype.element, writing=writing)
    shape = vtype.shape if vtype.shape is not None else (None,) * vtype.ndim if vtype.ndim is not None else None
    if shape is None:
        return {"type": "array"}  # of any number of dimensions
    for length in reversed(shape):
        schema = {"type": "array", "items": schema}
        if length is not None:
            schema |= {"minItems": length, "maxItems": length}
    return schema
