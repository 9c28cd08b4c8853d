"""What is behind the signal of a pipe of a Tango device."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from bluesky.protocols import Reading
from event_model import DataKey
from ophyd_async.core import Callback, NotConnectedError, SignalBackend

from ...errors import BadValue, MacduffError, NotWriteable
from ...sources.facts import Facts
from ...sources.tango.library import load
from ...sources.tango.native import Native
from .member import Member
from .monitor import Monitoring

__all__ = ["PipeBackend"]


class PipeBackend(SignalBackend[Any]):
    """A pipe's value is a dict of its elements: plain numbers, text, lists, and dicts for blobs in it.

    Tango gives no time stamp for pipes: it is that of the reading. Monitors read it, for its events bring no values.
    """

    monitor_period = 0.5
    """Seconds between two readings of a monitor."""

    def __init__(self, datatype: Any, reads: bool, writes: bool) -> None:
        if datatype not in (None, dict):
            raise TypeError(f"a signal of a pipe: expected no type in its hint, or dict, got {datatype!r}")
        super().__init__(None)
        self.member = Member("pipe")
        self.reads, self.writes = reads, writes
        self.native: Native | None = None
        self.facts = Facts()
        self._blob = ""
        self._types: dict[str, Any] = {}
        self._monitoring: Monitoring | None = None

    # connecting

    def source(self, name: str, read: bool) -> str:
        return self.member.source()

    async def connect(self, timeout: float) -> None:
        """Learn whether it can be written, and read it once; NotConnectedError says what is wrong, or missing."""
        member = self.member
        tango: Any = load()
        if not hasattr(tango.DeviceProxy, "read_pipe"):
            raise NotConnectedError(
                f"{member.where}: expected a PyTango that has pipes, got {tango.__version__}, and 10.1 removed them: "
                "pip install 'pytango==10.0.4', or have the device offer attributes instead"
            )
        async with member.connecting(timeout):
            proxy = await member.reach()
            info = (await self._ask(proxy.get_pipe_config, [member.signal_name]))[0]
            member.signal_name = str(info.name)
            writable = str(info.writable) != "PIPE_READ"
            if self.writes and not self.reads and not writable:
                raise NotWriteable(f"{member.where}: expected a pipe that can be written, got one that is read-only")
            self.native = Native(member.where, "pipe", "SCALAR", writable)
            if member.reads:
                self._value(await self._ask(proxy.read_pipe, member.signal_name))
            member.found(proxy)

    async def _ask(self, function: Any, *args: Any) -> Any:
        return await self.member.ask(function, *args)

    # values

    async def get_datakey(self, source: str) -> DataKey:
        """event-model has no type for it: an array of as many elements as it had when it was read."""
        self.member.needed()
        return DataKey(source=source, dtype="array", shape=[len(self._types)])

    async def get_reading(self) -> Reading[Any]:
        proxy = self.member.needed()
        value = self._value(await self._ask(proxy.read_pipe, self.member.signal_name))
        return Reading(value=value, timestamp=time.time(), alarm_severity=0)

    async def get_value(self) -> Any:
        return (await self.get_reading())["value"]

    async def get_setpoint(self) -> Any:
        return await self.get_value()

    def _value(self, blob: Any) -> dict[str, Any]:
        self._blob, elements = str(blob[0]), blob[1]
        self._types = {element["name"]: element["dtype"] for element in elements}
        return _plain(elements)

    async def put(self, value: Any) -> None:
        """Write these elements, a mapping, as one blob; types are those that it had, where it had such elements."""
        member, proxy, native = self.member, self.member.needed(), self.native
        if native is not None and not native.writable:
            raise NotWriteable(f"{member.where}: expected a pipe that can be written, got one that is read-only")
        if value is None:
            value = await self.get_value()
        if not isinstance(value, Mapping) or not value:
            raise BadValue.of(member.where, 'a mapping of elements such as {"x": 1.5}', value)
        if not self._types:
            self._value(await self._ask(proxy.read_pipe, member.signal_name))
        blob = (self._blob or member.signal_name, _elements(value, self._types, member.where))
        try:
            await self._ask(proxy.write_pipe, member.signal_name, blob)
        except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:  # what PyTango cannot send
            if isinstance(error, MacduffError):
                raise
            raise BadValue(f"{member.where}: expected values that pipes carry, got {value!r:.80} ({error})") from error

    # monitoring

    has_events = False

    async def _ping(self) -> None:
        await self._ask(self.member.needed().ping)

    def set_callback(self, callback: Callback[Reading[Any]] | None) -> None:
        if self._monitoring is not None and callback is not None:
            raise RuntimeError(f"{self.member.where}: expected one callback at a time, got a second one")
        if self._monitoring is not None:
            self._monitoring.close()
            self._monitoring = None
        if callback is not None:
            self.member.needed()
            self._monitoring = Monitoring(self.get_reading, self._ping, callback, self.monitor_period)


def _plain(elements: Sequence[Any]) -> dict[str, Any]:
    return {element["name"]: _plain_one(element["value"]) for element in elements}


def _plain_one(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], list):
        return _plain(value[1])  # a blob in it, by name and elements
    if isinstance(value, list | tuple):
        return [_plain_one(item) for item in value]
    if type(value).__name__ == "DevState":
        return str(value)
    return value


def _elements(values: Mapping[str, Any], types: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    elements = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            element = {"name": name, "value": (name, _elements(value, {}, f"{where}.{name}"))}
        else:
            plain = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
            if isinstance(value, str) and str(types.get(name)) == "DevState":  # which is read as its name
                plain = load().DevState.names.get(value, value)
            element = {"name": name, "value": plain}
        if name in types:
            element["dtype"] = types[name]
        elements.append(element)
    return elements
