"""A remote device seen through its class: checked against it, and with objects where the class has objects."""

from __future__ import annotations

import inspect
from typing import Any

from macduff.errors import BadValue
from macduff.values import VAction, VEnum, VType

from .attribute import RemoteAttribute
from .bridge import Bridge
from .method import RemoteMethod
from .mirror import Mirror
from .model import DeviceInfo
from .names import UnknownName, suggestion, unknown_member
from .texts import device_text

__all__ = ["NotThatClass", "TypedDevice", "typed_device"]


class NotThatClass(BadValue, TypeError):
    """A remote device that lacks members of the class, or has them with other types; the message names them all."""


class Action:
    """A remote VAction: `put` it and it happens."""

    def __init__(self, method: RemoteMethod) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def put(self, value: None = None) -> None:
        """Make it happen, and wait until it has."""
        self._method()

    def __repr__(self) -> str:
        return repr(self._method)


class TypedDevice:
    """Attributes as objects with `.value`, `.setpoint` and `.put`, their values as the class has them; methods call."""

    __slots__ = ("__weakref__", "_bridge", "_cls", "_members", "_mirror")

    def __init__(self, bridge: Bridge, mirror: Mirror, cls: type, members: dict[str, VType[Any] | None]) -> None:
        object.__setattr__(self, "_bridge", bridge)
        object.__setattr__(self, "_mirror", mirror)
        object.__setattr__(self, "_cls", cls)
        object.__setattr__(self, "_members", members)

    _bridge: Bridge
    _mirror: Mirror
    _cls: type
    _members: dict[str, VType[Any] | None]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        info = self._mirror.info
        if name not in self._members:
            raise unknown_member(f"{info.name} as {self._cls.__name__}", name, self._members)
        vtype = self._members[name]
        if vtype is not None and not isinstance(vtype, VAction):
            return RemoteAttribute(self._bridge, self._mirror, name, vtype)
        if name not in info.methods:
            raise unknown_member(info.name, name, info.methods, "method")
        method = RemoteMethod(self._bridge, info.name, info.methods[name])
        return method if vtype is None else Action(method)

    def __setattr__(self, name: str, value: Any) -> None:
        device = self._mirror.name
        raise UnknownName(
            f"{device}.{name}: expected .put(value), got an assignment; a {self._cls.__name__} has objects, not values",
            device=device,
            member=name,
        )

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self._members]

    def __repr__(self) -> str:
        return device_text(self._mirror.info).replace("<device ", f"<{self._cls.__name__} ", 1)


def typed_device(bridge: Bridge, mirror: Mirror, cls: type) -> TypedDevice:
    """The device as its class has it; NotThatClass, with all that is wrong, when it is not of that class."""
    members = _members(cls)
    if not members:
        raise TypeError(f"class: expected a device class with attributes or methods, got {cls!r}")
    problems = [problem for name, vtype in members.items() if (problem := _problem(mirror.info, name, vtype))]
    if problems:
        raise NotThatClass(
            f"{mirror.name}: expected a {cls.__name__}, got a device with {'; '.join(problems)}", device=mirror.name
        )
    return TypedDevice(bridge, mirror, cls, members)


def _members(cls: type) -> dict[str, VType[Any] | None]:
    """What a device class declares: the types of its attributes, None for its published methods.

    Recognised by what they have, a `vtype` or a `spec`, since the classes are the core's and a client does not import
    it.
    """
    found: dict[str, VType[Any] | None] = {}
    for name in dir(cls):
        if name.startswith("_"):
            continue
        member = inspect.getattr_static(cls, name)
        vtype = getattr(member, "vtype", None)
        if isinstance(vtype, VType):
            found[name] = vtype
        elif hasattr(type(member), "spec"):
            found[name] = None
    return found


def _problem(info: DeviceInfo, name: str, vtype: VType[Any] | None) -> str:
    if vtype is None or isinstance(vtype, VAction):
        return "" if name in info.methods else f"no method {name!r}{suggestion(name, info.methods)}"
    attribute = info.attributes.get(name)
    if attribute is None:
        return f"no attribute {name!r}{suggestion(name, info.attributes)}"
    remote = attribute.vtype
    if _kind(remote) != _kind(vtype):
        return f"{name!r} of {remote.name} instead of {vtype.name}"
    labels = vtype.labels if isinstance(vtype, VEnum) else ()
    if isinstance(remote, VEnum) and labels and not set(remote.labels) <= set(labels):
        return f"{name!r} with the labels {', '.join(map(repr, remote.labels))}"
    return ""


def _kind(vtype: VType[Any]) -> tuple[str, str | None]:
    return vtype.name, vtype.dtype
