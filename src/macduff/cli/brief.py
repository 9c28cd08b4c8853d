"""Values, ages and rates in the few columns that a table has for them."""

from __future__ import annotations

from typing import Any

from ..values import VType
from ..values.text import clean, value_text
from .output import plain

__all__ = ["age", "brief", "clean", "rate"]

_AGES = ((60, 1, "s"), (3600, 60, "min"), (48 * 3600, 3600, "h"))


def brief(vtype: VType[Any], value: Any, room: int) -> str:
    """A value on one line of about `room` characters, as the shell shows it; switches as they are typed here."""
    if value is None:  # it was never known
        return ""
    if isinstance(value, str):
        value = value[: room + 1]  # a long one is not looked at ten times a second
    return plain(value) if isinstance(value, bool) else value_text(vtype, value, room)


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
