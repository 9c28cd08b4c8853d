"""What a device class consists of, checked where the class is defined."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .attribute import Attribute
from .child import Child
from .idle import period_of
from .method import Published, did_you_mean
from .names import check_member_names

if TYPE_CHECKING:
    from .device import Device

__all__ = ["DeviceParts", "declared", "parts_of"]


class DeviceParts:
    """Attributes, published methods, children and idle tasks of a class, base classes first."""

    def __init__(self) -> None:
        self.members: dict[str, Attribute[Any] | Published[Any, Any, Any]] = {}
        self.children: dict[str, Child[Any]] = {}
        self.idle: dict[str, float] = {}

    def refuse_assignment(self, where: str, name: str, value: object) -> str:
        """The sentence for `self.name = value` in device code."""
        if isinstance(self.members.get(name), Attribute):
            return (
                f"{where}.{name}: expected {name}.update(...) for what is true or {name}.put(...) to ask for it, "
                f"got an assignment; write self.{name}.update({value!r})"
            )
        if name in self.members or name in self.children:
            return f"{where}.{name}: expected nothing to be assigned to it, got {value!r}"
        known = [*self.members, *self.children]
        return (
            f"{where}.{name}: expected an attribute declared on the class or a name that begins with _, "
            f"got {name!r}{did_you_mean(name, known)}"
        )

    def unknown(self, where: str, name: str, known: Iterable[str]) -> str:
        """The sentence for an attribute that there is not."""
        names = list(known)
        return f"{where}: expected one of its attributes ({', '.join(names)}), got {name!r}{did_you_mean(name, names)}"

    def check_new(self, device: Device, name: str) -> None:
        """Whether a device may be given one more attribute of that name."""
        if name in device.__dict__ or name in self.members or name in self.children:
            raise ValueError(f"{device.name}.{name}: expected a new name, got one that is taken")
        check_member_names(device.name, [name], list(device.fields))


def declared(cls: type) -> DeviceParts:
    """What the classes of the framework and of the author declare, in order, the later ones winning."""
    parts = DeviceParts()
    for base in reversed(cls.__mro__):
        for name, member in vars(base).items():
            if isinstance(member, (Attribute, Published)):
                parts.members[name] = member
            elif isinstance(member, Child):
                parts.children[name] = member
            elif (period := period_of(member)) is not None:
                parts.idle[name] = period
        parts.members.update(vars(base).get("_published", {}))
    return parts


def parts_of(cls: type) -> DeviceParts:
    """The parts of an author's class; TypeError for names that the framework or a protocol cannot bear."""
    if not cls.__module__.startswith("macduff.core."):
        inherited = [name for base in cls.__mro__[1:] for name in getattr(base, "_parts", DeviceParts()).members]
        own = [name for name, member in vars(cls).items() if isinstance(member, (Attribute, Published, Child))]
        check_member_names(cls.__qualname__, own, inherited)
        for event in ("configure", "run", "pause", "rewind", "resume", "abort", "reset"):
            if callable(vars(cls).get(event)) and event in inherited:
                raise TypeError(f"{cls.__qualname__}.{event}: expected do_{event} to be written, got {event} itself")
    return declared(cls)
