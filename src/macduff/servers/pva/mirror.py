"""One device as PVs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from macduff.protocol.model import DeviceModel, MethodModel

from .members import AttributePvs, MethodPv
from .pvi import PviPv

if TYPE_CHECKING:
    from .site import Site

__all__ = ["DeviceMirror", "is_small"]

_FEW = 8
_SMALL = 4096
"""Bytes of an array that are copied in no time."""


def is_small(value: Any) -> bool:
    """Whether a value is told in no time."""
    return getattr(value, "nbytes", 0) <= _SMALL and not isinstance(value, Mapping | tuple)


class DeviceMirror:
    """The PVs of a device, kept as it is."""

    def __init__(self, site: Site, device: DeviceModel) -> None:
        self._site = site
        self._device = device
        self._members: dict[str, AttributePvs | MethodPv] = {}
        self._attributes: dict[str, AttributePvs] = {}
        self._follow_members()
        self.pvi = PviPv(site, device, self._members)

    def changes(self, changes: Mapping[str, Any]) -> None:
        if "" in changes and self._follow_members():
            self.pvi.renew()
        retyped = [key.removesuffix(".meta") for key in changes if key.endswith(".meta")]
        for name in retyped:  # first, for the value fits the new type
            if (member := self._members.get(name)) is not None:
                member.follow("meta", None)
        for key, what in changes.items():
            attribute = self._attributes.get(key)
            if attribute is not None:
                attribute.show(what)
                continue
            name, dot, part = key.partition(".")
            if dot and part != "meta" and (member := self._members.get(name)) is not None:
                member.follow(part, what)

    def quick(self, changes: Mapping[str, Any]) -> bool:
        """Take changes at once, on the Process thread, where these are a few that cost little."""
        if len(changes) > _FEW:
            return False
        for key, what in changes.items():
            name, dot, part = key.partition(".")
            if name not in self._members or part == "meta":
                return False
            if part != "log" and not is_small(what if dot else what.value):
                return False
        self.changes(changes)
        return True

    def close(self, reason: str) -> None:
        for member in self._members.values():
            member.close()
        self._members.clear()
        self._attributes.clear()
        self.pvi.close()
        self._site.listed()

    def _follow_members(self) -> bool:
        """Make PVs for members that came, drop those of members that went; one that was replaced went and came."""
        fields, changed = self._device.fields, False
        for name, member in list(self._members.items()):
            if fields.get(name) is not member.model:
                member.close()
                del self._members[name]
                self._attributes.pop(name, None)
                changed = True
        for name, model in fields.items():
            if name in self._members:
                continue
            changed = True
            if isinstance(model, MethodModel):
                self._members[name] = MethodPv(self._site, self._device.name, model)
            else:
                self._members[name] = self._attributes[name] = AttributePvs(self._site, self._device.name, model)
        return changed
