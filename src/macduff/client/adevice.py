"""A remote device for asyncio: `await stage.velocity.get()`, `await stage.move(3)`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Generic, TypeVar

from macduff.values import History, Reading, VType

from .amonitor import AsyncMonitor
from .calls import bound
from .core import Core
from .describe import AttributeState
from .inbox import Policy
from .mirror import Mirror
from .model import AttributeInfo, MethodInfo
from .names import UnknownName, unknown_member
from .past import fetch, query_of
from .reply import AsyncCall, reply_of
from .seconds import checked_seconds
from .signature import attribute_doc, method_doc, signature_of, units_of
from .texts import attribute_text, device_text

__all__ = ["AsyncAttribute", "AsyncAttributes", "AsyncDevice", "AsyncMethod"]

T = TypeVar("T")


class AsyncAttribute(Generic[T]):
    """An attribute that is somewhere else: `get`, `read`, `put`, `updates`. Its type is known without asking."""

    def __init__(self, core: Core, timeout: float, mirror: Mirror, name: str) -> None:
        self._core = core
        self._timeout = timeout
        self._mirror = mirror
        self.name = name
        self.__doc__ = attribute_doc(self.info)

    @property
    def info(self) -> AttributeInfo:
        """What the server says of the attribute."""
        return self._mirror.attribute(self.name)

    @property
    def vtype(self) -> VType[T]:
        """Its type with units and limits, as last described."""
        return self.info.vtype

    @property
    def units(self) -> str:
        """Its units; "" for none."""
        return units_of(self.vtype)

    @property
    def path(self) -> str:
        """Its full name, "STAGE.velocity"."""
        return f"{self._mirror.name}.{self.name}"

    async def state(self, timeout: float | None = None) -> AttributeState:
        """All that one Get tells: description, reading, set point. TimedOut after `timeout` (the client's) seconds."""
        seconds = self._timeout if timeout is None else timeout
        state: AttributeState = await reply_of("get", self._mirror.name, self.name, self._core.get, seconds)
        return state

    async def get(self, timeout: float | None = None) -> T:
        """What it is: one Get."""
        value: T = (await self.state(timeout)).reading.value
        return value

    async def read(self, timeout: float | None = None) -> Reading:
        """Value, alarm and time of one moment: one Get."""
        return (await self.state(timeout)).reading

    async def get_setpoint(self, timeout: float | None = None) -> T:
        """What was last asked for; the value, where the server does not tell one apart: one Get."""
        setpoint: T = (await self.state(timeout)).setpoint
        return setpoint

    async def put(self, value: T, readback: bool = False, timeout: float | None = None) -> None:
        """Put a value and wait until that is complete; with `readback` until the readback confirms it.

        TimedOut after `timeout` seconds (never by default), and then, as after a cancellation, it may still complete.
        """
        core = self._core
        await reply_of("put", self._mirror.name, self.name, lambda request: core.put(request, value, readback), timeout)

    async def history(
        self, seconds: float | None = None, *, since: int | None = None, count: int | None = None,
        timeout: float | None = None,
    ) -> History:  # fmt: skip
        """What it was, as far back as the server has it: as RemoteAttribute.history."""
        query = query_of(f"{self.path}.history", seconds, since, count)
        limit = self._timeout if timeout is None else checked_seconds(timeout, self.path)
        return await fetch(self._core.connection.address, self._mirror.name, self.name, self.vtype, query, limit)

    def monitor(self, policy: Policy = "latest", size: int | None = None) -> AsyncMonitor:
        """The readings as an iterator, for an `async with`; see AsyncClient.monitor."""
        return AsyncMonitor(self._core, self._timeout, self._mirror.name, self.name, policy, size)

    async def updates(self, policy: Policy = "latest", size: int | None = None) -> AsyncIterator[Reading]:
        """`async for reading in stage.velocity.updates()`: the present reading, then each change, until you leave."""
        async with self.monitor(policy, size) as readings:
            async for reading in readings:
                yield reading

    def __repr__(self) -> str:
        return attribute_text(self._mirror.described, self.name)


class AsyncMethod:
    """Await a call to run the method on the device; `start` gives a call to await later.

    Cancelling the task that awaits `stage.move(3)` sends abort to the device and waits for the call's end.
    """

    def __init__(self, core: Core, device: str, info: MethodInfo) -> None:
        self._core = core
        self._device = device
        self.info = info
        self.__name__ = info.name
        self.__qualname__ = f"{device}.{info.name}"
        self.__doc__ = method_doc(device, info)
        self.__signature__ = signature_of(info)

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return await self.start(*args, **kwargs).or_abort()

    def start(self, *args: Any, **kwargs: Any) -> AsyncCall[Any]:
        """Send the call now; await what comes back for its result, `cancel()` it to send abort to the device."""
        parameters = bound(self._device, self.info, args, kwargs)
        abort = None if self.info.name == "abort" else self._abort
        return AsyncCall(self._device, self.info.name, lambda request: self._core.call(request, parameters), abort)

    def _abort(self) -> AsyncCall[None]:
        return AsyncCall(self._device, "abort", lambda request: self._core.call(request, {}), None)

    def __repr__(self) -> str:
        return f"<method {self._device}.{self.info.name}{self.__signature__}>"


class AsyncAttributes(Mapping[str, AsyncAttribute[Any]]):
    """The attributes of a remote device, by name."""

    def __init__(self, core: Core, timeout: float, mirror: Mirror) -> None:
        self._core = core
        self._timeout = timeout
        self._mirror = mirror

    def __getitem__(self, name: str) -> AsyncAttribute[Any]:
        self._mirror.attribute(name)
        return AsyncAttribute(self._core, self._timeout, self._mirror, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._mirror.info.attributes)

    def __len__(self) -> int:
        return len(self._mirror.info.attributes)

    def __contains__(self, name: object) -> bool:
        return name in self._mirror.info.attributes

    async def open(self, name: str, timeout: float | None = None) -> AsyncAttribute[Any]:
        """An attribute, asked for by name: one that the device does not show, but opens, is had in no other way."""
        if self._mirror.may_open(name):
            seconds = self._timeout if timeout is None else timeout
            state: AttributeState = await reply_of("get", self._mirror.name, name, self._core.get, seconds)
            self._mirror.opened[name] = state.info
        return self[name]

    async def put(self, values: Mapping[str, Any], readback: bool = False, timeout: float | None = None) -> None:
        """Put several at once, by name: for a configurable device one configure. As AsyncAttribute.put otherwise."""
        for name in values:
            self._mirror.attribute(name)
        core = self._core
        await reply_of("put", self._mirror.name, "", lambda request: core.put(request, dict(values), readback), timeout)

    def __repr__(self) -> str:
        return f"<attributes of {self._mirror.name}: {', '.join(self)}>"


class AsyncDevice:
    """A device of a server: `stage.velocity` is an AsyncAttribute, `stage.move` an AsyncMethod."""

    __slots__ = ("__weakref__", "_core", "_mirror", "_timeout")

    def __init__(self, core: Core, timeout: float, mirror: Mirror) -> None:
        self._core = core
        self._timeout = timeout
        self._mirror = mirror

    @property
    def attributes(self) -> AsyncAttributes:
        """The attributes by name."""
        return AsyncAttributes(self._core, self._timeout, self._mirror)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # Python and its tools ask for many of these
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        info = self._mirror.info
        if name in info.attributes:
            return AsyncAttribute(self._core, self._timeout, self._mirror, name)
        if name in info.methods:
            return AsyncMethod(self._core, info.name, info.methods[name])
        raise unknown_member(info.name, name, info.fields)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
            return
        device = self._mirror.name
        what = (
            f"{device}.{name}: expected `await {device.lower()}.{name}.put(value)`, got an assignment; it cannot wait"
        )
        raise UnknownName(what, device=device, member=name)

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *filter(str.isidentifier, self._mirror.info.fields)]

    def __repr__(self) -> str:
        return device_text(self._mirror.info)

    def __str__(self) -> str:
        return self._mirror.name
