"""What a device class consists of, checked where the class is defined."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from inspect import isfunction
from typing import TYPE_CHECKING, Any

from ..telling import did_you_mean, short
from .attribute import Attribute
from .child import Child
from .idle import period_of
from .method import Published
from .names import KEPT, check_member_names
from .spec import check_blocking

if TYPE_CHECKING:
    from .device import Device

FRAMEWORK = "macduff.core."
CALLED = ("handle_event", "open_member", "validate")
"""What authors override besides the do_ functions."""
OVERRIDDEN = frozenset((*CALLED, "abort_grace", "configure_on_put"))
EVENTS = ("configure", "run", "rewind")
BASES = {"do_configure": "ConfigurableDevice", "do_run": "RunnableDevice", "do_rewind": "PausableDevice"}

__all__ = ["DeviceParts", "bound_arguments", "check_made", "declared", "parts_of"]


def bound_arguments(device: Device, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What the outermost constructor was given, by name, defaults included; sources fill their `{...}` from it."""
    signature = inspect.signature(type(device).__init__)
    bound = signature.bind(device, *args, **kwargs)
    bound.apply_defaults()
    arguments = dict(bound.arguments)
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            arguments.update(arguments.pop(parameter.name, {}))
    return {name: value for name, value in arguments.items() if value is not device}


class DeviceParts:
    """Attributes, published methods, children and idle tasks of a class, base classes first."""

    def __init__(self) -> None:
        self.members: dict[str, Attribute[Any] | Published[Any, Any, Any]] = {}
        self.children: dict[str, Child[Any]] = {}
        self.idle: dict[str, float] = {}
        self.connects = False  # has a do_connect of its own
        self.closes = False

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
        check_member_names(device.name, [name], [*device.fields, *self.children, *device._children])


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
            elif name in ("do_connect", "do_close") and not base.__module__.startswith(FRAMEWORK):
                parts.connects = parts.connects or name == "do_connect"
                parts.closes = parts.closes or name == "do_close"
        parts.members.update(vars(base).get("_published", {}))
    return parts


def parts_of(cls: type) -> DeviceParts:
    """The parts of an author's class; TypeError for names that the framework or a protocol cannot bear."""
    if not cls.__module__.startswith(FRAMEWORK):
        bases = [parts for base in cls.__mro__[1:] if (parts := getattr(base, "_parts", None)) is not None]
        inherited = {name: member for parts in reversed(bases) for name, member in parts.members.items()}
        children = [name for parts in bases for name in parts.children]
        own = [name for name, member in vars(cls).items() if isinstance(member, (Attribute, Published, Child))]
        _check_overridden(cls, inherited)
        _check_blocking(cls, own)
        check_member_names(cls.__qualname__, own, [*inherited, *children])
        _check_hidden(cls)
        _check_called(cls)
    return declared(cls)


def _check_blocking(cls: type, own: Iterable[str]) -> None:
    """TypeError for async code in a place from where plain code is called."""
    setters = {member._setter_name for name in own if isinstance(member := vars(cls)[name], Attribute)}
    for name, member in vars(cls).items():
        called = name.startswith("do_") or name in CALLED or name in setters or period_of(member) is not None
        if called and isfunction(member):
            check_blocking(member)


def check_made(device: Device) -> None:
    """TypeError for a device whose own constructor forgot that of its base class."""
    if "_machine" not in vars(device):
        raise TypeError(f"{type(device).__name__}: __init__ did not call super().__init__(name)")


def _check_overridden(cls: type, inherited: Mapping[str, object]) -> None:
    """TypeError for a plain method in the place of a published one: clients would go on to call the old one."""
    for name, member in vars(cls).items():
        published = inherited.get(name)
        if not isinstance(published, Published) or isinstance(member, Published) or name == "validate":
            continue
        if published.options.get("event"):
            raise TypeError(f"{cls.__qualname__}.{name}: expected do_{name} to be written, got {name} itself")
        raise TypeError(f"{cls.__qualname__}.{name}: expected @publish_method above it, as in its base class, got none")


def _check_hidden(cls: type) -> None:
    """TypeError for anything else, of the class or of one it is mixed with, in the place of what devices have."""
    for name in sorted(KEPT - OVERRIDDEN):
        owner = next((base for base in cls.__mro__ if name in vars(base)), None)
        if owner is None or owner.__module__.startswith(FRAMEWORK) or name.startswith("do_"):
            continue
        member = inspect.unwrap(getattr(vars(owner)[name], "fget", None) or vars(owner)[name])
        code = getattr(member, "__code__", None)
        line = "" if code is None else f"{short(code.co_filename)}:{code.co_firstlineno}: "
        advice = "rename it, or begin it with _"
        if name in EVENTS:
            advice = f"derive from PausableDevice or the like and write do_{name}, or {advice}"
        raise TypeError(
            f"{line}{owner.__qualname__}.{name}: expected a name of its own, got one that macduff keeps for itself; "
            f"{advice}"
        )


def _check_called(cls: type) -> None:
    """TypeError for code that nothing would ever call, since the class has no such event."""
    for name, base in BASES.items():
        owners = [each for each in cls.__mro__ if name in vars(each)]
        if owners and not any(each.__module__.startswith(FRAMEWORK) for each in owners):
            raise TypeError(
                f"{cls.__qualname__}.{name}: expected a class whose devices {name.removeprefix('do_')}, got one whose "
                f"devices do not, so it would never be called; derive from {base} or the like, or rename it"
            )
