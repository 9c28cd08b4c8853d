"""What the PVs of a wrapped device are here: attributes, methods, and its own state, status and health."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from ...core import Attribute, DState
from ...core.forwarded import ForwardedDevice, tell
from ...core.method import MethodSpec
from ...values import Alarm, Severity, VEnum, VString, VType
from ..facts import Facts, improved
from ..glue import members_of, problem
from ..pva_attribute import Pva
from ..wrapping import member_name, reading
from .facts import vtype_for
from .native import Native
from .pvi import Entry, Found

__all__ = ["Member", "Members", "Own"]

_OWN = ("health", "state", "status")


@dataclass(frozen=True)
class _Found(Pva):
    """A PV whose type nobody declared: it is what the PV's is, also when that comes back another."""

    follows: ClassVar[bool] = True


class Own:
    """health, state or status of a device that is macduff's there too: told to those of the device here."""

    def __init__(self, device: ForwardedDevice, name: str) -> None:
        self._device = device
        self._name = name

    def facts(self, native: Native, facts: Facts) -> VType[Any]:
        return VEnum(DState) if self._name == "state" else VString()

    def described(self) -> None:
        """It is as it was."""

    def value(self, value: Any, alarm: Alarm, time: int | None) -> None:
        stamp = self._device.clock.time_ns() if time is None else time
        if self._name == "health":
            severity = alarm.severity if alarm.severity or value == "OK" else Severity.MINOR
            problem(self._device, "its health", severity, "" if value == "OK" else str(value))
        else:
            tell(self._device, self._name, reading(value, alarm, stamp), value)

    def lost(self, reason: str) -> None:
        """The whole device says so."""


@dataclass(frozen=True)
class Member:
    """What an entry is here."""

    entry: Entry
    found: Found


class Members:
    """Names for them all. timeout: seconds for a put.

    entries: of the attributes and methods, by name. own: PVs of what the device here has itself. verbs: what can be set
    off, also what the device here has itself. shape: equal for devices that need not be told apart.
    """

    def __init__(self, device: ForwardedDevice, members: Iterable[Member], timeout: float | None) -> None:
        self.attributes: dict[str, Attribute[Any]] = {}
        self.methods: dict[str, Member] = {}
        self.entries: dict[str, Entry] = {}
        self.own: dict[str, str] = {}
        self.verbs: dict[str, Member] = {}
        self.shape: list[object] = []
        self._timeout = timeout
        taken = {name.lower() for name in members_of(device)}
        for member in members:
            entry = member.entry
            if _is_own(member):
                self.own[entry.name] = entry.shown
            elif "x" in entry.roles and entry.name in ("abort", "reset"):
                self.verbs[entry.name] = member
            else:
                name = member_name(entry.name, taken)
                taken.add(name.lower())
                self._add(name, member)

    def _add(self, name: str, member: Member) -> None:
        entry = self.entries[name] = member.entry
        if "x" in entry.roles:
            self.methods[name] = self.verbs[name] = member
        else:
            self.attributes[name] = self._attribute(member)
        self.shape.append((name, dict(entry.roles), member.found.description))

    def _attribute(self, member: Member) -> Attribute[Any]:
        entry, found = member.entry, member.found
        shown, taken = (pv.replace("{", "{{").replace("}", "}}") for pv in (entry.shown, entry.taken))
        source = _Found(taken or shown, shown if taken else None, timeout=self._timeout, read_only=not taken)
        vtype = improved(vtype_for(found.native), found.facts, found.facts)
        return Attribute(vtype, description=found.description, source=source, tags=found.tags)

    def specs(self) -> dict[str, MethodSpec]:
        """What the methods take: nothing."""
        return {
            name: MethodSpec(name, member.found.description, {}, (), {}, {}, False, busy="allow")
            for name, member in self.methods.items()
        }

    def named(self, wanted: str) -> Member | None:
        """What can be set off under a name of the device's, whatever its case."""
        return next((member for member in self.verbs.values() if member.entry.name.lower() == wanted), None)


def _is_own(member: Member) -> bool:
    """Whether it is health, state or status of a device that is macduff's there too."""
    name, native = member.entry.name, member.found.native
    if name not in _OWN or member.entry.taken or "x" in member.entry.roles:
        return False
    if name == "state":
        return native.kind == "enum" and set(native.labels) == {state.value for state in DState}
    return native.kind == "scalar" and native.code == "s"
