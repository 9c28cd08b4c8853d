"""What a PV is by itself: its type and length on the server, its labels, and what came with a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...values import Alarm, AlarmStatus, Severity

__all__ = ["CHAR", "DOUBLE", "ENUM", "FLOAT", "LONG", "SHORT", "STRING", "Native", "alarm_of", "time_of"]

STRING, SHORT, FLOAT, ENUM, CHAR, LONG, DOUBLE = range(7)
_NAMES = ("string", "short", "float", "enum", "char", "long", "double")
_EPOCH = 631152000
"""Seconds from 1970 to 1990, where EPICS begins to count."""

_DEVICE, _DRIVER, _RECORD, _DB = AlarmStatus.DEVICE, AlarmStatus.DRIVER, AlarmStatus.RECORD, AlarmStatus.DB
# EPICS's alarm conditions in their order, each with its place among the statuses of normative types, as QSRV has it.
_CONDITIONS = (
    ("", AlarmStatus.NONE), ("READ", _DEVICE), ("WRITE", _DEVICE), ("HIHI", _DEVICE), ("HIGH", _DEVICE),
    ("LOLO", _DEVICE), ("LOW", _DEVICE), ("STATE", _DEVICE), ("COS", _DEVICE), ("COMM", _DRIVER),
    ("TIMEOUT", _DRIVER), ("HWLIMIT", _DEVICE), ("CALC", _RECORD), ("SCAN", _RECORD), ("LINK", _RECORD),
    ("SOFT", _RECORD), ("BAD_SUB", _RECORD), ("UDF", _DRIVER), ("DISABLE", _DB), ("SIMM", _DB),
    ("READ_ACCESS", _DB), ("WRITE_ACCESS", _DB),
)  # fmt: skip


@dataclass(frozen=True)
class Native:
    """A PV as its server describes it. count: the most elements that it may have."""

    pv: str
    kind: int
    count: int
    labels: tuple[str, ...] = ()

    @property
    def text(self) -> bool:
        """Whether it is text: a string, or characters in an array."""
        return self.kind == STRING or (self.kind == CHAR and self.count > 1)

    def __str__(self) -> str:
        name = _NAMES[self.kind] if 0 <= self.kind < len(_NAMES) else "no access"
        return f"{self.pv} ({name}{'' if self.count == 1 else f' array of {self.count}'})"


def alarm_of(augmented: Any) -> Alarm:
    """The alarm of a value that came with one; the message is EPICS's word, such as HIHI."""
    severity, condition = int(augmented.severity), int(augmented.status)
    if severity == 0 and condition == 0:
        return Alarm()
    known = 0 <= condition < len(_CONDITIONS)
    word, status = _CONDITIONS[condition] if known else (f"condition {condition}", AlarmStatus.UNDEFINED)
    return Alarm(Severity(min(max(severity, 0), 3)), status, word)


def time_of(augmented: Any) -> int | None:
    """The server's time stamp in ns since 1970; None for a record that was never processed, which has none."""
    seconds, nanoseconds = augmented.raw_stamp
    if seconds == _EPOCH and nanoseconds == 0:
        return None
    return int(seconds) * 1_000_000_000 + int(nanoseconds)
