"""Values, times and alarms as people read them: short, on one line, and with nothing in it that moves a cursor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from itertools import islice
from typing import Any

import numpy as np

from .alarm import Alarm, Severity
from .arrays import VArray
from .base import VType
from .mappings import Table
from .numbers import VNumber
from .simple import VBool

__all__ = ["ICONS", "alarm_text", "clean", "number_text", "precise", "time_text", "value_text"]

ICONS = {Severity.NONE: "", Severity.MINOR: "▲", Severity.MAJOR: "■", Severity.INVALID: "?"}
NOTHING = "\N{EN DASH}"
TIMES = " \N{MULTIPLICATION SIGN} "
MOST = 1e16
"""From here on a double has no digits behind the point, and those before it are noise."""


def value_text(vtype: VType[Any], value: Any, room: int = 60) -> str:
    """A value in about `room` characters; numbers with their precision, arrays by what they begin with."""
    if value is None:
        return NOTHING
    if isinstance(value, np.ndarray):
        return _array(vtype, value, room)
    if isinstance(value, Enum):
        return clean(value.value if isinstance(value.value, str) else value.name, room)
    if isinstance(value, Table):
        rows = len(next(iter(value.values()), ()))
        return clean(f"{rows} row{'' if rows == 1 else 's'} of {', '.join(value)}", room)
    if isinstance(value, tuple | list):
        return _items([clean(str(item), 40) for item in islice(value, room // 2)], len(value), room)
    if isinstance(vtype, VBool) or isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return number_text(vtype, value)
    if isinstance(value, Mapping):
        return clean(json.dumps(dict(value), default=str), room)
    return clean(str(value), room)


def number_text(vtype: VType[Any], value: int | float) -> str:
    """A number with as many digits behind the point as its type has, else with those that it needs."""
    exact = precise(vtype, value)
    if exact is not None:
        return exact
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def precise(vtype: VType[Any], value: object) -> str | None:
    """A float with as many digits behind the point as its type has; None for all else, which has no such digits."""
    precision = vtype.precision if isinstance(vtype, VNumber) else None
    if precision is None or not isinstance(value, float) or not abs(value) < MOST:
        return None
    return f"{value:z.{precision}f}"  # z: never -0.000


def _array(vtype: VType[Any], value: np.ndarray[Any, Any], room: int) -> str:
    element: VType[Any] = vtype.element if isinstance(vtype, VArray) else vtype
    if value.ndim != 1:
        return f"{TIMES.join(map(str, value.shape))} {value.dtype}{_range(element, value)}"
    return _items([value_text(element, item) for item in value[: room // 2].tolist()], len(value), room)


def _range(element: VType[Any], value: np.ndarray[Any, Any]) -> str:
    if value.size == 0 or value.dtype.kind not in "iuf":
        return ""
    low, high = value.min().item(), value.max().item()
    return f", {number_text(element, low)} to {number_text(element, high)}"


def _items(items: list[str], count: int, room: int) -> str:
    """[1, 2, 3], or [1, 2, …] (1000) for what is longer than there is room."""
    whole = f"[{', '.join(items)}]"
    if len(items) == count and len(whole) <= room:
        return whole
    end = f", …] ({count})"
    shown = ""
    for item in items:
        longer = f"{shown}, {item}" if shown else item
        if shown and len(longer) + len(end) + 1 > room:
            break
        shown = longer
    return f"[{shown}{end}"


def clean(text: str, room: int | None = None) -> str:
    """Text on one line that sends the terminal no commands, cut to `room` characters."""
    if not text.isprintable():
        text = text.replace("\N{NO-BREAK SPACE}", " ")
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if room is None or len(text) <= room else text[: max(1, room - 1)] + "…"


def alarm_text(alarm: Alarm) -> str:
    """ "MINOR: above warning limit 5 mm"; "" for none."""
    if alarm.severity is Severity.NONE:
        return ""
    return f"{alarm.severity.name}: {clean(alarm.message)}" if alarm.message else alarm.severity.name


def time_text(nanoseconds: int, date: bool = False) -> str:
    """14:03:07.125, in the time of who reads it, with the date where that is asked for; "" for one never set."""
    if not nanoseconds:
        return ""
    try:
        when = datetime.fromtimestamp(nanoseconds // 1_000_000_000)
    except (OverflowError, ValueError, OSError):  # a clock that was never right
        return f"{nanoseconds} ns"
    return f"{when:{'%Y-%m-%d ' if date else ''}%H:%M:%S}.{nanoseconds // 1_000_000 % 1000:03d}"
