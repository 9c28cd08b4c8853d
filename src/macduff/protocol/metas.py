"""A VType as the meta that describes it on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from macduff.values import VArray, VEnum, VMap, VTable, VType

from . import typeids
from .dialect import Dialect
from .kinds import check_form, kind_of, meta_typeid, with_widget

__all__ = ["display_of", "element_meta", "elements", "label_of", "meta_of"]

_FLOAT_PRECISION = 8  # what the real servers say where an author said nothing
_MOST_PRECISION = 100


def label_of(name: str) -> str:
    """A label made from a name: fileDir -> File Dir, frames_per_step -> Frames per step."""
    text = ""
    for previous, letter in zip(" " + name, name, strict=False):
        if letter.isupper() and (previous.islower() or previous.isdigit()):
            text += " "
        text += " " if letter == "_" else letter
    return text[:1].upper() + text[1:]


def meta_of(
    vtype: VType[Any],
    dialect: Dialect,
    *,
    description: str,
    tags: Sequence[str],
    writable: bool,
    writeable: bool,
    label: str,
    column: bool = False,
) -> dict[str, Any]:
    """A meta with its members in the order of the real servers; `writable` (ever) chooses widgets."""
    if not column:
        check_form(vtype, dialect.ours)
    kind = kind_of(vtype)
    meta: dict[str, Any] = {"typeid": meta_typeid(vtype, dialect.ours)}
    if kind == "number":
        meta["dtype"] = str(vtype.dtype)
    meta["description"] = description
    if kind == "choice":
        meta["choices"] = list(_enum(vtype).labels)
    meta["tags"] = with_widget(tags, vtype, writable, column=column)
    meta["writeable"] = writeable and not dialect.read_only
    meta["label"] = label
    if kind == "number":
        meta["display"] = display_of(vtype, dialect)
    inner = _inner(vtype, dialect)
    if inner is not None:
        meta["elements"] = elements(inner, dialect, writable, columns=isinstance(vtype, VTable) or not dialect.ours)
    if dialect.ours:
        meta.update(_ours(vtype))
    return meta


def elements(
    types: Mapping[str, VType[Any]], dialect: Dialect, writable: bool, *, columns: bool = False
) -> dict[str, dict[str, Any]]:
    """The metas of a method's parameters or results, or of a table's columns."""
    return {name: element_meta(name, vtype, dialect, writable, column=columns) for name, vtype in types.items()}


def element_meta(name: str, vtype: VType[Any], dialect: Dialect, writable: bool, *, column: bool) -> dict[str, Any]:
    """One element's meta: its description, label and tags are those of its type."""
    return meta_of(
        vtype,
        dialect,
        description=vtype.description,
        tags=vtype.tags,
        writable=writable,
        writeable=writable,
        label=vtype.label or ("" if column else label_of(name)),
        column=column,
    )


def display_of(vtype: VType[Any], dialect: Dialect) -> dict[str, Any]:
    """How to show a number: limits are 0 and 0 when there are none. Ours says no precision (null) for none."""
    numeric: Any = vtype.element if isinstance(vtype, VArray) else vtype
    low, high = numeric.display or (None, None)
    precision = numeric.precision
    if precision is None and not dialect.ours:
        precision = _FLOAT_PRECISION if str(vtype.dtype).startswith("float") else 0
    return {
        "typeid": typeids.DISPLAY,
        "limitLow": _limit(low),
        "limitHigh": _limit(high),
        "description": "",
        "precision": None if precision is None else min(max(int(precision), 0), _MOST_PRECISION),
        "units": numeric.units,
    }


def _limit(value: float | None) -> float:
    return float(value) if value is not None and isfinite(value) else 0.0


def _ours(vtype: VType[Any]) -> dict[str, Any]:
    """What only our subprotocols say: ranges as [low, high] with null for an open end, shapes of arrays."""
    members: dict[str, Any] = {}
    if isinstance(vtype, VArray):
        members["ndim"] = vtype.ndim
        if vtype.shape is not None:
            members["shape"] = list(vtype.shape)
    if kind_of(vtype) == "number":
        numeric: Any = vtype.element if isinstance(vtype, VArray) else vtype
        for name in ("control", "warning", "alarm"):
            limits = getattr(numeric, name)
            if limits is not None and tuple(limits) != (None, None):
                members[name] = [_end(limit) for limit in limits]
    return members


def _end(limit: float | None) -> float | int | None:
    return limit if limit is not None and isfinite(limit) else None


def _enum(vtype: VType[Any]) -> VEnum[Any]:
    found = vtype.element if isinstance(vtype, VArray) else vtype
    if not isinstance(found, VEnum):
        raise TypeError(f"expected an enum, got {vtype.name}")
    return found


def _inner(vtype: VType[Any], dialect: Dialect) -> Mapping[str, VType[Any]] | None:
    if isinstance(vtype, VTable):
        return vtype.columns
    if isinstance(vtype, VMap):
        return vtype.fields if dialect.ours else {name: _column(field) for name, field in vtype.fields.items()}
    return None


def _column(field: VType[Any]) -> VType[Any]:
    """A map's field as the column of the one row that a map is to strict clients."""
    if isinstance(field, VArray):
        return field
    return VArray(field, description=field.description, label=field.label, tags=field.tags)
