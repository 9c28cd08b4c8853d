"""TangoComm: the signals of one Tango device, made from the type hints of a subclass."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_origin, get_type_hints

from ophyd_async.core import DEFAULT_TIMEOUT, Device, DeviceMock, NotConnectedError

from .connecting import CommsConnector
from .connectors import Connecting, connector_of, finish
from .members import KINDS, connected
from .proxies import get_proxy

__all__ = ["TangoComm", "make_tango_signals"]

_SIGNALS = tuple(cls for classes in KINDS.values() for cls in classes)


class TangoComm:
    """Base of the classes whose type hints say which signals of a Tango device are used, bare or with their type.

    Made within a CommsConnector it is connected at the end of that, else by `await comm.connect()`. Signals with hints
    have the names of the hints; `signals` holds them by these.
    """

    def __init__(self, dev_name: str) -> None:
        if type(self) is TangoComm:
            raise TypeError(
                "TangoComm: expected a subclass with hints such as `position: TangoAttrRW`, got TangoComm itself"
            )
        if not (dev_name and isinstance(dev_name, str)):
            raise TypeError(f"{type(self).__name__}: expected the name of a Tango device (\"domain/family/member\" or "
                            f"tango://host:port/...), got {dev_name!r}")  # fmt: skip
        self.dev_name = dev_name
        self.pending: list[Connecting] = []
        self.on_connect: list[Callable[[], None]] = []
        """Called when the comm was connected, or simulated."""
        self.mock: DeviceMock[Any] | None = None
        self._again = False
        self.signals: Mapping[str, Any] = make_tango_signals(self)
        CommsConnector.schedule_connect(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.dev_name!r})"

    @property
    def connected(self) -> bool:
        """Whether all signals are; simulated ones are not."""
        return not self.unconnected()

    def unconnected(self) -> dict[str, Any]:
        """The signals that are still to be connected, by their hints."""
        return {hint: signal for hint, signal in self.signals.items() if self._again or not connected(signal)}

    async def get_proxy(self) -> Any:
        """The device's proxy, which all its comms and signals share."""
        return await get_proxy(self.dev_name)

    async def connect(
        self, mock: bool | DeviceMock[Any] = False, timeout: float = DEFAULT_TIMEOUT, force_reconnect: bool = False
    ) -> None:
        """Connect all signals within `timeout` seconds; with `mock` simulate them.

        NotConnectedError lists every signal that failed and why; the others are connected.
        """
        if mock:
            await self._simulate(mock if isinstance(mock, DeviceMock) else DeviceMock())
        else:
            self.mock, self._again = None, force_reconnect
            try:
                async with asyncio.timeout(timeout):
                    await self._connect()
            except TimeoutError as error:
                raise NotConnectedError(
                    f"{self!r}: expected it to connect within {timeout:g} s, got no answer"
                ) from error
            finally:
                self._again = False
                self.pending.clear()
        for call in self.on_connect:
            call()

    async def _simulate(self, mock: DeviceMock[Any]) -> None:
        self.mock = mock
        for hint, signal in self.signals.items():
            await signal.connect(mock=DeviceMock(hint, mock))

    async def _connect(self) -> None:
        if not self.unconnected():
            return
        proxy = await self.get_proxy()
        await finish(connector_of(self)(self, proxy))
        while self.pending:
            await self.pending.pop(0).finish()
        forgotten = {hint: signal for hint, signal in self.signals.items() if not connected(signal)}
        if forgotten:
            missed = f"expected its connector {connector_of(self)!r} to connect it, got it unconnected"
            raise NotConnectedError({hint: NotConnectedError(f"{self!r}.{hint}: {missed}") for hint in forgotten})

    async def connect_members(
        self, members: Mapping[str, str], proxy: Any, *, read: bool, errors: dict[str, Exception] | None = None
    ) -> None:
        """Connect the signals of these hints to these members at the same time; NotConnectedError with all `errors`."""
        errors = errors or {}
        results = await asyncio.gather(
            *(self.signals[hint].connect(self.dev_name, name, proxy, read=read) for hint, name in members.items()),
            return_exceptions=True,
        )
        for hint, result in zip(members, results, strict=True):
            if isinstance(result, Exception):
                errors[hint] = result
            elif isinstance(result, BaseException):
                raise result
        if errors:
            raise NotConnectedError(errors)


def make_tango_signals(comm: TangoComm) -> dict[str, Any]:
    """Set a signal that is not connected for each hint of the comm's class that names one; these, by hint.

    Other hints are left alone, and so are signals that are there already. TypeError for a hint that cannot be: a name
    of the comm's own, or a signal of another library.
    """
    where = type(comm).__name__
    try:
        hints = get_type_hints(type(comm))
    except NameError as error:
        raise TypeError(f"{where}: expected hints of classes that its module knows, got {error}") from error
    signals: dict[str, Any] = {}
    for name, hint in hints.items():
        cls = get_origin(hint) or hint
        if not (isinstance(cls, type) and issubclass(cls, _SIGNALS)):
            if any(isinstance(part, type) and issubclass(part, Device) for part in (cls, *_parts(hint))):
                raise TypeError(f"{where}.{name}: expected TangoAttrR, -W, -RW, TangoPipeR, -W, -RW or TangoCommand, "
                                f"got {hint}")  # fmt: skip
            continue
        signal: Any = vars(comm).get(name)
        if not isinstance(signal, _SIGNALS):
            if hasattr(comm, name) or name == "signals":
                raise TypeError(f"{where}: expected a hint that is no name of the comm's own, got {name!r}; "
                                f"call it {name}_, which is named alike")  # fmt: skip
            signal = cls(*(datatype for datatype in get_args(hint)[:1] if datatype is not Any))
            signal.set_name(name)
            setattr(comm, name, signal)
        signals[name] = signal
    return signals


def _parts(hint: Any) -> list[Any]:
    return [get_origin(part) or part for part in get_args(hint)]
