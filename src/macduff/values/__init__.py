"""Types of values, and what belongs to a value: metadata, verdict, alarm, time stamp, JSON and binary forms."""

from __future__ import annotations

from .alarm import NO_ALARM, Alarm, AlarmStatus, Reading, Severity
from .annotations import vtype_of
from .arrays import VArray
from .base import VType
from .composite import VMap, VTable
from .enums import VEnum
from .equality import values_equal
from .history import History
from .mappings import FrozenMap, Table
from .numbers import VDouble, VFloat, VInt, VNumber
from .refusal import refuse, shown
from .simple import VAction, VBool, VString

__all__ = [
    "NO_ALARM", "Alarm", "AlarmStatus", "FrozenMap", "History", "Reading", "Severity", "Table", "VAction", "VArray",
    "VBool", "VDouble", "VEnum", "VFloat", "VInt", "VMap", "VNumber", "VString", "VTable", "VType", "refuse", "shown",
    "values_equal", "vtype_of",
]  # fmt: skip
