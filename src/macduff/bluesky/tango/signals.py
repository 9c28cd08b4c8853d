"""The signals of Tango devices: attributes, pipes and commands as ophyd-async knows signals."""

# pyright: reportIncompatibleMethodOverride=false
# `connect` is told what to connect to; ophyd-async's own arguments go by name everywhere.

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, Generic

from bluesky.protocols import Reading
from event_model import DataKey
from ophyd_async.core import (
    DEFAULT_TIMEOUT,
    AsyncStatus,
    Command,
    DeviceMock,
    Signal,
    SignalDatatype,
    SignalR,
    SignalRW,
    SignalW,
)
from typing_extensions import TypeVar

from ...sources.tango.library import load
from .attribute import SEVERITIES, AttributeBackend
from .command import CommandOfDevice
from .member import Member, forget_cancelled
from .pipe import PipeBackend
from .simulated import TangoCommandConnector, TangoConnector
from .watched import Monitor

__all__ = [
    "Monitor",
    "TangoAttrR",
    "TangoAttrRW",
    "TangoAttrW",
    "TangoCommand",
    "TangoPipeR",
    "TangoPipeRW",
    "TangoPipeW",
]

T = TypeVar("T", bound=SignalDatatype, default=Any)
"""What a signal holds; Any where a hint is bare."""
_Backend = AttributeBackend | PipeBackend


class _TangoSignal(Signal[T], Generic[T]):
    """A member of a Tango device, which `connect` names; before, using it is NotConnectedError."""

    _kind: ClassVar[type[_Backend]]
    _first: ClassVar[Any] = 0.0
    """What one without a type holds first in mock mode."""

    def __init__(self, datatype: type[T] | None = None, name: str = "") -> None:
        """datatype: checked when it connects; None takes what the device has."""
        self._tango = self._kind(datatype, isinstance(self, SignalR), isinstance(self, SignalW))
        super().__init__(self._tango, name=name)
        self._connector = TangoConnector(self._tango, self._first)

    def set_name(self, name: str, *, child_name_separator: str | None = None) -> None:
        super().set_name(name, child_name_separator=child_name_separator)
        self._tango.member.label = name

    async def connect(  # type: ignore[override]  # ophyd-async's own arguments go by name everywhere
        self,
        dev_name: str | None = None,
        signal_name: str | None = None,
        proxy: Any = None,
        *,
        read: bool = True,
        mock: bool | DeviceMock[Any] = False,
        timeout: float = DEFAULT_TIMEOUT,
        force_reconnect: bool = False,
    ) -> None:
        """Connect to a member of a device, within `timeout` seconds; NotConnectedError says what is wrong.

        dev_name: "domain/family/member" or `tango://host:port/...`. proxy: the device's, else the one that all share.
        read: whether the value is read, to see that it can be. Without names: as it was named before.
        """
        force_reconnect |= _name(self._tango.member, dev_name, signal_name, proxy, read)
        forget_cancelled(self)
        await super().connect(mock=mock, timeout=timeout, force_reconnect=force_reconnect)

    @property
    def proxy(self) -> Any:
        """PyTango's DeviceProxy, of its asyncio mode; None until the signal is connected."""
        return self._tango.member.proxy

    @property
    def dev_name(self) -> str:
        """The device's name, as it was given."""
        return self._tango.member.dev_name

    @property
    def signal_name(self) -> str:
        """The member's name, as the device spells it."""
        return self._tango.member.signal_name

    @property
    def writable(self) -> bool:
        """Whether the member can be written, as far as is known."""
        return self._tango.native is None or self._tango.native.writable

    @property
    def units(self) -> str:
        """Of the attribute's configuration; "" where it has none."""
        return self._tango.facts.units

    @property
    def precision(self) -> int | None:
        """Digits after the decimal point, by the attribute's format; None where it has none."""
        return self._tango.facts.precision

    @property
    def limits(self) -> tuple[float | None, float | None] | None:
        """What may be put: (low, high), None for an end that is open; None where there are none."""
        return self._tango.facts.control


class _Readable(_TangoSignal[T], SignalR[T], Generic[T]):
    @property
    def has_events(self) -> bool:
        """Whether it is monitored, and events of the device tell each change."""
        return self._tango.has_events

    async def get_reading(self) -> Reading[Any]:
        """Value, the device's own time stamp, severity: 0 valid or changing, 1 warning, 2 alarm, -1 invalid."""
        reading: Reading[Any] = (await self.read())[self.name]
        return reading

    async def get_descriptor(self) -> DataKey:
        """How documents describe it: dtype, shape [rows, columns], units, precision, limits, choices; from no value."""
        key: DataKey = (await self.describe())[self.name]
        return key

    def monitor_reading(self, callback: Callable[[Reading[Any]], None]) -> Monitor:
        """Tell each new reading, and the present one first; in the running loop, until the monitor is closed."""
        return Monitor(self, callback)

    def monitor_value(self, callback: Callable[[Any], None]) -> Monitor:
        """Tell each new value, and the present one first; in the running loop, until the monitor is closed."""
        return Monitor(self, lambda reading: callback(reading["value"]))

    # what ophyd-async keeps of a monitored signal belongs to the loop that monitors it

    _home: asyncio.AbstractEventLoop | None = None

    def _get_cache(self) -> Any:
        if self._cache is not None and self._home is not None and self._home.is_closed():
            self._del_cache(False)
        if self._cache is None:
            self._home = asyncio.get_running_loop()
        return super()._get_cache()

    def clear_sub(self, function: Callable[..., None]) -> None:
        if self._cache is not None and function in self._cache._listeners:  # else its loop has ended
            super().clear_sub(function)

    def _backend_or_cache(self, cached: bool | None = None) -> Any:
        """Read anew unless told otherwise: the event of a put that has ended may still be on its way (record 17)."""
        if cached is None and self._cache is not None:
            simulated = self._connector.backend is not self._tango
            cached = simulated and self._home is asyncio.get_running_loop()
        return super()._backend_or_cache(cached)


class _Writable(_TangoSignal[T], SignalW[T], Generic[T]):
    async def put(self, value: T | None) -> None:
        """Write it. BadValue, a ValueError, if it is beyond the limits or not of the type: then nothing is written."""
        await self._connector.backend.put(value)


class _Attribute(_TangoSignal[T], Generic[T]):
    _kind = AttributeBackend
    _tango: AttributeBackend

    async def get_quality(self) -> Any:
        """The tango.AttrQuality that the device gives now."""
        backend = self._connector.backend
        if backend is self._tango:
            return (await self._tango.read()).quality
        severity = (await backend.get_reading()).get("alarm_severity", 0)
        return getattr(load().AttrQuality, next(name for name, number in SEVERITIES.items() if number == severity))


class TangoAttrR(_Attribute[T], _Readable[T], Generic[T]):
    """An attribute that is read."""


class TangoAttrW(_Attribute[T], _Writable[T], Generic[T]):
    """An attribute that is written."""


class TangoAttrRW(_Attribute[T], _Readable[T], _Writable[T], SignalRW[T], Generic[T]):
    """An attribute that is read and written; one that is read-only connects with a warning, and refuses to be put."""

    @property
    def warns_read_only(self) -> bool:
        """Whether it warns when it connects to an attribute that is read-only."""
        return self._tango.warns_read_only

    @warns_read_only.setter
    def warns_read_only(self, warns: bool) -> None:
        self._tango.warns_read_only = warns


class TangoPipeR(_Readable[T], Generic[T]):
    """A pipe that is read; pipes are in PyTango up to 10.0."""

    _kind = PipeBackend
    _first: ClassVar[Any] = {}


class TangoPipeW(_Writable[T], Generic[T]):
    """A pipe that is written; pipes are in PyTango up to 10.0."""

    _kind = PipeBackend
    _first: ClassVar[Any] = {}


class TangoPipeRW(_Readable[T], _Writable[T], SignalRW[T], Generic[T]):
    """A pipe that is read and written; pipes are in PyTango up to 10.0."""

    _kind = PipeBackend
    _first: ClassVar[Any] = {}


class TangoCommand(Command[..., Any]):
    """A command of a device."""

    def __init__(self, name: str = "") -> None:
        self._tango = CommandOfDevice()
        super().__init__(self._tango, name=name)
        self._connector = TangoCommandConnector(self._tango)

    def set_name(self, name: str, *, child_name_separator: str | None = None) -> None:
        super().set_name(name, child_name_separator=child_name_separator)
        self._tango.member.label = name

    async def connect(  # type: ignore[override]  # as of the other signals
        self,
        dev_name: str | None = None,
        signal_name: str | None = None,
        proxy: Any = None,
        *,
        read: bool = True,
        mock: bool | DeviceMock[Any] = False,
        timeout: float = DEFAULT_TIMEOUT,
        force_reconnect: bool = False,
    ) -> None:
        """Connect to a command of a device, if it is in the list of those; as the other signals do."""
        force_reconnect |= _name(self._tango.member, dev_name, signal_name, proxy, read)
        forget_cancelled(self)
        await super().connect(mock=mock, timeout=timeout, force_reconnect=force_reconnect)

    @property
    def proxy(self) -> Any:
        """PyTango's DeviceProxy, of its asyncio mode; None until the command is connected."""
        return self._tango.member.proxy

    @property
    def dev_name(self) -> str:
        """The device's name, as it was given."""
        return self._tango.member.dev_name

    @property
    def signal_name(self) -> str:
        """The command's name, as the device spells it."""
        return self._tango.member.signal_name

    async def execute(self, *argument: Any) -> Any:  # type: ignore[override]  # a coroutine, made outside of the loop too
        """Run it and give what it returns; it takes one argument, or none, as the device says."""
        return await self._connector.backend.execute(*argument)

    @AsyncStatus.wrap
    async def trigger(self) -> None:
        """For plans: `bps.trigger(command)` runs it without an argument."""
        await self.execute()


def _name(member: Member, dev_name: str | None, signal_name: str | None, proxy: Any, read: bool) -> bool:
    """Take the names that were given; whether there were any."""
    if dev_name is None and signal_name is None and proxy is None:
        return False
    member.proxy, member.given, member.reads = None, proxy, read
    member.dev_name = member.dev_name if dev_name is None else dev_name
    member.signal_name = member.signal_name if signal_name is None else signal_name
    return True
