"""The captured exchanges beside the checkout, and devices built to look like those that they were captured from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from macduff.values import (
    Alarm,
    AlarmStatus,
    Severity,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VFloat,
    VInt,
    VString,
    VTable,
    VType,
)  # fmt: skip

from .fakes import FakeAttribute, FakeDevice, FakeMethod, Log

__all__ = ["alarm_from", "device_from", "load", "log_from", "nanoseconds"]

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "wire"
UNPACKED = "method:return:unpacked"


def load(name: str) -> dict[str, Any]:
    """A captured file."""
    path = FOLDER / name
    if not path.is_file():
        raise FileNotFoundError(
            f"{name}: expected the captured exchanges in shared/wire beside the checkout, got nothing there; "
            f"they belong to the protocol's description and are not part of this project: put that folder beside it"
        )
    found: dict[str, Any] = json.loads(path.read_text())
    return found


DEFAULT_WIDGETS = {  # by the protocol's description: (writeable, read-only)
    "NumberMeta": ("textinput", "textupdate"), "StringMeta": ("textinput", "textupdate"),
    "BooleanMeta": ("checkbox", "led"), "ChoiceMeta": ("combo", "textupdate"), "TableMeta": ("table", "table"),
}  # fmt: skip


def own_tags(meta: Mapping[str, Any], column: bool = False) -> tuple[str, ...]:
    """The tags that an author must have written: the widget that comes by itself is left out."""
    kind = meta["typeid"].removeprefix("malcolm:core/").removesuffix(":1.0")
    pair = DEFAULT_WIDGETS.get(kind.replace("ArrayMeta", "Meta") if column else kind)
    default = f"widget:{pair[0 if meta['writeable'] else 1]}" if pair else ""
    return tuple(tag for tag in meta["tags"] if tag != default)


def vtype_from(meta: Mapping[str, Any]) -> VType[Any]:
    """The VType that has this meta."""
    kind = meta["typeid"].removeprefix("malcolm:core/").removesuffix(":1.0")
    words = {"description": meta["description"], "label": meta["label"], "tags": own_tags(meta)}
    if kind == "TableMeta":
        return VTable({name: _array(column, True) for name, column in meta["elements"].items()}, **words)
    if kind.endswith("ArrayMeta"):
        return _array(meta, False)
    return _scalar(kind, meta, words)


def _array(meta: Mapping[str, Any], column: bool) -> VArray[Any]:
    kind = meta["typeid"].removeprefix("malcolm:core/").removesuffix(":1.0")
    element = _scalar(kind.replace("ArrayMeta", "Meta"), meta, {})
    return VArray(element, description=meta["description"], label=meta["label"], tags=own_tags(meta, column))


def _scalar(kind: str, meta: Mapping[str, Any], words: Mapping[str, Any]) -> VType[Any]:
    if kind == "NumberMeta":
        display, dtype = meta["display"], meta["dtype"]
        limits = (display["limitLow"] or None, display["limitHigh"] or None)
        numeric = {**words, "units": display["units"], "precision": display["precision"]}
        numeric["display"] = None if limits == (None, None) else limits
        if dtype == "float64":
            return VDouble(**numeric)
        if dtype == "float32":
            return VFloat(**numeric)
        return VInt(int(dtype.lstrip("uint")), not dtype.startswith("u"), **numeric)
    if kind == "ChoiceMeta":
        return VEnum(meta["choices"], **words)
    return VBool(**words) if {"BooleanMeta": True, "StringMeta": False}[kind] else VString(**words)


def alarm_from(alarm: Mapping[str, Any]) -> Alarm:
    return Alarm(Severity(alarm["severity"]), AlarmStatus(alarm["status"]), alarm["message"])


def nanoseconds(stamp: Mapping[str, Any]) -> int:
    found: int = stamp["secondsPastEpoch"] * 10**9 + stamp["nanoseconds"]
    return found


def log_from(log: Mapping[str, Any], types: Mapping[str, VType[Any]]) -> Log:
    value = {name: types[name].from_json(item) for name, item in log["value"].items()}
    return Log(value, tuple(log["present"]), alarm_from(log["alarm"]), nanoseconds(log["timeStamp"]))


def device_from(block: Mapping[str, Any], name: str) -> FakeDevice:
    """A device that should look like this structure."""
    meta = block["meta"]
    fields = [_field(field, block[field]) for field in meta["fields"]]
    return FakeDevice(
        name, *fields, label=meta["label"], description=meta["description"], tags=tuple(meta["tags"])
    )


def _field(name: str, structure: Mapping[str, Any]) -> FakeAttribute | FakeMethod:
    meta = structure["meta"]
    words: dict[str, Any] = {"label": meta["label"], "description": meta["description"], "tags": own_tags(meta)}
    if structure["typeid"] == "malcolm:core/Method:1.1":
        words["tags"] = tuple(tag for tag in words["tags"] if tag != UNPACKED)
        takes = {item: vtype_from(element) for item, element in meta["takes"]["elements"].items()}
        returns = {item: vtype_from(element) for item, element in meta["returns"]["elements"].items()}
        return FakeMethod(
            name, takes, tuple(meta["takes"]["required"]),
            {item: takes[item].from_json(value) for item, value in meta["defaults"].items()},
            returns, meta["writeable"],
            took=log_from(structure["took"], takes), returned=log_from(structure["returned"], returns), **words,
        )  # fmt: skip
    vtype = vtype_from({**meta, "tags": []})
    attribute = FakeAttribute(
        name, vtype, vtype.from_json(structure["value"]), meta["writeable"], meta["writeable"], **words
    )
    stamp = nanoseconds(structure["timeStamp"])
    attribute.now = attribute.now._replace(alarm=alarm_from(structure["alarm"]), time=stamp)
    return attribute
