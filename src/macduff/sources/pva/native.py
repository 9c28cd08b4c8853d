"""What a PV of PVAccess is by itself, read from a value of its own, and what came with that value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...convert.pva.types import CODES
from ...errors import BadValue
from ...values import Alarm, AlarmStatus, Severity

__all__ = ["DTYPES", "Native", "alarm_of", "native_of", "time_of"]

DTYPES = {code: dtype for dtype, code in CODES.items() if dtype != "float16"}
"""The numbers of PVAccess, by p4p's letter for them."""
_ABOUT = ("alarm", "timeStamp", "display", "control", "valueAlarm", "descriptor", "labels", "record", "_options")
"""Members that say something of a value and are none."""
_NO_ALARM = Alarm()


@dataclass(frozen=True)
class Native:
    """A PV as its server describes it.

    kind: "scalar", "array", "enum", "table", "image" or "map". code: p4p's letter of the scalar, or of the elements.
    members: code of each column or field; a field "ad" is an array. path: where the value is, "" for the whole.
    """

    pv: str
    kind: str
    code: str = ""
    members: Mapping[str, str] = field(default_factory=dict)
    path: str = "value"
    inner: Mapping[str, str] = field(default_factory=dict)
    """For a map of PVs, as QSRV groups are: where in a field its value is."""
    labels: tuple[str, ...] = ()
    ndim: int = 2
    typeid: str = ""

    def __str__(self) -> str:
        what = self.typeid.removeprefix("epics:nt/").partition(":")[0] or "structure"
        return f"{self.pv} ({what}{' of ' + DTYPES.get(self.code, 'string') if self.code else ''})"


def native_of(pv: str, value: Any) -> Native:
    """What a PV is; BadValue for what has no place among our types."""
    typeid = value.getID()
    spec = dict(value.type().aspy()[2])
    if typeid.startswith("epics:nt/NTNDArray:"):
        return _image(pv, typeid, value)
    if "value" not in spec:
        return _map(pv, typeid, spec, "")
    inner = spec["value"]
    if isinstance(inner, str):
        if inner[0] != "a" and inner in (*DTYPES, "s"):
            return Native(pv, "scalar", inner, typeid=typeid)
        if inner[0] == "a" and inner[1:] in (*DTYPES, "s"):
            return Native(pv, "array", inner[1:], typeid=typeid)
    elif inner[0] == "S":
        fields = dict(inner[2])
        if inner[1].startswith("enum_t") or fields == {"index": "i", "choices": "as"}:
            return Native(pv, "enum", labels=tuple(value["value.choices"]), typeid=typeid)
        if typeid.startswith("epics:nt/NTTable:"):
            return _table(pv, typeid, fields)
        return _map(pv, typeid, fields, "value")
    raise BadValue(f"{pv}: expected a number, text, label, array, table, image or structure of those, got {typeid}")


def _table(pv: str, typeid: str, fields: Mapping[str, Any]) -> Native:
    for name, code in fields.items():
        if not isinstance(code, str) or code[0] != "a" or code[1:] not in (*DTYPES, "s"):
            raise BadValue(f"{pv}: expected columns of numbers or text, got {name}: {code}")
    return Native(pv, "table", members={name: code[1:] for name, code in fields.items()}, typeid=typeid)


def _map(pv: str, typeid: str, fields: Mapping[str, Any], path: str) -> Native:
    members, inner = {}, {}
    for name, code in fields.items():
        if not path and name in _ABOUT:
            continue
        if not isinstance(code, str) and code[0] == "S" and "value" in (below := dict(code[2])):
            code, inner[name] = below["value"], f"{name}.value"
        if not isinstance(code, str) or code.removeprefix("a") not in (*DTYPES, "s"):
            raise BadValue(f"{pv}: expected a structure of numbers, text and their arrays, got {typeid} with {name}")
        members[name] = code
    if not members:
        raise BadValue(f"{pv}: expected a PV with a value, got {typeid} without")
    return Native(pv, "map", members=members, path=path, inner=inner, typeid=typeid)


def _image(pv: str, typeid: str, value: Any) -> Native:
    """By the image that is there; one that never had any is taken to be of bytes, until one comes."""
    pixels, dimensions = value["value"], len(value["dimension"])
    dtype = getattr(pixels, "dtype", None)
    code = next((code for code, name in DTYPES.items() if dtype is not None and dtype.name == name), "B")
    return Native(pv, "image", code, ndim=dimensions or 2, typeid=typeid)


def alarm_of(value: Any) -> Alarm:
    """The alarm that came with a value, as it was given; none without the member."""
    severity, status, message = value.get("alarm.severity", 0), value.get("alarm.status", 0), ""
    if severity == 0 and status == 0:
        message = value.get("alarm.message", "")
        return Alarm(message=message) if message and message != "NO_ALARM" else _NO_ALARM
    known = 0 <= status <= max(AlarmStatus)
    return Alarm(
        Severity(severity) if 0 <= severity <= max(Severity) else Severity.INVALID,
        AlarmStatus(status) if known else AlarmStatus.UNDEFINED,
        value.get("alarm.message", ""),
    )


def time_of(value: Any) -> int | None:
    """The server's time stamp in ns since 1970; None when it has none."""
    for member in ("timeStamp", "dataTimeStamp"):
        seconds = value.get(f"{member}.secondsPastEpoch", 0)
        if seconds > 0:
            return int(seconds) * 1_000_000_000 + int(value.get(f"{member}.nanoseconds", 0))
    return None
