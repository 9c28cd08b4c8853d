"""The metadata that a PV of PVAccess tells with its values, and the type for a PV that nobody declared."""

from __future__ import annotations

import math
import re
from typing import Any

from ...errors import BadValue
from ...values import VArray, VBool, VDouble, VEnum, VFloat, VInt, VMap, VString, VTable, VType
from ..facts import Facts, Pair, unique_labels
from .native import DTYPES, Native

__all__ = ["facts_of", "vtype_for"]

_SCALARS: dict[str, VType[Any]] = {
    "?": VBool(), "s": VString(), "f": VFloat(), "d": VDouble(),
    "b": VInt(8), "h": VInt(16), "i": VInt(32), "l": VInt(64),
    "B": VInt(8, False), "H": VInt(16, False), "I": VInt(32, False), "L": VInt(64, False),
}  # fmt: skip
_FORMAT = re.compile(r"%[-+ 0#]*\d*\.(\d+)[eEfFgG]|[FEGfeg](\d+)")
"""A printf format, or the older F4."""


def vtype_for(native: Native) -> VType[Any]:
    """The type that holds all that the PV can hold."""
    if native.kind == "scalar":
        return _SCALARS[native.code]
    if native.kind == "enum":
        return VEnum(unique_labels(list(native.labels)))
    if native.kind == "array":
        return VArray(_SCALARS[native.code])
    if native.kind == "image":
        return VArray(DTYPES[native.code], ndim=native.ndim)
    try:
        if native.kind == "table":
            return VTable({name: VArray(_SCALARS[code]) for name, code in native.members.items()})
        return VMap({name: _member(code) for name, code in native.members.items()})
    except (TypeError, ValueError) as error:
        raise BadValue(f"{native}: expected names and types that a {native.kind} can have: {error}") from None


def _member(code: str) -> VType[Any]:
    return VArray(_SCALARS[code[1:]]) if code.startswith("a") else _SCALARS[code]


def facts_of(value: Any, native: Native) -> Facts:
    """What a value's structure says besides the value."""
    if native.kind == "enum":
        return Facts(labels=unique_labels(list(value["value.choices"])))
    get = value.get
    return Facts(
        units=_clean(get("display.units", "")),
        precision=_precision(value) if native.code in ("f", "d") else None,
        display=_limits(get("display.limitLow", 0.0), get("display.limitHigh", 0.0), native),
        control=_limits(get("control.limitLow", 0.0), get("control.limitHigh", 0.0), native),
        warning=_alarm_pair(value, "Warning"),
        alarm=_alarm_pair(value, "Alarm"),
    )


def _precision(value: Any) -> int | None:
    """A precision of 0 tells nothing: servers that were told none have it."""
    precision = value.get("display.precision", 0)
    if not precision:
        found = _FORMAT.fullmatch(value.get("display.format", ""))
        precision = int(found[1] or found[2]) if found is not None else 0
    return int(precision) if 0 < precision <= 30 else None


def _clean(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


def _limits(low: float, high: float, native: Native) -> Pair | None:
    """An end of integers that is as far as they reach is open: they have no infinity to say so."""
    whole = _SCALARS.get(native.code)
    if isinstance(whole, VInt) and low < high:
        low = -math.inf if low <= whole.minimum else low
        high = math.inf if high >= whole.maximum else high
    return _pair(low, high)


def _pair(low: float, high: float) -> Pair | None:
    """Limits as a pair; an end that is no number is open, and both 0, or the wrong way round, means none."""
    bottom = float(low) if math.isfinite(low) else None
    top = float(high) if math.isfinite(high) else None
    if (bottom is None and top is None) or (bottom is not None and top is not None and bottom >= top):
        return None
    return bottom, top


def _alarm_pair(value: Any, what: str) -> Pair | None:
    """Alarm limits; an end that raises no severity, while others do, is open. Few servers set `active`."""
    get = value.get
    severities = [get(f"valueAlarm.{end}{kind}Severity", 0) for end in ("low", "high") for kind in ("Warning", "Alarm")]
    ends = []
    for end in ("low", "high"):
        limit = float(get(f"valueAlarm.{end}{what}Limit", math.nan))
        silent = any(severities) and not get(f"valueAlarm.{end}{what}Severity", 0)
        ends.append(math.nan if silent else limit)
    return _pair(*ends)
