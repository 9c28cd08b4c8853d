"""Values, ages and rates in the few columns that a table has for them; only what is shown of a value is made text."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

from ..values import Table, VArray, VMap, VType
from .output import plain
from .remote import value_of

__all__ = ["age", "brief", "printable", "rate"]

_AGES = ((60, 1, "s"), (3600, 60, "min"), (48 * 3600, 3600, "h"))


def brief(vtype: VType[Any], value: Any, room: int) -> str:
    """A value on one line of about `room` characters; long arrays by what they begin with and how long they are."""
    if value is None:  # it was never known
        return ""
    if isinstance(value, np.ndarray) and value.ndim != 1:
        return f"{' x '.join(map(str, value.shape))} {value.dtype}"
    if isinstance(value, Table):
        rows = len(next(iter(value.values()), ()))
        return printable(f"{rows} row{'' if rows == 1 else 's'}: {', '.join(value)}")
    if isinstance(value, np.ndarray | tuple):
        return _listed(vtype, value, room)
    if isinstance(value, str):
        return printable(value[: room + 1])  # that it is longer shows when the table cuts it
    if isinstance(vtype, VMap):
        parts = islice(vtype.fields.items(), room // 3 + 1)
        return printable(f"{{{', '.join(f'{name}: {brief(part, value[name], room)}' for name, part in parts)}}}")
    return printable(plain(value_of(vtype, value, "text")))


def _listed(vtype: VType[Any], value: Any, room: int) -> str:
    """The first elements, and how many there are unless these are all."""
    element = vtype.element if isinstance(vtype, VArray) else vtype
    first = value[: room // 3 + 1]
    first = first.tolist() if isinstance(first, np.ndarray) else first
    items = [printable(plain(value_of(element, item, "text"))) for item in first]
    whole = f"[{', '.join(items)}]"
    if len(items) == len(value) and len(whole) <= room:
        return whole
    end = f", …] ({len(value)})"
    shown = ""
    for item in items:
        longer = f"{shown}, {item}" if shown else item
        if shown and len(longer) + len(end) + 1 > room:
            break
        shown = longer
    return f"[{shown}{end}"


def printable(text: str) -> str:
    """Text that moves no cursor and sends the terminal no commands."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def age(seconds: float) -> str:
    """How long ago, in one unit: "now", "12 s", "3 min", "5 h", "9 d"."""
    if seconds < 1:
        return "now"
    for least, unit, name in _AGES:
        if seconds < least:
            return f"{int(seconds // unit)} {name}"
    return f"{int(seconds // 86400)} d"


def rate(per_second: float) -> str:
    """Changes a second; nothing when there are none."""
    if not per_second:
        return ""
    return f"{per_second:.1f}/s" if per_second < 10 else f"{per_second:.0f}/s"
