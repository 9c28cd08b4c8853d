"""What a home says of a device, held against what it said before: only what changed is told on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from macduff.client.describe import attribute_info, method_info, reading_of, value_of
from macduff.client.model import AttributeInfo, MethodInfo
from macduff.core import Attribute
from macduff.core.forwarded import RemoteValue
from macduff.core.method import MethodSpec
from macduff.protocol.dialect import Dialect
from macduff.values import Reading, VType

__all__ = ["Shape"]

News = tuple[str, Reading, Any, VType[Any] | None]
"""An attribute's name, reading, set point, and its type where that is another one now."""


class Shape:
    """The structure of a device: `take` each as it comes; fields that are the same object have not changed."""

    def __init__(self, there: str) -> None:
        self.there = there
        self.usable: dict[str, bool] = {}
        self.label = self.description = ""
        self.tags: tuple[str, ...] = ()
        self.changed = False
        """Whether members came, went, or are something else now."""
        self.usable_changed = False
        self._block: Mapping[str, Any] = {}
        self._news: list[str] = []
        self._metas: dict[str, Any] = {}
        self._known: dict[str, AttributeInfo | MethodInfo] = {}
        self._retyped: dict[str, VType[Any]] = {}

    def forget(self) -> None:
        """What comes next is all new, for in between the device showed something else."""
        self._block, self.usable = {}, {}

    def take(self, block: Mapping[str, Any]) -> None:
        """The device as it is now."""
        last, self._block = self._block, block
        fields = [name for name in block["meta"]["fields"] if name in block]
        gone = self._known.keys() - set(fields)
        for name in gone:
            del self._known[name], self._metas[name]
        self._retyped = {}
        self._news = [name for name in fields if block[name] is not last.get(name)]
        self.changed = bool(gone) | self._describe(block)
        usable = {name: info.writeable for name, info in self._known.items()}
        self.usable_changed = not last or usable != self.usable
        self.usable = usable

    def _describe(self, block: Mapping[str, Any]) -> bool:
        """Read the descriptions that are new; whether that changed anything but types and what can be used now."""
        changed = False
        meta = block["meta"]
        about = (str(meta.get("label", "")), str(meta.get("description", "")), tuple(meta.get("tags", ())))
        if about != (self.label, self.description, self.tags):
            self.label, self.description, self.tags = about
            changed = True
        for name in self._news:
            structure = block[name]
            if self._metas.get(name) is structure["meta"]:
                continue
            self._metas[name] = structure["meta"]
            old = self._known.get(name)
            info: AttributeInfo | MethodInfo
            if "took" in structure or str(structure.get("typeid", "")).startswith("malcolm:core/Method:"):
                info = method_info(name, structure["meta"])
            else:
                info = attribute_info(name, structure["meta"])
            self._known[name] = info
            if isinstance(old, AttributeInfo) and isinstance(info, AttributeInfo) and old.vtype != info.vtype:
                self._retyped[name] = info.vtype
                old = replace(old, vtype=info.vtype)
            changed = changed or old is None or replace(old, writeable=info.writeable) != info
        return changed

    def attributes(self) -> dict[str, Attribute[Any]]:
        """The attributes as declarations."""
        return {
            name: Attribute(
                info.vtype, description=info.description, label=info.label, parameter=info.parameter,
                source=RemoteValue(info.writable),
            )
            for name, info in self._known.items() if isinstance(info, AttributeInfo)
        }  # fmt: skip

    def methods(self) -> dict[str, MethodSpec]:
        """The methods as declarations."""
        return {
            name: MethodSpec(
                name, info.description, info.takes, info.required, info.defaults, info.returns, info.unpacked,
                label=info.label, tags=info.tags,
            )
            for name, info in self._known.items() if isinstance(info, MethodInfo)
        }  # fmt: skip

    def news(self, dialect: Dialect) -> Iterator[News]:
        """The attributes that changed with the last structure."""
        for name in self._news:
            info = self._known[name]
            if not isinstance(info, AttributeInfo):
                continue
            structure, where = self._block[name], f"{self.there}.{name}"
            reading = reading_of(info.vtype, where, structure, dialect)
            setpoint = reading.value
            if "setpoint" in structure:
                setpoint = value_of(info.vtype, structure["setpoint"], where, dialect)
            yield name, reading, setpoint, self._retyped.get(name)

    def result(self, method: str, value: Any, dialect: Dialect) -> Any:
        """What a method returned, as Python has it."""
        info = self._known.get(method)
        if not isinstance(info, MethodInfo) or not info.returns:
            return None
        where = f"{self.there}.{method}"
        if info.unpacked:
            return value_of(next(iter(info.returns.values())), value, where, dialect)
        return {name: value_of(vtype, value[name], f"{where}.{name}", dialect) for name, vtype in info.returns.items()}
