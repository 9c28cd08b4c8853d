"""What a VType is on the wire: its kind, its pair of typeids, its default widget, and whether it has a form at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from macduff.errors import Refused
from macduff.values import VAction, VArray, VBool, VEnum, VMap, VString, VTable, VType

from . import typeids

__all__ = [
    "Kind", "NoForm", "array_dtype", "attribute_typeid", "check_form", "kind_of", "meta_typeid", "no_strict_form",
    "with_widget",
]  # fmt: skip

class NoForm(Refused):
    """A type cannot be said in malcolm.1; the message says what of it."""


Kind = Literal["number", "boolean", "string", "choice", "table", "map", "action"]

_META: Final[Mapping[Kind, str]] = {
    "number": typeids.NUMBER_META,
    "boolean": typeids.BOOLEAN_META,
    "string": typeids.STRING_META,
    "choice": typeids.CHOICE_META,
}
_WIDGETS: Final[Mapping[Kind, tuple[str, str]]] = {  # (writable, read-only)
    "number": ("textinput", "textupdate"),
    "boolean": ("checkbox", "led"),
    "string": ("textinput", "textupdate"),
    "choice": ("combo", "textupdate"),
    "table": ("table", "table"),
    "map": ("table", "table"),
}
_DTYPES: Final = frozenset(
    "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64".split()
)


def kind_of(vtype: VType[Any]) -> Kind:
    """The kind of a value, for an array that of its elements."""
    if isinstance(vtype, VArray):
        return kind_of(vtype.element)
    if isinstance(vtype, VBool):
        return "boolean"
    if isinstance(vtype, VString):
        return "string"
    if isinstance(vtype, VEnum):
        return "choice"
    if isinstance(vtype, VTable):
        return "table"
    if isinstance(vtype, VMap):
        return "map"
    if isinstance(vtype, VAction):
        return "action"
    return "number"


def attribute_typeid(vtype: VType[Any], ours: bool) -> str:
    """The typeid of an attribute; with `meta_typeid` a pair that real clients insist on."""
    kind = kind_of(vtype)
    if kind == "table":
        return typeids.NT_TABLE
    if kind == "map":
        return typeids.NT_MAP if ours else typeids.NT_TABLE
    if isinstance(vtype, VArray) and kind in ("boolean", "string"):
        return typeids.NT_ARRAY
    return typeids.NT_SCALAR  # number and choice arrays too: the real servers do that, and the clients want it


def meta_typeid(vtype: VType[Any], ours: bool) -> str:
    """The typeid of an attribute's or element's meta."""
    kind = kind_of(vtype)
    if kind == "table":
        return typeids.TABLE_META
    if kind == "map":
        return typeids.OUR_MAP_META if ours else typeids.TABLE_META
    scalar = _META[kind]
    return typeids.array_meta(scalar) if isinstance(vtype, VArray) else scalar


def with_widget(tags: Sequence[str], vtype: VType[Any], writable: bool, *, column: bool = False) -> list[str]:
    """The tags, with the default widget behind them when they name none: without one the GUI shows nothing."""
    found = list(tags)
    kind = kind_of(vtype)
    if kind == "action" or any(tag.startswith("widget:") for tag in found):
        return found
    widget = _WIDGETS[kind][0 if writable else 1]
    if isinstance(vtype, VArray) and not column:
        widget = "plot" if kind == "number" and vtype.ndim == 1 else "table"
    return [*found, f"widget:{widget}"]


def no_strict_form(vtype: VType[Any], nested: bool = False) -> str | None:
    """Why a type cannot be said in malcolm.1; None when it can."""
    kind = kind_of(vtype)
    if kind in ("table", "map"):
        if nested or isinstance(vtype, VArray):
            return f"{vtype.name} inside another type"
        inner = vtype.columns if isinstance(vtype, VTable) else vtype.fields if isinstance(vtype, VMap) else {}
        for name, item in inner.items():
            reason = no_strict_form(item, True)
            if reason is None and kind == "map" and isinstance(item, VArray) and kind_of(item) != "number":
                reason = f"an array of {item.element.name} inside {vtype.name}"  # only numbers nest
            if reason is not None:
                return f"{name}: {reason}"
    elif kind == "action" and nested:
        return f"{vtype.name} inside another type"
    elif kind == "number" and vtype.dtype not in _DTYPES:
        return f"numbers of dtype {vtype.dtype}"
    return None


def check_form(vtype: VType[Any], ours: bool) -> None:
    """NoForm for what only our dialects can say."""
    if not ours and (reason := no_strict_form(vtype)) is not None:
        raise NoForm(f"malcolm.1 has no form for {reason}; macduff.1 has")


def array_dtype(vtype: VArray[Any]) -> str:
    """The numpy dtype of a numeric or boolean array."""
    return "bool" if kind_of(vtype) == "boolean" else str(vtype.dtype)
