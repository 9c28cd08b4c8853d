"""The structures of PVAccess that we serve: normative types, each made once and shared by all PVs that have it."""

from __future__ import annotations

from typing import Any

__all__ = ["ALARM", "CODES", "MAP", "TIME", "about", "image_spec", "made", "sayable", "scalar_id"]

Spec = Any
"""A type as p4p spells it: "d", "as", ("S", id, [(name, spec), ...])."""

CODES = {
    "bool": "?", "int8": "b", "int16": "h", "int32": "i", "int64": "l", "uint8": "B", "uint16": "H", "uint32": "I",
    "uint64": "L", "float16": "f", "float32": "f", "float64": "d",
}  # fmt: skip
"""p4p's letter for each dtype; there is nothing as small as float16."""

MAP = "macduff:nt/Map:1.0"
"""What a VMap is called: there is no normative type for a structure of unlike fields."""

ALARM: Spec = ("S", "alarm_t", [("severity", "i"), ("status", "i"), ("message", "s")])
TIME: Spec = ("S", "time_t", [("secondsPastEpoch", "l"), ("nanoseconds", "i"), ("userTag", "i")])
_CHOICES: Spec = ("S", "enum_t", [("index", "i"), ("choices", "as")])

_MADE: dict[str, Any] = {}


def made(typeid: str, fields: list[tuple[str, Spec]]) -> Any:
    """The p4p type of a structure; the same object for the same structure, as `post` wants it."""
    key = f"{typeid} {fields!r}"
    found = _MADE.get(key)
    if found is None:
        from p4p import Type

        found = _MADE.setdefault(key, Type(fields, typeid))
    return found


def sayable(text: str) -> str:
    """Text for people, as p4p can say it: it raises at a lone surrogate, as in names of files, and cuts at a NUL."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def scalar_id(code: str) -> str:
    return "epics:nt/NTScalarArray:1.0" if code.startswith("a") else "epics:nt/NTScalar:1.0"


def about(code: str) -> list[tuple[str, Spec]]:
    """display, and for numbers control and valueAlarm."""
    if code in "?s":
        return [("display", ("S", None, [("description", "s"), ("units", "s")]))]
    ends = [("limitLow", code), ("limitHigh", code)]
    limits = [("active", "?")]
    limits += [(f"{end}Limit", code) for end in ("lowAlarm", "lowWarning", "highWarning", "highAlarm")]
    limits += [(f"{end}Severity", "i") for end in ("lowAlarm", "lowWarning", "highWarning", "highAlarm")]
    shown = [*ends, ("description", "s"), ("units", "s"), ("precision", "i"), ("form", _CHOICES)]
    return [
        ("display", ("S", None, shown)),
        ("control", ("S", None, [*ends, ("minStep", code)])),
        ("valueAlarm", ("S", None, [*limits, ("hysteresis", "d")])),
    ]


def image_spec(display: list[tuple[str, Spec]]) -> list[tuple[str, Spec]]:
    """The fields of an NTNDArray."""
    from p4p.nt import NTNDArray

    fields: list[tuple[str, Spec]] = NTNDArray.buildType().aspy()[2]
    return [*fields, ("descriptor", "s"), *display]
