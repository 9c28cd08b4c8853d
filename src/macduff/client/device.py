"""A remote device at the keyboard: `stage.velocity` reads, `stage.velocity = 2` writes, `stage.move(3)` calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .attribute import RemoteAttribute
from .bridge import Bridge
from .describe import AttributeState
from .method import RemoteMethod
from .mirror import Mirror
from .model import DeviceInfo
from .names import UnknownName, unknown_member
from .seconds import checked_seconds
from .texts import device_text

__all__ = ["Attributes", "RemoteDevice"]


class Attributes(Mapping[str, RemoteAttribute[Any]]):
    """The attributes of a remote device, by name, as objects with type, alarm and time."""

    def __init__(self, bridge: Bridge, mirror: Mirror) -> None:
        self._bridge = bridge
        self._mirror = mirror

    def __getitem__(self, name: str, /) -> RemoteAttribute[Any]:
        if self._mirror.may_open(name):
            core = self._bridge.core
            state = self._bridge.request("get", self._mirror.name, name, core.get).result(self._bridge.timeout)
            self._mirror.opened[name] = state.info
        self._mirror.attribute(name)
        return RemoteAttribute(self._bridge, self._mirror, name)

    def __contains__(self, name: object) -> bool:
        return name in self._mirror.info.attributes

    def __iter__(self) -> Iterator[str]:
        return iter(self._mirror.info.attributes)

    def __len__(self) -> int:
        return len(self._mirror.info.attributes)

    def read(self, timeout: float | None = None) -> dict[str, AttributeState]:
        """All of them with one Get, by name in the device's order. TimedOut after `timeout` (the client's) seconds."""
        seconds = self._bridge.timeout if timeout is None else checked_seconds(timeout, self._mirror.name)
        states: dict[str, AttributeState] = self._bridge.request(
            "get", self._mirror.name, "", self._bridge.core.read
        ).result(seconds)
        return states

    def put(self, values: Mapping[str, Any], readback: bool = False, timeout: float | None = None) -> None:
        """Put several at once, by name: for a configurable device one configure. As RemoteAttribute.put otherwise."""
        for name in values:
            self._mirror.attribute(name)
        core, seconds = self._bridge.core, checked_seconds(timeout, self._mirror.name)
        self._bridge.request(
            "put", self._mirror.name, "", lambda request: core.put(request, dict(values), readback)
        ).result(seconds)

    def __repr__(self) -> str:
        return f"<attributes of {self._mirror.name}: {', '.join(self)}>"


class RemoteDevice:
    """A device of a server, by its names: values at the keyboard, `attributes` for all that belongs to a value.

    Reading an attribute is one Get, each time; assigning puts the value and waits until that is complete; a method is
    called and waited for. What there is, is known without asking the server.
    """

    __slots__ = ("__weakref__", "_bridge", "_methods", "_mirror")

    _bridge: Bridge
    _mirror: Mirror
    _methods: tuple[DeviceInfo, dict[str, RemoteMethod]]

    def __init__(self, bridge: Bridge, mirror: Mirror) -> None:
        object.__setattr__(self, "_bridge", bridge)
        object.__setattr__(self, "_mirror", mirror)
        object.__setattr__(self, "_methods", (mirror.info, {}))

    @property
    def attributes(self) -> Attributes:
        """The attributes by name, as objects with value, set point, alarm, time, type, `put` and `subscribe`."""
        return Attributes(self._bridge, self._mirror)

    def put(self, *, readback: bool = False, timeout: float | None = None, **values: Any) -> None:
        """Put several attributes at once, for a configurable device as one configure: `put(x=1, y=2)`."""
        self.attributes.put(values, readback, timeout)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # Python and its tools ask for many of these
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        info = self._mirror.info
        if name in info.attributes:
            return RemoteAttribute(self._bridge, self._mirror, name).value
        if name in info.methods:
            return self._method(info, name)
        raise unknown_member(info.name, name, info.fields)

    def _method(self, info: DeviceInfo, name: str) -> RemoteMethod:
        known, methods = self._methods
        if known is not info:
            methods = {}
            object.__setattr__(self, "_methods", (info, methods))
        if name not in methods:
            methods[name] = RemoteMethod(self._bridge, info.name, info.methods[name])
        return methods[name]

    def __setattr__(self, name: str, value: Any) -> None:
        info = self._mirror.info
        if name in info.attributes:
            RemoteAttribute(self._bridge, self._mirror, name).put(value)
            return
        if name in info.methods:
            what = f"{info.name}.{name}: expected to be called, not assigned; it is a method"
            raise UnknownName(what, device=info.name, member=name)
        raise unknown_member(info.name, name, info.attributes, "attribute")

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *filter(str.isidentifier, self._mirror.info.fields)]

    def __repr__(self) -> str:
        return device_text(self._mirror.info)

    def __str__(self) -> str:
        return self._mirror.name
