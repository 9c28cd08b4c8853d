"""TangoDevice: a comm as the RunEngine knows devices; and devices of one attribute, one pipe or one command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, cast

from bluesky.protocols import Hints, Reading
from event_model import DataKey
from ophyd_async.core import (
    DEFAULT_TIMEOUT,
    AsyncStatus,
    Device,
    DeviceConnector,
    DeviceMock,
    SignalR,
    SignalW,
    merge_gathered_dicts,
)

from .comm import TangoComm
from .connecting import call_in_loop, running
from .member import forget_cancelled
from .members import kind_of

__all__ = ["TangoDevice", "default_name"]

_BeforeAndAfter = tuple[dict[str, Reading[Any]], dict[str, Reading[Any]]]


def default_name(dev_name: str) -> str:
    """`test-macduff-one` for `test/macduff/one` or `tango://host:port/test/macduff/one#dbase=no`."""
    bare = re.sub(r"^tango://[^/]*/", "", dev_name.strip()).partition("#")[0]
    return re.sub(r"[^a-zA-Z\d]", "-", bare)


class _CommConnector(DeviceConnector):
    """Connects the comm of a device where ophyd-async would connect the children."""

    def __init__(self, comm: TangoComm) -> None:
        self._comm = comm

    async def connect_mock(self, device: Device, mock: DeviceMock[Any]) -> None:
        await self._comm.connect(mock=mock)
        await mock.connect(device)

    async def connect_real(self, device: Device, timeout: float, force_reconnect: bool) -> None:
        await self._comm.connect(timeout=timeout, force_reconnect=force_reconnect)


class TangoDevice(Device):
    """Readable and configurable by the signals of a comm, which are its children, named `device-hint`.

    `readings` and `configuration` say by hints which belong to each point of a plan and which to its configuration;
    `readings` None means every attribute and pipe that can be read and is no configuration. Subclasses or the call
    give them.
    """

    readings: ClassVar[tuple[str, ...] | None] = None
    configuration: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        comm: TangoComm,
        name: str | None = None,
        *,
        readings: Iterable[str] | None = None,
        configuration: Iterable[str] | None = None,
    ) -> None:
        self.comm = comm
        config = tuple(self.configuration if configuration is None else configuration)
        if readings is None:
            readings = self.readings
        if readings is None:
            readings = [
                hint for hint, signal in comm.signals.items() if isinstance(signal, SignalR) and hint not in config
            ]
        self._readings, self._configuration = self._readable(readings), self._readable(config)
        for signal in comm.signals.values():
            signal.parent = self
        super().__init__(name=name or default_name(comm.dev_name), connector=_CommConnector(comm))

    def _readable(self, hints: Iterable[str]) -> tuple[Any, ...]:
        for hint in hints:
            if not isinstance(self.comm.signals.get(hint), SignalR):
                where, comm = type(self).__name__, type(self.comm).__name__
                raise TypeError(f"{where}: expected hints of {comm} that can be read, got {hint!r}")
        return tuple(self.comm.signals[hint] for hint in hints)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.comm!r}, {self.name!r})"

    async def connect(
        self, mock: bool | DeviceMock[Any] = False, timeout: float = DEFAULT_TIMEOUT, force_reconnect: bool = False
    ) -> None:
        forget_cancelled(self)
        await super().connect(mock, timeout, force_reconnect)

    def children(self) -> Iterator[tuple[str, Device]]:
        """The comm's signals by their hints, then other devices that a subclass has."""
        yield from self.comm.signals.items()
        yield from super().children()

    @property
    def hints(self) -> Hints:
        """The attributes that are read, for tables and plots."""
        return {"fields": [signal.name for signal in self._readings if kind_of(signal) == "attribute"]}

    async def read(self) -> dict[str, Reading[Any]]:
        return await merge_gathered_dicts([signal.read() for signal in self._readings])

    async def describe(self) -> dict[str, DataKey]:
        return await merge_gathered_dicts([signal.describe() for signal in self._readings])

    async def read_configuration(self) -> dict[str, Reading[Any]]:
        return await merge_gathered_dicts([signal.read() for signal in self._configuration])

    async def describe_configuration(self) -> dict[str, DataKey]:
        return await merge_gathered_dicts([signal.describe() for signal in self._configuration])

    @AsyncStatus.wrap
    async def prepare(self, value: Mapping[str, Any]) -> None:
        """Put these values, by hint or by name (`velocity` or `motor-velocity`), one after the other.

        Nothing is put if a name is not known or cannot be written: ValueError.
        """
        for signal, setting in self._writes(value):
            await signal.set(setting)

    def configure(self, values: Mapping[str, Any]) -> _BeforeAndAfter:
        """Outside of plans and coroutines: put these values as `prepare` does; the configuration before and after.

        Bluesky calls this in its loop and waits for no coroutine, so that in a plan it is RuntimeError: use `prepare`.
        """
        if running():
            raise RuntimeError(
                f"{self.name}: expected configure outside of plans and coroutines, where it may wait, got it within; "
                "use `yield from bps.prepare(device, values, wait=True)`, or `await device.prepare(values)`"
            )
        return cast(_BeforeAndAfter, call_in_loop(self._configure(values)))

    async def _configure(self, values: Mapping[str, Any]) -> _BeforeAndAfter:
        before = await self.read_configuration()
        await self.prepare(values)
        return before, await self.read_configuration()

    def _writes(self, values: Mapping[str, Any]) -> list[tuple[Any, Any]]:
        if not isinstance(values, Mapping):
            raise TypeError(f'{self.name}: expected a mapping such as {{"velocity": 2.0}}, got {values!r}')
        known = {hint: signal for hint, signal in self.comm.signals.items() if isinstance(signal, SignalW)}
        named = {signal.name: signal for signal in known.values()}
        wrong = [name for name in values if name not in known and name not in named]
        if wrong:
            raise ValueError(f"{self.name}: expected to set what can be written ({', '.join(known) or 'nothing'}), "
                             f"got {', '.join(wrong)}")  # fmt: skip
        return [(known.get(name) or named[name], value) for name, value in values.items()]
