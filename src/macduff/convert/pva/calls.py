"""Calls by PVAccess: the arguments in an NTURI, and a result as a normative type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from macduff.errors import BadValue
from macduff.values import NO_ALARM, VArray, VBool, VEnum, VMap, VNumber, VString, VTable, VType

from ..names import pva_members
from .cells import cell_of, shaped
from .forms import form_of, put_alarm
from .types import MAP

__all__ = ["arguments_of", "result_of"]


def arguments_of(takes: Mapping[str, VType[Any]], request: Any, where: str) -> dict[str, Any]:
    """The arguments by name: the fields of an NTURI's `query`, or of the whole where there is no query. Names that the
    method does not know are left in, for it to refuse. BadValue for what cannot be any argument.
    """
    is_uri = request.getID().startswith("epics:nt/NTURI:")
    if is_uri or "query" not in takes:
        query = request.get("query")
        if hasattr(query, "keys"):
            request = query
        elif is_uri:
            return {}
    ours = {theirs: name for name, theirs in pva_members(takes).items()}
    fields: list[str] = request.keys()
    given = {ours.get(field, field): request[field] for field in fields}
    return {name: _argument(takes.get(name), raw, f"{where}({name})") for name, raw in given.items()}


def _argument(vtype: VType[Any] | None, raw: Any, where: str) -> Any:
    if hasattr(raw, "getID"):
        raw = _inner(vtype, raw, where)
    if vtype is None or (raw is None and not isinstance(vtype, VArray)):  # an array without elements is None, too
        return raw
    if isinstance(raw, str) and not isinstance(vtype, VString | VEnum):
        return _of_text(vtype, raw, where)
    return cell_of(vtype).back(raw, None, where)


def _inner(vtype: VType[Any] | None, raw: Any, where: str) -> Any:
    """The value of an argument that is itself a normative type."""
    typeid, fields = raw.getID(), raw.keys()
    if typeid.startswith("epics:nt/NTNDArray:"):
        return _image(vtype, raw, where)
    if typeid.startswith("epics:nt/NTEnum:"):
        index, choices = raw.get("value.index"), raw.get("value.choices")
        return choices[index] if isinstance(choices, list) and 0 <= index < len(choices) else index
    if typeid.startswith("epics:nt/") or typeid == MAP:
        return raw.get("value", raw)
    members = vtype.fields if isinstance(vtype, VMap) else vtype.columns if isinstance(vtype, VTable) else ()
    if "value" in fields and "value" not in members and "shape" not in fields:
        return raw["value"]
    return raw


def _image(vtype: VType[Any] | None, raw: Any, where: str) -> Any:
    dimensions = raw.get("dimension")
    if not isinstance(dimensions, list) or not all(hasattr(dimension, "get") for dimension in dimensions):
        raise BadValue.of(where, "an NTNDArray with dimensions", dimensions)
    sizes = [dimension.get("size") for dimension in reversed(dimensions)]
    return shaped(raw.get("value"), sizes, where, getattr(vtype, "numpy_dtype", None))


def _of_text(vtype: VType[Any], text: str, where: str) -> Any:
    """Command lines send text for everything: numbers and bools as JSON writes them, arrays and the like in JSON."""
    text = text.strip()
    if isinstance(vtype, VBool):
        return {"true": True, "false": False, "1": True, "0": False}.get(text.lower(), text)
    if isinstance(vtype, VNumber):
        return vtype.from_json(text, where, numeric_strings=True)
    if isinstance(vtype, VArray | VTable | VMap):
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            raise BadValue.of(where, f"{vtype.name} in JSON", text) from None
        return vtype.from_json(data, where)
    return text


def result_of(returns: Mapping[str, VType[Any]], value: Any, time: int) -> Any:
    """What a method returned, as a p4p Value: nothing, one normative type, or a structure of several results."""
    if not returns:
        return None
    single = list(returns) == ["return"]
    vtype: VType[Any] = returns["return"] if single else VMap(returns)
    form = form_of(vtype)
    result = form.type()
    for path, item in form.facts(vtype.description).items():
        result[path] = item
    form.fill(result, value)
    form.stamp(result, time, 0)
    put_alarm(result, NO_ALARM)
    return result
