"""How the signals of a comm find their members of the Tango device: by similar names, by given ones, by your code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from ophyd_async.core import NotConnectedError

from .matching import Kind, a, match, near
from .members import kind_of, list_members

if TYPE_CHECKING:
    from .comm import TangoComm

__all__ = ["CONNECTOR", "ConnectSimilarlyNamed", "ConnectWithoutReading", "Connector", "connector_of"]

Connector = Callable[[Any, Any], Awaitable[Any] | None]
"""Given the comm and its device's proxy it connects the comm's signals; plain or async."""

CONNECTOR = "_tango_connector"
"""Where a class of comm has its connector."""


def connector_of(comm: TangoComm) -> Connector:
    """The connector of the comm's class or the nearest of its bases; else the one that goes by names."""
    found: Connector | None = getattr(type(comm), CONNECTOR, None)
    return found or ConnectSimilarlyNamed


class Connecting:
    """Work that was asked for: done where it is awaited, else by the comm when its connector has returned."""

    def __init__(self, comm: TangoComm, proxy: Any, work: Callable[[Any], Awaitable[None]]) -> None:
        self._proxy, self._work, self._begun = proxy, work, False
        self._comm = comm
        comm.pending.append(self)

    def __await__(self) -> Generator[Any, None, None]:
        return self.finish().__await__()

    async def finish(self) -> None:
        """Do it, if nobody has yet."""
        if self._begun:
            return
        self._begun = True
        await self._work(self._proxy or await self._comm.get_proxy())


class ConnectSimilarlyNamed(Connecting):
    """Connect what is not connected yet to the members that are named alike.

    Case and every character that is neither letter nor digit are ignored, the underscore too. A member of exactly the
    hint's name comes before those that are only like it. NotConnectedError lists each hint that finds no member, or
    several, with the near misses.
    """

    def __init__(self, comm: TangoComm, proxy: Any = None) -> None:
        super().__init__(comm, proxy, self._connect)

    async def _connect(self, proxy: Any) -> None:
        comm, errors = self._comm, dict[str, Exception]()
        found: dict[str, str] = {}
        if not comm.unconnected():
            return
        members = await _members(proxy, comm)
        for hint, signal in comm.unconnected().items():
            try:
                found[hint] = match(hint, kind_of(signal), members, repr(comm))
            except NotConnectedError as error:
                errors[hint] = error
        await comm.connect_members(found, proxy, read=True, errors=errors)


class ConnectWithoutReading:
    """Connect signals by the members' names with no read at all: `ConnectWithoutReading(comm, proxy)(x="Position")`.

    A signal that is not named, and not connected, goes by its own name. NotConnectedError lists every name that the
    device does not have. Awaited without a call it takes all signals by their own names.
    """

    def __init__(self, comm: TangoComm, proxy: Any = None) -> None:
        self._comm, self._proxy = comm, proxy

    def __call__(self, **names: str) -> Connecting:
        for hint in names:
            if hint not in self._comm.signals:
                raise TypeError(f"ConnectWithoutReading: expected hints of {type(self._comm).__name__} "
                                f"({', '.join(self._comm.signals)}), got {hint!r}")  # fmt: skip

        async def connect(proxy: Any) -> None:
            wanted = {hint: names.get(hint, hint) for hint in {**self._comm.unconnected(), **names}}
            members, errors, found = await _members(proxy, self._comm), dict[str, Exception](), dict[str, str]()
            for hint, name in wanted.items():
                kind = kind_of(self._comm.signals[hint])
                known = members.get(kind)
                real = {member.lower(): member for member in known or ()}.get(name.lower())
                if known is None or real is not None:
                    found[hint] = real or name
                else:
                    errors[hint] = NotConnectedError(
                        f"{self._comm!r}.{hint}: expected the name of {a(kind)} of the device, got {name!r}"
                        f"{near(name, kind, members)}"
                    )
            await self._comm.connect_members(found, proxy, read=False, errors=errors)

        return Connecting(self._comm, self._proxy, connect)

    def __await__(self) -> Generator[Any, None, None]:
        return self().__await__()


async def _members(proxy: Any, comm: TangoComm) -> Mapping[Kind, tuple[str, ...] | None]:
    kinds: set[Kind] = {kind_of(signal) for signal in comm.signals.values()}
    return await list_members(proxy, kinds)


async def finish(result: Any) -> None:
    """Await what a connector gave back, if that can be awaited."""
    if isawaitable(result):
        await result
