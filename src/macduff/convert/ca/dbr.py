"""How Channel Access lays out a value: the types of its wire (DBR), their headers, alarm conditions, time, metadata.

A DBR type is a kind (string, short, float, enum, char, long, double) in a flavour that says what goes before the value:
nothing (PLAIN), alarm (STS), alarm and time (TIME), alarm and metadata (GR, CTRL). Everything is big endian.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

from macduff.values import Alarm, AlarmStatus, VType

__all__ = [
    "CHAR", "CONDITIONS", "CTRL", "DOUBLE", "ENUM", "FLOAT", "GR", "LONG", "PLAIN", "SHORT", "SIZES", "STRING", "STS",
    "TIME", "Facts", "condition_of", "cut", "facts_of", "header",
]  # fmt: skip

STRING, SHORT, FLOAT, ENUM, CHAR, LONG, DOUBLE = range(7)
PLAIN, STS, TIME, GR, CTRL = range(5)
SIZES = (40, 2, 4, 2, 1, 4, 8)
"""Bytes of one element, by kind."""

CONDITIONS = (
    "NO_ALARM", "READ", "WRITE", "HIHI", "HIGH", "LOLO", "LOW", "STATE", "COS", "COMM", "TIMEOUT", "HWLIMIT", "CALC",
    "SCAN", "LINK", "SOFT", "BAD_SUB", "UDF", "DISABLE", "SIMM", "READ_ACCESS", "WRITE_ACCESS",
)  # fmt: skip
"""EPICS's alarm conditions (.STAT), in their order."""

_NUMBERS = {name: number for number, name in enumerate(CONDITIONS)}
# One that EPICS's own servers give the same status over PVAccess, so that it comes back as it went.
_OF_STATUS = {
    AlarmStatus.NONE: "NO_ALARM", AlarmStatus.DEVICE: "STATE", AlarmStatus.DRIVER: "COMM", AlarmStatus.RECORD: "SOFT",
    AlarmStatus.DB: "DISABLE", AlarmStatus.CONF: "SOFT", AlarmStatus.UNDEFINED: "UDF", AlarmStatus.CLIENT: "SOFT",
}  # fmt: skip
_SIDES = {
    "above alarm": "HIHI", "above warning": "HIGH", "below alarm": "LOLO", "below warning": "LOW",
}  # fmt: skip
_EPOCH = 631152000
"""Seconds from 1970 to 1990, where EPICS begins to count."""
_BILLION = 1_000_000_000

_STATUS = struct.Struct(">HH")
_STAMPED = struct.Struct(">HHII")
_STS_PAD = (b"", b"", b"", b"", b"\0", b"", b"\0" * 4)
_TIME_PAD = (b"", b"\0" * 2, b"", b"\0" * 2, b"\0" * 3, b"", b"\0" * 4)
_LIMITS = {SHORT: "h", FLOAT: "f", CHAR: "B", LONG: "i", DOUBLE: "d"}
_RANGES = {SHORT: (-(2**15), 2**15 - 1), CHAR: (0, 255), LONG: (-(2**31), 2**31 - 1)}
_MOST_FLOAT = float.fromhex("0x1.fffffep+127")
_STATES, _STATE = 16, 26

End = float | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a PV tells of itself; (None, None) and "" where there is nothing to tell."""

    units: str = ""
    precision: int | None = None
    display: tuple[End, End] = (None, None)
    control: tuple[End, End] = (None, None)
    warning: tuple[End, End] = (None, None)
    alarm: tuple[End, End] = (None, None)
    labels: tuple[str, ...] = ()


def facts_of(vtype: VType[Any], labels: tuple[str, ...] = ()) -> Facts:
    """The metadata of a number or of an array of them; others have labels at most."""
    nothing = (None, None)
    return Facts(
        getattr(vtype, "units", ""),
        getattr(vtype, "precision", None),
        getattr(vtype, "display", None) or getattr(vtype, "control", None) or nothing,
        getattr(vtype, "control", None) or nothing,
        getattr(vtype, "warning", None) or nothing,
        getattr(vtype, "alarm", None) or nothing,
        labels,
    )


def condition_of(alarm: Alarm) -> int:
    """The alarm condition: HIHI, HIGH, LOW, LOLO for a value beyond its limits, else what fits the status best."""
    if alarm.severity == 0 and alarm.status == 0:
        return 0
    if alarm.status is AlarmStatus.RECORD:
        side = " ".join(alarm.message.split(" ", 2)[:2])
        return _NUMBERS[_SIDES.get(side, "SOFT")]
    return _NUMBERS[_OF_STATUS[alarm.status]]


def cut(text: str, most: int) -> bytes:
    """Text as UTF-8 in at most so many bytes, no character torn; "..." at the end says that there was more."""
    data = text.encode()
    whole = data.split(b"\0", 1)[0]
    if len(whole) == len(data) <= most:
        return data
    if most < 4:
        return whole[:most]
    return whole[: most - 3].decode(errors="ignore").encode() + b"..."


def header(flavour: int, kind: int, condition: int, severity: int, time: int, facts: Facts) -> bytes:
    """What goes before the value. time: ns since 1970; before 1990 there is none in EPICS, so it is 1990."""
    if flavour == PLAIN:
        return b""
    if flavour == TIME:
        seconds, nanoseconds = divmod(time, _BILLION)
        if not 0 <= (since := seconds - _EPOCH) < 1 << 32:
            since = nanoseconds = 0
        return _STAMPED.pack(condition, severity, since, nanoseconds) + _TIME_PAD[kind]
    status = _STATUS.pack(condition, severity)
    if flavour == STS or kind == STRING:
        return status + _STS_PAD[kind]
    if kind == ENUM:
        states = facts.labels[:_STATES]
        texts = [cut(label, _STATE - 1).ljust(_STATE, b"\0") for label in states]
        return status + struct.pack(">H", len(states)) + b"".join(texts).ljust(_STATES * _STATE, b"\0")
    head = status
    if kind in (FLOAT, DOUBLE):
        head += struct.pack(">hxx", facts.precision or 0)
    limits = _limits(kind, facts)[: 6 if flavour == GR else 8]
    units = _units(facts.units)
    tail = b"\0" if kind == CHAR else b""
    return head + units + struct.pack(f">{len(limits)}{_LIMITS[kind]}", *limits) + tail


def _units(text: str) -> bytes:
    """Eight bytes, the last 0; longer units are whole in .EGU."""
    data = text.encode()
    while len(data) > 7:
        text = text[:-1]
        data = text.encode()
    return data.ljust(8, b"\0")


def _limits(kind: int, facts: Facts) -> list[float]:
    """Upper and lower: display, alarm and warning between, control. 0 and 0 says that there are none.

    Where one end alone is open, it is infinite, or as far as the kind goes; alarm limits that are not there are NaN,
    as EPICS's own servers say it.
    """
    low, high = _RANGES.get(kind, (-math.inf, math.inf))

    def pair(ends: tuple[End, End], missing: float, open_low: float, open_high: float) -> tuple[float, float]:
        if ends == (None, None):
            return missing, missing
        return open_low if ends[0] is None else ends[0], open_high if ends[1] is None else ends[1]

    nothing = math.nan if kind in (FLOAT, DOUBLE) else 0
    of_alarm = (nothing, nothing, nothing) if kind in (FLOAT, DOUBLE) else (nothing, low, high)
    lower_display, upper_display = pair(facts.display, 0, low, high)
    lower_alarm, upper_alarm = pair(facts.alarm, *of_alarm)
    lower_warning, upper_warning = pair(facts.warning, *of_alarm)
    lower_control, upper_control = pair(facts.control, 0, low, high)
    limits = [
        upper_display, lower_display, upper_alarm, upper_warning, lower_warning, lower_alarm, upper_control,
        lower_control,
    ]  # fmt: skip
    if kind in _RANGES:
        return [round(min(max(limit, low), high)) for limit in limits]
    if kind == FLOAT:
        return [limit if not abs(limit) > _MOST_FLOAT else math.copysign(math.inf, limit) for limit in limits]
    return limits
