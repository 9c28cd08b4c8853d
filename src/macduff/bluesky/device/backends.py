"""The signals and commands of a MacduffDevice: ophyd-async's backends, over a Link."""

from __future__ import annotations

import asyncio
import inspect
from enum import Enum
from typing import Any
from weakref import WeakKeyDictionary

from bluesky.protocols import Reading as BlueskyReading
from event_model import DataKey
from ophyd_async.core import Callback, CommandBackend, NotConnectedError, SignalBackend

from ...client.model import AttributeInfo, MethodInfo
from ...client.signature import signature_of
from ...values import Reading
from .datatypes import as_reading, as_value, data_key, datatype_of, fits
from .link import Link

__all__ = ["LinkCommandBackend", "LinkSignalBackend"]

_turns: WeakKeyDictionary[Link, asyncio.Lock] = WeakKeyDictionary()
"""Puts of one device take turns: `bps.mv(det.exposure, 1, det.frames, 2)` asks for both at once, and it does one."""


class _Filled:
    """A member of a device: not connected until its device has found it there."""

    link: Link | None = None
    member = ""
    address = ""

    def needed(self) -> Link:
        if self.link is None:
            where = f"{self.address}.{self.member}" if self.member else "a member of a MacduffDevice"
            raise NotConnectedError(f"{where}: expected to be connected; connect its device first")
        return self.link


class LinkSignalBackend(SignalBackend[Any], _Filled):
    """An attribute."""

    def __init__(self, datatype: Any = None) -> None:
        super().__init__(datatype)
        self._following: asyncio.Task[None] | None = None

    def fill(self, link: Link, address: str, info: AttributeInfo) -> None:
        """Take the attribute for this signal; TypeError when it is not of the type that was hinted."""
        found = datatype_of(info.vtype)
        self.address, self.member = address, info.name
        if self.datatype is None:
            self.datatype = found
        elif not fits(self.datatype, info.vtype):
            name = getattr(self.datatype, "__name__", self.datatype)
            raise TypeError(f"{address}.{info.name}: expected {name}, got {info.vtype!r}")
        self.link = link

    def source(self, name: str, read: bool) -> str:
        return f"{self.address.partition('#')[0]}/{self.member}" if self.address else ""

    async def connect(self, timeout: float) -> None:
        self.needed()

    async def put(self, value: Any) -> None:
        """Put and wait for its end; None puts the set point once more, as Bluesky means it."""
        link = self.needed()
        async with _turns.setdefault(link, asyncio.Lock()):
            value = (await link.state(self.member)).setpoint if value is None else value
            await link.put(self.member, value.value if isinstance(value, Enum) else value)

    async def get_datakey(self, source: str) -> DataKey:
        return data_key(await self.needed().state(self.member), source)

    async def get_reading(self) -> BlueskyReading[Any]:
        return as_reading((await self.needed().state(self.member)).reading, self.datatype)

    async def get_value(self) -> Any:
        return as_value((await self.needed().state(self.member)).reading.value, self.datatype)

    async def get_setpoint(self) -> Any:
        return as_value((await self.needed().state(self.member)).setpoint, self.datatype)

    def set_callback(self, callback: Callback[BlueskyReading[Any]] | None) -> None:
        if callback is not None:
            if self._following is not None:
                raise RuntimeError(f"{self.address}.{self.member}: expected one callback at a time, got a second one")
            self._following = asyncio.create_task(self._follow(callback), name=f"readings of {self.member}")
        elif self._following is not None:
            self._following.cancel()
            self._following = None

    async def _follow(self, callback: Callback[BlueskyReading[Any]]) -> None:
        def told(reading: Reading) -> None:
            callback(as_reading(reading, self.datatype))

        subscription = await self.needed().subscribe(self.member, told, every=False)
        try:
            await asyncio.Event().wait()  # until cancelled
        finally:
            subscription.close()


class LinkCommandBackend(CommandBackend[..., Any], _Filled):
    """A method."""

    def __init__(self, signature: inspect.Signature | None = None) -> None:
        if signature is not None and signature.return_annotation is type(None):
            signature = signature.replace(return_annotation=None)  # as a mock wants it
        super().__init__(signature)

    def fill(self, link: Link, address: str, info: MethodInfo) -> None:
        """Take the method for this command; TypeError when it does not take as many parameters as were hinted."""
        self.address, self.member = address, info.name
        found = signature_of(info)
        if self.signature is not None and not len(info.required) <= len(self.signature.parameters) <= len(info.takes):
            raise TypeError(f"{address}.{info.name}: expected {self.signature}, got {found}")
        self.signature = found
        self.link = link

    def source(self, name: str) -> str:
        return f"{self.address.partition('#')[0]}/{self.member}" if self.address else ""

    async def connect(self, timeout: float) -> None:
        self.needed()

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        return await self.needed().call(self.member, args, kwargs)
