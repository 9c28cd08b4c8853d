"""The fields of a record that shows an attribute or a method; all are read, none is put."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from macduff.convert.ca.dbr import CONDITIONS
from macduff.values import (
    VArray,
    VBool,
    VDouble,
    VEnum,
    VInt,
    VMap,
    VNumber,
    VString,
    VTable,
    VType,
)

from .record import Field, Fields, Record

__all__ = ["MENU_SEVERITY", "TEXT", "described", "record_type"]

TEXT = VString()
SHORT = VInt(16)
LONG = VInt(32)
MENU_SEVERITY = VEnum(["NO_ALARM", "MINOR", "MAJOR", "INVALID"])
MENU_CONDITION = VEnum(CONDITIONS)

_STATES = (
    "ZR", "ON", "TW", "TH", "FR", "FV", "SX", "SV", "EI", "NI", "TE", "EL", "TV", "TT", "FT", "FF",
)  # fmt: skip
_LIMITS = {
    "HOPR": ("display", 1), "LOPR": ("display", 0), "DRVH": ("control", 1), "DRVL": ("control", 0),
    "HIHI": ("alarm", 1), "HIGH": ("warning", 1), "LOW": ("warning", 0), "LOLO": ("alarm", 0),
}  # fmt: skip
_SEVERITIES = {
    "HHSV": ("alarm", 1, "MAJOR"), "HSV": ("warning", 1, "MINOR"), "LSV": ("warning", 0, "MINOR"),
    "LLSV": ("alarm", 0, "MAJOR"),
}  # fmt: skip

Getter = tuple[VType[Any], Callable[[Record], Any]]
_ALL: dict[str, Getter] = {
    "NAME": (TEXT, lambda record: record.name),
    "RTYP": (TEXT, lambda record: record.main.rtyp),
    "STAT": (MENU_CONDITION, lambda record: CONDITIONS[record.main.condition]),
    "SEVR": (MENU_SEVERITY, lambda record: MENU_SEVERITY.labels[record.main.alarm.severity]),
    "AMSG": (TEXT, lambda record: record.main.alarm.message),
}


def described(
    description: Callable[[], str], parts: Mapping[str, VType[Any]] | None = None
) -> Callable[[Record], Fields]:
    """The fields of a record. parts: the columns of a table or the members of a map, each a field too."""

    def of_record(record: Record) -> Fields:
        def field(name: str) -> Field | None:
            if parts is not None and name in parts:
                return Field(parts[name], lambda: record.main.value[name])
            if name == "DESC":
                return Field(TEXT, description)
            getter = _ALL.get(name) or _of_type(record.vtype, name)
            if getter is None:
                return None
            vtype, value = getter
            return Field(vtype, lambda: value(record))

        return field

    return of_record


def _of_type(vtype: VType[Any], name: str) -> Getter | None:
    if isinstance(vtype, VArray):
        if name == "NELM":
            return LONG, lambda record: record.main.form.count
        if name == "NORD":
            return LONG, lambda record: _size(record.main.value)
    if isinstance(vtype, VBool) and name in ("ZNAM", "ONAM"):
        return TEXT, lambda record: record.main.form.labels[name == "ONAM"]
    if isinstance(vtype, VEnum) and name[2:] == "ST" and name[:2] in _STATES:
        return TEXT, lambda record: _label(record.vtype, _STATES.index(name[:2]))
    if isinstance(vtype, (VNumber, VArray)) and hasattr(vtype, "units"):
        return _of_number(vtype, name)
    return None


def _of_number(vtype: VType[Any], name: str) -> Getter | None:
    if name == "EGU":
        return TEXT, lambda record: getattr(record.vtype, "units", "")
    if name == "PREC":
        return SHORT, lambda record: getattr(record.vtype, "precision", None) or 0
    element = vtype.element if isinstance(vtype, VArray) else vtype
    if not isinstance(element, VNumber):
        return None
    if name in _LIMITS:
        pair, end = _LIMITS[name]
        plain = VDouble(units=element.units, precision=element.precision) if element.python_type is float else element
        return plain, lambda record: _limit(record.vtype, pair, end)
    if name in _SEVERITIES:
        pair, end, severity = _SEVERITIES[name]
        return MENU_SEVERITY, lambda record: severity if _end(record.vtype, pair, end) is not None else "NO_ALARM"
    return None


def _end(vtype: VType[Any], pair: str, end: int) -> Any:
    ends = getattr(vtype, pair, None)
    if ends is None and pair == "display":
        ends = getattr(vtype, "control", None)
    return None if ends is None else ends[end]


def _limit(vtype: VType[Any], pair: str, end: int) -> Any:
    """One limit; 0 or, for an alarm, NaN where there is none; as far as the type goes where this end alone is open."""
    limit = _end(vtype, pair, end)
    if limit is not None:
        return limit
    element = vtype.element if isinstance(vtype, VArray) else vtype
    is_open = _end(vtype, pair, 1 - end) is not None
    if isinstance(element, VInt):
        return (element.minimum, element.maximum)[end] if is_open else 0
    if pair in ("alarm", "warning"):
        return math.nan
    return (-math.inf, math.inf)[end] if is_open else 0.0


def _size(value: Any) -> int:
    return int(getattr(value, "size", None) or len(value))


def _label(vtype: VType[Any], index: int) -> str:
    labels = vtype.labels if isinstance(vtype, VEnum) else ()
    return labels[index] if index < len(labels) else ""


_RECORDS: Iterable[tuple[type[VType[Any]], str, str]] = (
    (VBool, "bi", "bo"), (VEnum, "mbbi", "mbbo"), (VString, "lsi", "lso"), (VArray, "waveform", "waveform"),
    (VTable, "lsi", "lso"), (VMap, "lsi", "lso"), (VNumber, "ai", "ao"),
)  # fmt: skip


def record_type(vtype: VType[Any], writable: bool) -> str:
    """The record type (.RTYP) of EPICS that is most like it."""
    if isinstance(vtype, VInt):
        name = "int64" if vtype.bits == 64 or (vtype.bits == 32 and not vtype.signed) else "long"
        return name + ("out" if writable else "in")
    for kind, shown, put in _RECORDS:
        if isinstance(vtype, kind):
            return put if writable else shown
    return "bo"
