"""Devices of one attribute, one pipe or one command, with no class to write."""

from __future__ import annotations

from typing import Any

from bluesky.protocols import Location
from ophyd_async.core import AsyncStatus

from .comm import TangoComm
from .decorator import tango_connector
from .devices import TangoDevice
from .signals import TangoAttrRW, TangoCommand, TangoPipeRW

__all__ = ["TangoSingleAttributeDevice", "TangoSingleCommandDevice", "TangoSinglePipeDevice"]


class _SingleComm(TangoComm):
    """One signal, connected to the member of a given name."""

    def __init__(self, dev_name: str, member: str) -> None:
        self.member = member
        super().__init__(dev_name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.dev_name!r}, {self.member!r})"


class SingleAttributeComm(_SingleComm):
    attribute: TangoAttrRW[Any]


class SinglePipeComm(_SingleComm):
    pipe: TangoPipeRW


class SingleCommandComm(_SingleComm):
    command: TangoCommand


@tango_connector
async def _connect_member(comm: _SingleComm, proxy: Any) -> None:
    await comm.connect_members(dict.fromkeys(comm.signals, comm.member), proxy, read=True)


class _SingleDevice(TangoDevice):
    """One signal that has the device's own name; the member's name unless another is given."""

    def __init__(self, comm: _SingleComm, name: str | None) -> None:
        super().__init__(comm, name or comm.member)

    def set_name(self, name: str, *, child_name_separator: str | None = None) -> None:
        super().set_name(name, child_name_separator=child_name_separator)
        for signal in self.comm.signals.values():
            signal.set_name(name)


class _SingleSignalDevice(_SingleDevice):
    """Readable; movable once it is connected, if what it is connected to can be written."""

    def __init__(self, comm: _SingleComm, name: str | None) -> None:
        (self._signal,) = comm.signals.values()
        super().__init__(comm, name)
        comm.on_connect.append(self._found)

    def _found(self) -> None:
        methods = {"set": self._set, "locate": self._locate}
        if self._signal.writable:
            self.__dict__.update(methods)  # Bluesky looks at the device itself for what it can do
        else:
            for method in methods:
                self.__dict__.pop(method, None)

    def _set(self, value: Any) -> AsyncStatus[None]:
        status: AsyncStatus[None] = self._signal.set(value)
        return status

    async def _locate(self) -> Location[Any]:
        location: Location[Any] = await self._signal.locate()
        return location


class TangoSingleAttributeDevice(_SingleSignalDevice):
    """Readable by its one attribute; movable once it is connected, if the attribute can be written."""

    def __init__(self, dev_name: str, attr_name: str, name: str | None = None) -> None:
        comm = SingleAttributeComm(dev_name, attr_name)
        comm.attribute.warns_read_only = False  # one that is read-only is not movable, and that is all
        super().__init__(comm, name)


class TangoSinglePipeDevice(_SingleSignalDevice):
    """Readable by its one pipe; movable, by dicts of its elements, once it is connected, if it can be written."""

    def __init__(self, dev_name: str, pipe_name: str, name: str | None = None) -> None:
        super().__init__(SinglePipeComm(dev_name, pipe_name), name)


class TangoSingleCommandDevice(_SingleDevice):
    """One command: `trigger` in a plan runs it without an argument, `execute` with one."""

    def __init__(self, dev_name: str, command_name: str, name: str | None = None) -> None:
        comm = SingleCommandComm(dev_name, command_name)
        self._command = comm.command
        super().__init__(comm, name)

    def execute(self, *argument: Any) -> Any:
        """Run it, in a coroutine or (as `yield from bps.wait_for`) in a plan; awaited it gives the result."""
        return self._command.execute(*argument)

    @AsyncStatus.wrap
    async def trigger(self) -> None:
        await self._command.execute()
