"""The type identifiers of the wire, in one place."""

from __future__ import annotations

from typing import Final

__all__ = [
    "ALARM", "ARRAY_SUFFIX", "BLOCK", "BLOCK_META", "BOOLEAN_META", "CHOICE_META", "DELTA", "DISPLAY", "ERROR", "GET",
    "MAP_META", "METHOD", "METHOD_LOG", "METHOD_META", "NT_ARRAY", "NT_MAP", "NT_SCALAR", "NT_TABLE", "NUMBER_META",
    "OUR_MAP_META", "POST", "PUT", "RETURN", "STRING_META", "SUBSCRIBE", "TABLE", "TABLE_META", "TIME",
    "UNSUBSCRIBE", "UPDATE", "array_meta",
]  # fmt: skip

GET: Final = "malcolm:core/Get:1.0"
PUT: Final = "malcolm:core/Put:1.0"
POST: Final = "malcolm:core/Post:1.0"
SUBSCRIBE: Final = "malcolm:core/Subscribe:1.0"
UNSUBSCRIBE: Final = "malcolm:core/Unsubscribe:1.0"

RETURN: Final = "malcolm:core/Return:1.0"
ERROR: Final = "malcolm:core/Error:1.0"
UPDATE: Final = "malcolm:core/Update:1.0"
DELTA: Final = "malcolm:core/Delta:1.0"

BLOCK: Final = "malcolm:core/Block:1.0"
BLOCK_META: Final = "malcolm:core/BlockMeta:1.0"
METHOD: Final = "malcolm:core/Method:1.1"
METHOD_META: Final = "malcolm:core/MethodMeta:1.1"
METHOD_LOG: Final = "malcolm:core/MethodLog:1.0"
MAP_META: Final = "malcolm:core/MapMeta:1.0"
TABLE: Final = "malcolm:core/Table:1.0"

NT_SCALAR: Final = "epics:nt/NTScalar:1.0"
NT_ARRAY: Final = "epics:nt/NTScalarArray:1.0"
NT_TABLE: Final = "epics:nt/NTTable:1.0"
NT_MAP: Final = "macduff:core/NTMap:1.0"
"""Only under our subprotocols: a map by field names."""

NUMBER_META: Final = "malcolm:core/NumberMeta:1.0"
BOOLEAN_META: Final = "malcolm:core/BooleanMeta:1.0"
STRING_META: Final = "malcolm:core/StringMeta:1.0"
CHOICE_META: Final = "malcolm:core/ChoiceMeta:1.0"
TABLE_META: Final = "malcolm:core/TableMeta:1.0"
OUR_MAP_META: Final = "macduff:core/MapMeta:1.0"
"""Only under our subprotocols: a value with named fields (MAP_META, the strict one, is that of a method's elements)."""

ALARM: Final = "alarm_t"
TIME: Final = "time_t"
DISPLAY: Final = "display_t"

ARRAY_SUFFIX: Final = "Array"


def array_meta(scalar: str) -> str:
    """The meta of an array whose elements have this meta: NumberMeta -> NumberArrayMeta."""
    return scalar.replace("Meta:", "ArrayMeta:")
