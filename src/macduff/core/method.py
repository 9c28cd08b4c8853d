"""Published methods: typed by their annotations, called by clients, by other devices and by their own device."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from ..errors import BadValue, DeviceFailed, MacduffError
from ..values import VType
from .call import MethodLog
from .spec import MethodSpec, check_blocking, spec_of
from .states import DState
from .waiting import call_child

if TYPE_CHECKING:
    from .device import Device
    from .source import MethodBinding, MethodSource

__all__ = ["Method", "MethodSpec", "Published", "publish_method"]

P = ParamSpec("P")
R = TypeVar("R")
D = TypeVar("D", bound="Device")

BUSY = ("refuse", "replace", "allow")


class Published(Generic[D, P, R]):
    """A published method on its class; on a device it is a `Method`."""

    def __init__(
        self,
        function: Callable[Concatenate[D, P], R],
        options: Mapping[str, Any],
        *,
        dynamic: bool = False,
        source: MethodSource | None = None,
    ) -> None:
        self.function = function
        self.options = options
        self.dynamic = dynamic  # what it takes differs from device to device
        self.name = function.__name__
        self._spec: MethodSpec | None = None
        update_wrapper(cast(Any, self), function)
        self.source = source  # where it is really done, such as a command of a device elsewhere

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name  # raises nothing: before Python 3.12 that would be told as another error
        if self._spec is not None and self._spec.name != name:
            self._spec = replace(self._spec, name=name)

    @property
    def spec(self) -> MethodSpec:
        if self._spec is None:
            self._spec = self._make_spec()
        return self._spec

    def _make_spec(self) -> MethodSpec:
        if self.dynamic:
            description = inspect.getdoc(self.function) or ""
            return MethodSpec(self.name.lstrip("_"), description, {}, (), {}, {}, False, **self.options)
        return spec_of(self.function, name=self.name, **self.options)

    @overload
    def __get__(self, instance: None, owner: type) -> Published[D, P, R]: ...
    @overload
    def __get__(self, instance: D, owner: type) -> Method[P, R]: ...
    def __get__(self, instance: D | None, owner: type) -> Published[D, P, R] | Method[P, R]:
        if instance is None:
            return self
        return Method(
            instance, self.name, self.spec, self.function
        )  # super().method(); else the device's own dict wins


class Method(Generic[P, R]):
    """A published method of one device.

    In its own device a plain call, in the same call and lock. From another device's code: a call that other clients
    could make too, waited for with the lock released. From anywhere else it raises and names the view to use.
    """

    def __init__(self, device: Device, name: str, spec: MethodSpec, function: Callable[..., R]) -> None:
        self.device = device
        self.name = name
        self.spec = spec
        self.function = function
        self.binding: MethodBinding | None = None
        self.took = MethodLog()
        self.returned = MethodLog()
        self.__doc__ = function.__doc__

    @property
    def label(self) -> str:
        plain = self.name.replace("_", " ")
        return self.spec.label or plain[:1].upper() + plain[1:]

    @property
    def description(self) -> str:
        return self.spec.description

    @property
    def tags(self) -> tuple[str, ...]:
        return self.spec.tags

    @property
    def takes(self) -> Mapping[str, VType[Any]]:
        return self.device._method_spec(self).takes

    @property
    def required(self) -> tuple[str, ...]:
        return self.device._method_spec(self).required

    @property
    def defaults(self) -> Mapping[str, Any]:
        """What an omitted argument means, now: for `configure` the set points of the parameters."""
        return self.device._defaults(self)

    @property
    def returns(self) -> Mapping[str, VType[Any]]:
        return self.device._method_spec(self).returns

    @property
    def unpacked(self) -> bool:
        return self.spec.unpacked

    @property
    def writeable(self) -> bool:
        """Whether a call by a client would be accepted now."""
        return self.device._machine.callable_now(self)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        call = self.device._local.call
        if call is None:
            raise RuntimeError(
                f"{self.device.name}.{self.name}: expected a call from device code, got one from outside any device; "
                f"use process.view({self.device.name!r}).{self.name}(...)"
            )
        if call.device is self.device:
            if self.spec.event:
                raise RuntimeError(
                    f"{self.device.name}.{self.name}: expected a caller outside {self.device.name}, got its own code; "
                    f"do_ functions return the final state instead"
                )
            return self.function(self.device, *args, **kwargs)
        result: R = call_child(call, self, args, kwargs)
        return result

    def perform(self, args: Mapping[str, Any]) -> Any:
        """In a worker: the author's code with bound arguments, and its result held against the annotation."""
        device = self.device
        value = self.function(device, **args)
        try:
            return device._method_spec(self).result(f"{device.name}.{self.name}", value)
        except MacduffError as error:
            raise DeviceFailed(str(error), device=device.name, member=self.name) from None

    def arguments(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Positional and named arguments as one mapping."""
        names = tuple(self.takes)
        where = f"{self.device.name}.{self.name}"
        if len(args) > len(names):
            raise BadValue(f"{where}: expected at most {len(names)} arguments, got {len(args)}")
        given = dict(zip(names, args, strict=False))
        twice = sorted(given.keys() & kwargs.keys())
        if twice:
            raise BadValue(f"{where}: expected each argument once, got {', '.join(twice)} twice")
        return {**given, **kwargs}

    def bind(self, parameters: Mapping[str, Any] | Sequence[Any] | None) -> dict[str, Any]:
        """The validated arguments; errors carry device and member."""
        try:
            return self.device._method_spec(self).bind(f"{self.device.name}.{self.name}", parameters)
        except MacduffError as error:
            error.device, error.member = self.device.name, self.name
            raise

    def __repr__(self) -> str:
        return f"<{self.device.name}.{self.name}({', '.join(self.takes)})>"


@overload
def publish_method(function: Callable[Concatenate[D, P], R], /) -> Published[D, P, R]: ...
@overload
def publish_method(
    *, busy: str = "refuse", only_in: Iterable[DState] | None = None, slow: bool = False, label: str = "",
    tags: Iterable[str] = (), like: Mapping[str, str] | None = None,
) -> Callable[[Callable[Concatenate[D, P], R]], Published[D, P, R]]: ...  # fmt: skip
def publish_method(
    function: Callable[..., Any] | None = None,
    /,
    *,
    busy: str = "refuse",
    only_in: Iterable[DState] | None = None,
    slow: bool = False,
    label: str = "",
    tags: Iterable[str] = (),
    like: Mapping[str, str] | None = None,
) -> Any:
    """Publish a method of a Device to every client.

    busy says what happens while another call holds the device: "refuse" it, "replace" the first (which must be
    declared "replace" too; it ends with Superseded), or "allow" it in at the first one's waits. only_in: the states in
    which it may be called. slow: Tango clients get an answer at once. like: {"target": "position"} gives an argument,
    or the result ("return"), the units and limits that the attribute has at the time of the call.
    """
    if busy not in BUSY:
        raise TypeError(f"publish_method: expected busy to be one of {', '.join(BUSY)}, got {busy!r}")
    options = {
        "busy": busy,
        "only_in": None if only_in is None else frozenset(only_in),
        "slow": slow,
        "label": label,
        "tags": tuple(tags),
        "like": dict(like or {}),
    }
    if function is not None:
        return _published(function, options)
    return lambda wrapped: _published(wrapped, options)


def _published(function: Callable[..., Any], options: Mapping[str, Any]) -> Published[Any, Any, Any]:
    """Read its signature here, so that what is wrong with it is told with its own line."""
    check_blocking(function)
    published: Published[Any, Any, Any] = Published(function, options)
    published.spec  # noqa: B018 - made and kept
    return published
