"""What an alarm is, and a reading: a value with its alarm, time stamp and sequence."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

__all__ = ["NO_ALARM", "Alarm", "AlarmStatus", "Reading", "Severity"]


class Severity(IntEnum):
    """How bad it is; INVALID says that the value itself cannot be trusted."""

    NONE = 0
    MINOR = 1
    MAJOR = 2
    INVALID = 3


class AlarmStatus(IntEnum):
    """Where an alarm comes from, as in EPICS normative types."""

    NONE = 0
    DEVICE = 1
    DRIVER = 2
    RECORD = 3
    DB = 4
    CONF = 5
    UNDEFINED = 6
    CLIENT = 7


class Alarm(NamedTuple):
    """Severity, status and a sentence for people; immutable."""

    severity: Severity = Severity.NONE
    status: AlarmStatus = AlarmStatus.NONE
    message: str = ""


NO_ALARM = Alarm()


class Reading(NamedTuple):
    """A value as it was at one moment, immutable.

    time: nanoseconds since the UNIX epoch, of the value's source. sequence: its place in the device's changes.
    """

    value: Any
    alarm: Alarm
    time: int
    sequence: int
