"""Numbers for people: with as many digits behind the point as their type has."""

from __future__ import annotations

import json
from typing import Any

from ..values import VArray, VMap, VNumber, VTable, VType
from ..values.text import precise

__all__ = ["rounded"]


def rounded(vtype: VType[Any], data: Any) -> Any:
    """Plain data of that type, as text where its numbers have a precision; else as it is."""
    return _text(vtype, data) if _is_precise(vtype) and not isinstance(data, str) else data


def _is_precise(vtype: VType[Any]) -> bool:
    if isinstance(vtype, VNumber):
        return vtype.precision is not None and vtype.python_type is float
    return any(map(_is_precise, _parts(vtype).values()))


def _parts(vtype: VType[Any]) -> dict[str, VType[Any]]:
    if isinstance(vtype, VArray):
        return {"": vtype.element}
    return dict(vtype.columns if isinstance(vtype, VTable) else vtype.fields if isinstance(vtype, VMap) else {})


def _text(vtype: VType[Any], data: Any) -> str:
    if isinstance(data, list):
        element = vtype.element if isinstance(vtype, VArray) else vtype
        return f"[{', '.join(_text(vtype if isinstance(item, list) else element, item) for item in data)}]"
    if isinstance(data, dict):
        parts = _parts(vtype)
        texts = (f"{json.dumps(name)}: {_text(parts.get(name, vtype), item)}" for name, item in data.items())
        return f"{{{', '.join(texts)}}}"
    exact = precise(vtype, data)
    return json.dumps(data) if exact is None else exact
