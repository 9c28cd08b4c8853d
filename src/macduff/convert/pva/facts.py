"""What a PV tells of its value: units, precision, limits, description; as members by path."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from macduff.values import VType

__all__ = ["facts_of", "number_facts"]

_FORMS = ["Default", "String", "Binary", "Decimal", "Hex", "Exponential", "Engineering"]
_MINOR, _MAJOR = 1, 2

Facts = dict[str, Any]
Pair = tuple[float | None, float | None]


def facts_of(vtype: VType[Any], code: str, description: str) -> Facts:
    """The members besides value, alarm and time of a scalar or an array of scalars."""
    facts: Facts = {"display.description": description, "display.units": getattr(vtype, "units", "")}
    return facts if code in "?s" else facts | number_facts(vtype, code)


def number_facts(vtype: Any, code: str) -> Facts:
    """Of numbers. No limits: both ends 0, as in EPICS. An open end: the type's own, or infinity."""
    facts: Facts = {"display.precision": vtype.precision or 0, "display.form.choices": _FORMS}
    for name, pair in (("display", vtype.display), ("control", vtype.control)):
        low, high = (0, 0) if pair is None else pair
        facts[f"{name}.limitLow"] = _end(low, vtype.dtype, True)
        facts[f"{name}.limitHigh"] = _end(high, vtype.dtype, False)
    facts["valueAlarm.active"] = vtype.warning is not None or vtype.alarm is not None
    for name, pair, severity in (("Warning", vtype.warning, _MINOR), ("Alarm", vtype.alarm, _MAJOR)):
        low, high = pair or (None, None)
        facts |= _alarm_end(f"low{name}", low, vtype.dtype, True, severity)
        facts |= _alarm_end(f"high{name}", high, vtype.dtype, False, severity)
    return facts


def _alarm_end(name: str, end: float | None, dtype: str, lower: bool, severity: int) -> Facts:
    """An open end raises nothing; its limit is NaN where there is one."""
    if end is None:
        limit: float = math.nan if dtype.startswith("float") else 0
    else:
        limit = _end(end, dtype, lower)
    return {f"valueAlarm.{name}Limit": limit, f"valueAlarm.{name}Severity": 0 if end is None else severity}


def _end(end: float | None, dtype: str, lower: bool) -> float:
    """One end as a number of the type: of integers the innermost that is allowed."""
    if dtype.startswith("float"):
        return (-math.inf if lower else math.inf) if end is None else float(end)
    info = np.iinfo(dtype)
    if end is None:
        return int(info.min) if lower else int(info.max)
    inner = math.ceil(end) if lower else math.floor(end)
    return max(int(info.min), min(int(info.max), inner))
