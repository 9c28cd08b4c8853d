"""What an attribute of a Tango device is by itself, and what came with a value of it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from ...convert.tango import QUALITIES
from ...errors import BadValue
from ...values import NO_ALARM, Alarm, AlarmStatus, Severity, VArray, VEnum, VMap, VString, VType
from ..facts import Facts, Pair, unique_labels

__all__ = ["DTYPES", "STATES", "Native", "alarm_of", "facts_of", "native_of", "scalar_type", "time_of", "vtype_for"]

DTYPES = {
    "DevBoolean": "bool", "DevUChar": "uint8", "DevShort": "int16", "DevUShort": "uint16", "DevLong": "int32",
    "DevULong": "uint32", "DevLong64": "int64", "DevULong64": "uint64", "DevFloat": "float32", "DevDouble": "float64",
}  # fmt: skip
STATES = (
    "ON", "OFF", "CLOSE", "OPEN", "INSERT", "EXTRACT", "MOVING", "STANDBY", "FAULT", "INIT", "RUNNING", "ALARM",
    "DISABLE", "UNKNOWN",
)  # fmt: skip
_QUALITIES = {
    quality: Alarm(Severity(severity), AlarmStatus.DEVICE, f"the device says {quality.removeprefix('ATTR_')}")
    for severity, quality in enumerate(QUALITIES)
    if severity
}
_FORMAT = re.compile(r"%[-+ 0#]*\d*\.(\d+)[eEfFgG]")
_USUAL_FORMAT = "%6.2f"
"""What Tango says when nobody gave a format: it tells nothing."""


@dataclass(frozen=True)
class Native:
    """name: device/attribute. type: "DevDouble". form: SCALAR, SPECTRUM or IMAGE. readable, writable: its access."""

    name: str
    type: str
    form: str
    writable: bool
    readable: bool = True
    labels: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} ({self.type}{'' if self.form == 'SCALAR' else ' ' + self.form.lower()})"


def native_of(device: str, info: Any, tango: Any) -> Native:
    """From an attribute's configuration."""
    return Native(
        f"{device}/{info.name}",
        str(tango.CmdArgType.values[info.data_type]),
        str(info.data_format),
        str(info.writable) != "READ",
        str(info.writable) != "WRITE",
        tuple(info.enum_labels) if str(tango.CmdArgType.values[info.data_type]) == "DevEnum" else (),
    )


def scalar_type(type: str, labels: tuple[str, ...] = ()) -> VType[Any] | None:
    """Our type for one value of a type of Tango's; None where there is none."""
    if type in DTYPES:
        return VArray(DTYPES[type]).element
    if type in ("DevString", "ConstDevString"):
        return VString()
    if type == "DevState":
        return VEnum(STATES)
    if type == "DevEnum":
        return VEnum(unique_labels(list(labels)))
    if type == "DevEncoded":
        return VMap({"format": VString(), "data": VArray("uint8")})
    return None


def vtype_for(native: Native) -> VType[Any]:
    """The type that holds all that the attribute can hold; BadValue for what has no place among our types."""
    element = scalar_type(native.type, native.labels)
    if element is not None and native.form == "SCALAR":
        return element
    if element is not None and native.form == "SPECTRUM" and not isinstance(element, VMap):
        return VArray(element)
    if native.form == "IMAGE" and native.type in DTYPES:
        return VArray(DTYPES[native.type], ndim=2)
    raise BadValue(f"{native}: expected numbers, text, labels or states, or images of numbers, got something else")


def facts_of(info: Any, native: Native) -> Facts:
    """The metadata in an attribute's configuration."""
    if native.type == "DevState":
        return Facts(labels=STATES)
    if native.labels:
        return Facts(labels=unique_labels(list(native.labels)))
    if native.type not in DTYPES or native.type == "DevBoolean":
        return Facts()
    precision = _FORMAT.fullmatch(info.format) if info.format != _USUAL_FORMAT else None
    floating = DTYPES[native.type].startswith("float")
    value = _pair(info.min_value, info.max_value)
    return Facts(
        units="".join(character for character in info.unit if character.isprintable()),
        precision=min(int(precision[1]), 30) if precision is not None and floating else None,
        display=None if native.writable else value,
        control=value if native.writable else None,
        warning=_pair(info.alarms.min_warning, info.alarms.max_warning),
        alarm=_pair(info.alarms.min_alarm, info.alarms.max_alarm),
    )


def _pair(low: str, high: str) -> Pair | None:
    """Limits are text, "Not specified" where there is none."""
    ends = (_limit(low), _limit(high))
    if ends == (None, None):
        return None
    if ends[0] is not None and ends[1] is not None and ends[0] >= ends[1]:
        return None
    return ends


def _limit(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def alarm_of(quality: Any, vtype: VType[Any], value: Any) -> Alarm:
    """The alarm that a quality is; in the words of our own limits where those say the same."""
    alarm = _QUALITIES.get(str(quality), NO_ALARM)
    if alarm is NO_ALARM or value is None:
        return alarm
    try:
        ours = vtype.alarm_for(vtype.validate(value))
    except BadValue:
        return alarm
    return ours if ours.severity == alarm.severity else alarm


def time_of(stamp: Any) -> int:
    """A time stamp of Tango in ns since 1970."""
    return int(stamp.tv_sec) * 1_000_000_000 + int(stamp.tv_usec) * 1000 + int(stamp.tv_nsec)
