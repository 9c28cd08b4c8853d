"""A device as its subscribers know it: the state up to the changes that have come through the queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from macduff.values import Reading, VType

from .metachanges import meta_changes
from .model import AttributeModel, DeviceModel, FieldModel, MethodLog, MethodModel
from .structure import is_attribute

__all__ = ["PLAIN", "HeldAttribute", "HeldDevice", "HeldMethod", "newest_of"]

PLAIN: Final = frozenset((float, int, bool))
"""The types of values that are small whatever they are."""


class HeldAttribute:
    """An AttributeModel that changes only when a change arrives."""

    __slots__ = (
        "description", "label", "name", "parameter", "reading", "setpoint", "tags", "vtype", "writable", "writeable",
    )  # fmt: skip

    def __init__(self, model: AttributeModel) -> None:
        self.name = model.name
        self.describe(model)
        self.vtype: VType[Any] = model.vtype
        self.reading: Reading = model.reading
        self.setpoint = model.setpoint
        self.writable = model.writable
        self.writeable = model.writeable
        self.parameter = model.parameter

    def take_plain(self, new: Reading) -> bool:
        """Take a newer reading, if a small value is all that has changed; else somebody has to look closer."""
        old = self.reading
        if self.writable or new[1] is not old[1] or new[3] <= old[3]:
            return False
        if type(new[0]) not in PLAIN or type(old[0]) not in PLAIN:
            return False
        self.reading = new
        return True

    def describe(self, model: AttributeModel) -> None:
        """Take what is told of it in words."""
        self.label = model.label
        self.description = model.description
        self.tags: Sequence[str] = model.tags


class HeldMethod:
    """A MethodModel whose logs and writeable change only when a change arrives; all else is the method's own."""

    __slots__ = ("_model", "returned", "took", "writeable")

    def __init__(self, model: MethodModel) -> None:
        self._model = model
        self.took: MethodLog = model.took
        self.returned: MethodLog = model.returned
        self.writeable = model.writeable

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def label(self) -> str:
        return self._model.label

    @property
    def description(self) -> str:
        return self._model.description

    @property
    def tags(self) -> Sequence[str]:
        return self._model.tags

    @property
    def takes(self) -> Mapping[str, VType[Any]]:
        return self._model.takes

    @property
    def required(self) -> Sequence[str]:
        return self._model.required

    @property
    def defaults(self) -> Mapping[str, Any]:
        return self._model.defaults

    @property
    def returns(self) -> Mapping[str, VType[Any]]:
        return self._model.returns

    @property
    def unpacked(self) -> bool:
        return self._model.unpacked


class HeldDevice:
    """A DeviceModel made of held fields."""

    def __init__(self, model: DeviceModel) -> None:
        self.renew(model)

    def renew(self, model: DeviceModel) -> None:
        """Take everything of a device as it stands now."""
        self.model = model
        self.name = model.name
        self.label = model.label
        self.description = model.description
        self.tags: Sequence[str] = model.tags
        self.fields: dict[str, FieldModel] = {name: held(field) for name, field in model.fields.items()}

    def change(self, name: str, what: str, value: Any) -> Iterator[str]:
        """Apply a change that is no reading, and say what parts of the field it concerns; "" is all of it."""
        held = self.fields[name]
        if what == "writeable":
            if isinstance(held, (HeldAttribute, HeldMethod)) and held.writeable != value:
                held.writeable = value
                yield "meta.writeable"
        elif isinstance(held, HeldAttribute):
            yield from self._change_attribute(held, what, value)
        elif isinstance(held, HeldMethod) and what == "log":
            took, returned = value
            if took is not held.took:
                held.took = took
                yield "took"
            if returned is not held.returned:
                held.returned = returned
                yield "returned"

    def _change_attribute(self, held: HeldAttribute, what: str, value: Any) -> Iterator[str]:
        if what == "setpoint":
            if held.setpoint is not value:
                held.setpoint = value
                yield "setpoint"
        elif what == "meta" and held.vtype is not value:
            old, held.vtype = held.vtype, value
            field = self.model.fields[held.name]
            if is_attribute(field):
                held.describe(field)
            yield from meta_changes(old, value)


def held(field: FieldModel) -> HeldAttribute | HeldMethod:
    """A field as it stands now, to be kept."""
    return HeldAttribute(field) if is_attribute(field) else HeldMethod(field)


def newest_of(device: DeviceModel, only: str | None = None) -> int:
    """The largest sequence among the readings of a device, or of one field."""
    fields = device.fields
    chosen = fields.values() if only is None else [fields[only]] if only in fields else []
    return max((field.reading.sequence for field in chosen if is_attribute(field)), default=0)
