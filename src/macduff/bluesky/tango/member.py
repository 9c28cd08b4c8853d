"""A member of a Tango device, as what stands behind a signal knows it: whose it is, and how to ask for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

from ophyd_async.core import Device, NotConnectedError

from ...errors import MacduffError
from ...sources.tango.library import as_error, load
from .proxies import ask_device, get_proxy
from .reaching import address_of

__all__ = ["Member", "NotConnected", "forget_cancelled"]

NotConnected = NotConnectedError
"""ophyd-async's error, by the name that Tango's signals began with."""


class Member:
    """Not connected until `found` says what it is."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.label = ""
        """The signal's own name, for errors."""
        self.dev_name = self.signal_name = ""
        self.proxy: Any = None
        self.given: Any = None
        """The proxy to connect with; None for the device's own."""
        self.reads = True
        """Whether connecting reads the value, to see that it can be read."""
        self._source = ""

    @property
    def where(self) -> str:
        """The member's name, for errors."""
        return f"{self.dev_name}/{self.signal_name}"

    def source(self) -> str:
        """`tango://host:port/domain/family/member/name`; without the host until it is connected."""
        return self._source or (f"tango://{self.where}" if self.dev_name else "")

    def needed(self) -> Any:
        """The proxy; NotConnectedError if there is none."""
        if self.proxy is None:
            name = f"signal {self.label!r}" if self.label else f"this {self.kind}"
            of = f" of {self.dev_name}" if self.dev_name else ""
            raise NotConnectedError(
                f"{name}{of}: expected to be connected, got no connection to "
                f"{self.where if self.dev_name else 'any device'}; connect it first: "
                "CommsConnector, `await comm.connect()` or `await signal.connect(dev_name, signal_name)`"
            )
        return self.proxy

    @asynccontextmanager
    async def connecting(self, timeout: float) -> AsyncGenerator[None]:
        """Whatever is wrong with it, and that there was no answer in time, is NotConnectedError."""
        try:
            async with asyncio.timeout(timeout):
                yield
        except TimeoutError as error:
            raise NotConnectedError(f"{self.where}: expected an answer within {timeout:g} s, got none") from error
        except MacduffError as error:
            raise NotConnectedError(str(error)) from error

    async def reach(self) -> Any:
        """The proxy to connect with."""
        if not (self.dev_name and self.signal_name):
            raise NotConnectedError(
                f"signal {self.label!r}: expected the names of a device and of its {self.kind} in "
                f"`connect(dev_name, signal_name)`, got {self.dev_name!r} and {self.signal_name!r}"
            )
        return self.given or await get_proxy(self.dev_name)

    def found(self, proxy: Any) -> None:
        """It is there: from now on it is connected."""
        self._source = f"{address_of(proxy)}/{self.signal_name}"
        self.proxy = proxy

    async def ask(self, function: Any, *args: Any) -> Any:
        """Call a function of a proxy; MacduffError with what Tango says."""
        return await self.answer(ask_device(function.__self__, function, *args))

    async def answer(self, asked: Awaitable[Any]) -> Any:
        """What was asked of the device; MacduffError with what Tango says."""
        try:
            return await asked
        except load().DevFailed as error:
            raise as_error(error, self.where) from error


def forget_cancelled(device: Device) -> None:
    """A connection that was cancelled is begun anew next time; ophyd-async would raise CancelledError then."""
    task = device._connect_task
    if task is not None and task.cancelled():
        device._connect_task = None
