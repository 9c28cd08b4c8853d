"""Types of macduff as Bluesky has them: datatypes of signals, data keys, readings."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, cast, get_origin

import numpy as np
from bluesky.protocols import Reading as BlueskyReading
from event_model import DataKey
from ophyd_async.core import Array1D, SubsetEnum, SupersetEnum

from ...client.describe import AttributeState
from ...values import Reading, Severity, VArray, VBool, VDouble, VEnum, VFloat, VInt, VString, VType

__all__ = ["as_reading", "as_value", "data_key", "datatype_of", "fits", "key_of"]

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
    shape = (value.shape if isinstance(value, np.ndarray) else (len(value),)) if isinstance(vtype, VArray) else ()
    return key_of(vtype, shape, source)


def key_of(vtype: VType[Any], shape: tuple[int, ...], source: str) -> DataKey:
    """How documents describe values of a type, of that shape (rows, columns)."""
    scalar: VType[Any] = vtype.element if isinstance(vtype, VArray) else vtype
    _, dtype, numpy = _SCALARS[type(scalar)]
    key: dict[str, Any] = {"source": source, "dtype": dtype, "shape": list(shape), "dtype_numpy": numpy}
    if isinstance(vtype, VArray):
        key["dtype"] = "array"
        if not isinstance(scalar, VString | VEnum):
            key["dtype_numpy"] = np.dtype(scalar.dtype or "bool").str
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
    if datatype == Sequence[str]:  # each of these is an object of its own
        return list(value)
    return datatype(value) if isinstance(datatype, type) and isinstance(value, str) else value


def fits(hinted: Any, vtype: VType[Any]) -> bool:
    """Whether an attribute of that type is what a hint says: float takes integers too, an Enum has the same labels."""
    found = datatype_of(vtype)
    if isinstance(hinted, type) and issubclass(hinted, Enum):
        return isinstance(vtype, VEnum) and _same(hinted, {label.value for label in hinted}, set(vtype.labels))
    array = found is not None and get_origin(found) is np.ndarray
    return bool(hinted == found or (hinted is float and found is int) or (hinted is np.ndarray and array))


def _same(hinted: type[Enum], labels: set[Any], found: set[str]) -> bool:
    if issubclass(hinted, SubsetEnum):
        return labels <= found
    return labels >= found if issubclass(hinted, SupersetEnum) else labels == found
