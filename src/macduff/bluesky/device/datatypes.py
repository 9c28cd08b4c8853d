"""Types of macduff as Bluesky has them: datatypes of signals, data keys, readings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from bluesky.protocols import Reading as BlueskyReading
from event_model import DataKey
from ophyd_async.core import Array1D

from ...client.describe import AttributeState
from ...values import Reading, Severity, VArray, VBool, VDouble, VEnum, VFloat, VInt, VString, VType

__all__ = ["as_reading", "data_key", "datatype_of"]

_SCALARS: dict[type[VType[Any]], tuple[type, str, str]] = {
    VBool: (bool, "boolean", "|b1"),
    VInt: (int, "integer", "<i8"),
    VDouble: (float, "number", "<f8"),
    VFloat: (float, "number", "<f4"),
    VString: (str, "string", "|S40"),
    VEnum: (str, "string", "|S40"),
}


def datatype_of(vtype: VType[Any]) -> Any:
    """The datatype of a signal for that type; None for one that Bluesky has no place for (tables and maps)."""
    if isinstance(vtype, VArray):
        if isinstance(vtype.element, VString | VEnum):
            return Sequence[str]
        if vtype.ndim != 1:
            return np.ndarray
        return Array1D[np.dtype(vtype.element.dtype or "bool").type]  # type: ignore[misc]  # known at run time only
    known = _SCALARS.get(type(vtype))
    return known and known[0]


def data_key(state: AttributeState, source: str) -> DataKey:
    """How documents describe an attribute; the shape of an array is the one that it has now."""
    vtype, value = state.info.vtype, state.reading.value
    scalar: VType[Any] = vtype.element if isinstance(vtype, VArray) else vtype
    _, dtype, numpy = _SCALARS[type(scalar)]
    key: dict[str, Any] = {"source": source, "dtype": dtype, "shape": [], "dtype_numpy": numpy}
    if isinstance(vtype, VArray):
        array = isinstance(value, np.ndarray)
        key |= {"dtype": "array", "shape": list(value.shape) if array else [len(value)]}
        if array:
            key["dtype_numpy"] = value.dtype.str
    elif isinstance(vtype, VInt):
        key["dtype_numpy"] = np.dtype(str(vtype.dtype)).str
    if getattr(scalar, "units", ""):
        key["units"] = getattr(scalar, "units", "")
    if getattr(scalar, "precision", None) is not None:
        key["precision"] = getattr(scalar, "precision", None)
    limits = {name: _limits(getattr(scalar, name, None)) for name in ("control", "display", "warning", "alarm")}
    if any(limits.values()):
        key["limits"] = {name: pair for name, pair in limits.items() if pair}
    if isinstance(scalar, VEnum):
        key["choices"] = list(scalar.labels)
    return cast(DataKey, key)


def _limits(pair: Any) -> dict[str, float | None] | None:
    return None if pair is None else {"low": pair[0], "high": pair[1]}


def as_reading(reading: Reading, datatype: Any) -> BlueskyReading[Any]:
    """A reading as Bluesky has it: severity 0 for none, 1 for minor, 2 for major, -1 for invalid; seconds."""
    alarm = reading.alarm
    severity = -1 if alarm.severity is Severity.INVALID else int(alarm.severity)
    made = BlueskyReading(
        value=as_value(reading.value, datatype), timestamp=reading.time / 1e9, alarm_severity=severity
    )
    if alarm.message:
        made["message"] = alarm.message
    return made


def as_value(value: Any, datatype: Any) -> Any:
    """A value of an attribute as a signal of that datatype gives it."""
    if datatype is Sequence[str]:
        return list(value)
    return datatype(value) if isinstance(datatype, type) and isinstance(value, str) else value
