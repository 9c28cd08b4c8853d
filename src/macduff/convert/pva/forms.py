"""What a PV of each type is: a normative type, how a value is written into it, and how a put is read."""

from __future__ import annotations

from typing import Any

import numpy as np

from macduff.errors import BadValue
from macduff.values import Alarm, VAction, VArray, VEnum, VMap, VTable, VType

from .cells import cell_of, flat, label, shaped
from .facts import Facts, facts_of, number_facts
from .types import ALARM, CODES, MAP, TIME, about, image_spec, made, sayable, scalar_id

__all__ = ["Form", "form_of", "put_alarm", "put_time"]

_SECOND = 1_000_000_000


def put_time(target: Any, time: int, member: str = "timeStamp") -> None:
    """time: ns since 1970."""
    seconds, target[f"{member}.nanoseconds"] = divmod(time, _SECOND)
    target[f"{member}.secondsPastEpoch"] = seconds


def put_alarm(target: Any, alarm: Alarm) -> None:
    target["alarm.severity"] = int(alarm.severity)
    target["alarm.status"] = int(alarm.status)
    target["alarm.message"] = sayable(alarm.message)


class Form:
    """NTScalar or NTScalarArray.

    type: p4p's, the same object for PVs of the same structure. plain: values are compared at little cost. Targets are
    p4p Values of `type`; only what is written into them is sent.
    """

    def __init__(self, vtype: VType[Any]) -> None:
        self.vtype = vtype
        self.cell = cell_of(vtype)
        self.plain = not isinstance(vtype, VArray)
        self.type = self._type()

    def _type(self) -> Any:
        code: str = self.cell.spec
        return made(scalar_id(code), [("value", code), ("alarm", ALARM), ("timeStamp", TIME), *about(code[-1])])

    def facts(self, description: str) -> Facts:
        """The members that tell of the value, by path."""
        return facts_of(self.vtype, self.cell.spec[-1], description)

    def fill(self, target: Any, value: Any, before: Any = None) -> None:
        """Write a value. before: what clients have; only what differs from it need be told."""
        target["value"] = self.cell.out(value)

    def stamp(self, target: Any, time: int, sequence: int) -> None:
        """Write the time."""
        seconds, target["timeStamp.nanoseconds"] = divmod(time, _SECOND)
        target["timeStamp.secondsPastEpoch"] = seconds

    def taken(self, raw: Any, current: Any, where: str) -> Any:
        """The value that somebody put, for the type's verdict; BadValue when there is none. current: the set point."""
        if not raw.changed("value"):
            raise BadValue(f"{where}: expected a put to value, got one to other members alone, which tell of it")
        return self.cell.back(raw["value"], current, where)


class ActionForm(Form):
    """A button: an NTScalar of bool that is False; put True, or 1, and it happens."""

    def fill(self, target: Any, value: Any, before: Any = None) -> None:
        target["value"] = False


class EnumForm(Form):
    """NTEnum."""

    vtype: VEnum[Any]

    def _type(self) -> Any:
        value = ("S", "enum_t", [("index", "i"), ("choices", "as")])
        told = ("display", ("S", None, [("description", "s")]))
        return made("epics:nt/NTEnum:1.0", [("value", value), ("alarm", ALARM), ("timeStamp", TIME), told])

    def facts(self, description: str) -> Facts:
        return {"value.choices": list(self.vtype.labels), "display.description": description}

    def fill(self, target: Any, value: Any, before: Any = None) -> None:
        labels = self.vtype.labels
        target["value.index"] = labels.index(self.vtype.to_json(value)) if labels else 0

    def taken(self, raw: Any, current: Any, where: str) -> Any:
        if not raw.changed("value.index"):
            raise BadValue(f"{where}: expected a put to value.index, got one to other members alone")
        return label(self.vtype, raw["value.index"], where)


class MembersForm(Form):
    """NTTable, or a structure with a field for each of a map's."""

    def _type(self) -> Any:
        fields = [("value", self.cell.spec), ("descriptor", "s"), ("alarm", ALARM), ("timeStamp", TIME)]
        if isinstance(self.vtype, VTable):
            return made("epics:nt/NTTable:1.0", [("labels", "as"), *fields])
        return made(MAP, fields)

    def facts(self, description: str) -> Facts:
        facts: Facts = {"descriptor": description}
        if isinstance(self.vtype, VTable):
            facts["labels"] = [column.label or name for name, column in self.vtype.columns.items()]
        return facts

    def fill(self, target: Any, value: Any, before: Any = None) -> None:
        told = self.cell.out(value, before)
        if told:
            target["value"] = told


class ImageForm(Form):
    """NTNDArray: numbers or bools in two dimensions or more, or in any number of them."""

    vtype: VArray[Any]

    def _type(self) -> Any:
        code = CODES[str(self.vtype.dtype or "bool")]
        self._code = code
        self._dtype = np.dtype(self.vtype.numpy_dtype or bool)
        return made("epics:nt/NTNDArray:1.0", image_spec(about(code)[:1]))

    def facts(self, description: str) -> Facts:
        facts: Facts = {"descriptor": description, "display.description": description}
        if self._code != "?":
            numbers = number_facts(self.vtype, self._code)
            facts |= {name: item for name, item in numbers.items() if name.startswith("display.")}
        return facts | {"display.units": self.vtype.units}

    def fill(self, target: Any, value: Any, before: Any = None) -> None:
        target["value"] = (_MEMBERS[self._code], flat(value))
        if before is not None and before.shape == value.shape:
            return
        size = value.size * np.dtype(_BYTES[self._code]).itemsize
        target["compressedSize"] = target["uncompressedSize"] = size
        target["dimension"] = [  # the one that varies fastest comes first
            {"size": n, "offset": 0, "fullSize": n, "binning": 1, "reverse": False} for n in reversed(value.shape)
        ]
        mode = color_mode(value.shape)
        target["attribute"] = [] if mode is None else [{"name": "ColorMode", "value": mode}]

    def stamp(self, target: Any, time: int, sequence: int) -> None:
        super().stamp(target, time, sequence)
        put_time(target, time, "dataTimeStamp")
        target["uniqueId"] = sequence & 0x7FFFFFFF

    def taken(self, raw: Any, current: Any, where: str) -> Any:
        if not raw.changed("value"):
            raise BadValue(f"{where}: expected a put to value, got one to other members alone, which tell of it")
        if raw.changed("codec.name") and raw["codec.name"]:
            raise BadValue(f"{where}: expected an array that is not compressed, got {raw['codec.name']}")
        if raw.changed("dimension"):
            shape: Any = [dimension["size"] for dimension in reversed(raw["dimension"])]
        else:
            shape = current.shape
        return self.cell.back(shaped(raw["value"], shape, where, self._dtype), current, where)


_MEMBERS = {
    "?": "booleanValue", "b": "byteValue", "h": "shortValue", "i": "intValue", "l": "longValue", "B": "ubyteValue",
    "H": "ushortValue", "I": "uintValue", "L": "ulongValue", "f": "floatValue", "d": "doubleValue",
}  # fmt: skip
_BYTES = {code: dtype for dtype, code in CODES.items() if dtype != "float16"}


def color_mode(shape: tuple[int, ...]) -> int | None:
    """areaDetector's number for where the colours are: 0 none, 2 to 4 RGB in the last, middle or first dimension."""
    if len(shape) == 2:
        return 0
    if len(shape) == 3 and 3 in shape:
        return 2 + shape[::-1].index(3)
    return None


def form_of(vtype: VType[Any]) -> Form:
    """The way of a type."""
    if isinstance(vtype, VEnum):
        return EnumForm(vtype)
    if isinstance(vtype, VAction):
        return ActionForm(vtype)
    if isinstance(vtype, VTable | VMap):
        return MembersForm(vtype)
    if isinstance(vtype, VArray) and vtype.ndim != 1:
        return ImageForm(vtype)
    return Form(vtype)
