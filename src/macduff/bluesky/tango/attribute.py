"""What is behind the signal of an attribute of a Tango device."""

from __future__ import annotations

import math
import warnings
from typing import Any

from bluesky.protocols import Reading
from event_model import DataKey
from ophyd_async.core import Callback, SignalBackend

from ...errors import BadValue, NotWriteable
from ...sources.facts import Facts, improved
from ...sources.tango.library import load
from ...sources.tango.native import Native, facts_of, native_of, time_of, vtype_for
from ...sources.tango.spelling import Decode, decoder, encode
from ...values import VArray, VDouble, VInt, VType
from ..device.datatypes import as_value, datatype_of, fits, key_of
from .member import Member
from .monitor import Monitoring
from .together import configuration, read

__all__ = ["SEVERITIES", "AttributeBackend"]

SEVERITIES = {"ATTR_VALID": 0, "ATTR_CHANGING": 0, "ATTR_WARNING": 1, "ATTR_ALARM": 2, "ATTR_INVALID": -1}


class AttributeBackend(SignalBackend[Any]):
    """Reads and writes in threads, so that nothing in the loop waits; type and limits are its configuration's."""

    monitor_period = 0.5
    """Seconds between two readings where there are no events."""

    def __init__(self, datatype: Any, reads: bool, writes: bool) -> None:
        super().__init__(datatype)
        self.hinted = datatype
        self.member = Member("attribute")
        self.reads, self.writes = reads, writes
        self.warns_read_only = True
        self.native: Native | None = None
        self.facts = Facts()
        self._vtype: VType[Any] | None = None
        self._decode: Decode = lambda raw: raw
        self._info: Any = None
        self._shape: tuple[int, ...] = ()
        self._last: Any = None
        self._monitoring: Monitoring | None = None

    # connecting

    def source(self, name: str, read: bool) -> str:
        return self.member.source()

    async def connect(self, timeout: float) -> None:
        """Learn what the attribute is, and read it once; NotConnectedError says what is not as it should be."""
        member, self._last = self.member, None
        async with member.connecting(timeout):
            proxy = await member.reach()
            self._learn(await member.answer(configuration(proxy, member.signal_name)))
            if member.reads:
                self._reading(await member.answer(read(proxy, member.signal_name)))
            member.found(proxy)

    def _learn(self, info: Any) -> None:
        member = self.member
        member.signal_name = str(info.name)
        native = native_of(member.dev_name, info, load())
        facts = facts_of(info, native)
        plain = vtype_for(native)
        if self.hinted is float and isinstance(plain, VInt):  # which takes integers too
            plain = VDouble()
        vtype = improved(plain, facts, facts)
        found = datatype_of(vtype)
        if found is None:
            raise BadValue(
                f"{native}: expected numbers, text, labels or states, which documents can hold, got {native.type}"
            )
        if self.hinted is not None and not fits(self.hinted, vtype):
            name = getattr(self.hinted, "__name__", self.hinted)
            raise BadValue(f"{native}: expected {name} as its hint says, got {vtype.name} ({native.type})")
        if self.writes and not native.writable:
            if not self.reads:
                raise NotWriteable(f"{native}: expected an attribute that can be written, got one that is read-only")
            if self.warns_read_only:
                warnings.warn(f"{native} is read-only: its signal can be read, and refuses to be put; "
                              "hint TangoAttrR to say so", stacklevel=2)  # fmt: skip
        self.native, self.facts, self._vtype = native, facts, vtype
        self._info = info  # written with it: with its name PyTango asks for it each time
        self._decode = decoder(vtype, native)
        self.datatype = found if self.hinted is None else self.hinted
        columns, rows = int(info.max_dim_x), int(info.max_dim_y)
        self._shape = {"SCALAR": (), "SPECTRUM": (columns,), "IMAGE": (rows, columns)}[native.form]

    # values

    async def get_datakey(self, source: str) -> DataKey:
        """From the configuration; arrays have the shape of the largest that the device can give."""
        self.member.needed()
        assert self._vtype is not None  # it is connected
        return key_of(self._vtype, self._shape, source)

    async def get_reading(self) -> Reading[Any]:
        return self._reading(await self.read())

    async def get_value(self) -> Any:
        return (await self.get_reading())["value"]

    async def get_setpoint(self) -> Any:
        """What was last written; of an attribute that cannot be, its value."""
        raw = await self.read()
        written = raw.w_value if self.native is not None and self.native.writable else None
        return self._reading(raw)["value"] if written is None else self._value(written)

    async def read(self) -> Any:
        """A tango.DeviceAttribute."""
        member, proxy = self.member, self.member.needed()
        return await member.answer(read(proxy, member.signal_name))

    def _reading(self, raw: Any) -> Reading[Any]:
        severity = SEVERITIES.get(str(raw.quality), -1)
        if raw.value is not None or severity >= 0:
            self._last = self._value(raw.value)
        elif self._last is None:
            self._last = self._nothing()
        return Reading(value=self._last, timestamp=time_of(raw.time) / 1e9, alarm_severity=severity)

    def _value(self, raw: Any) -> Any:
        value = as_value(self._decode(raw), self.datatype)
        return float(value) if self.datatype is float else value

    def _nothing(self) -> Any:
        """For a value that was never valid: documents need one of the type."""
        assert self._vtype is not None  # it was learned
        if isinstance(self._vtype, VArray):
            return self._value(None)
        return math.nan if self.datatype is float else as_value(self._vtype.zero(), self.datatype)

    async def put(self, value: Any) -> None:
        """Write it; BadValue, and nothing is written, if limits or type forbid it. None writes the set point again."""
        member, proxy, native = self.member, self.member.needed(), self.native
        assert native is not None and self._vtype is not None  # it is connected
        if not native.writable:
            raise NotWriteable(f"{native}: expected an attribute that can be written, got one that is read-only")
        if value is None:
            value = await self.get_setpoint()
        checked = self._vtype.validate_setpoint(value, member.where)
        raw = encode(self._vtype, checked, native)
        if native.type == "DevState":  # PyTango 10.0 takes no numbers in arrays of them
            states: Any = load().DevState.values
            raw = [states[number] for number in raw] if native.form == "SPECTRUM" else states[raw]
        await member.ask(proxy.write_attribute, self._info, raw)

    # monitoring

    @property
    def has_events(self) -> bool:
        """Whether it is monitored, and events tell each change."""
        return self._monitoring is not None and self._monitoring.has_events

    async def _ping(self) -> None:
        await self.member.ask(self.member.needed().ping)

    def set_callback(self, callback: Callback[Reading[Any]] | None) -> None:
        if self._monitoring is not None and callback is not None:
            raise RuntimeError(f"{self.member.where}: expected one callback at a time, got a second one")
        if self._monitoring is not None:
            self._monitoring.close()
            self._monitoring = None
        if callback is not None:
            self.member.needed()
            self._monitoring = Monitoring(self.get_reading, self._ping, callback, self.monitor_period)
            self._monitoring.subscribe(self.member.dev_name, self.member.signal_name, self._reading)
