"""An attribute of a remote device, for synchronous use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from macduff.errors import TimedOut
from macduff.values import Alarm, History, Reading, VType

from .bridge import Bridge
from .describe import AttributeState
from .inbox import Policy
from .mirror import Mirror
from .model import AttributeInfo
from .monitor import Monitor
from .past import fetch, query_of
from .seconds import checked_seconds
from .signature import attribute_doc, units_of
from .subscriber import Subscriber
from .texts import attribute_text

__all__ = ["RemoteAttribute"]

T = TypeVar("T")


class RemoteAttribute(Generic[T]):
    """An attribute that is somewhere else. What it is worth is asked for each time, one Get; its type is known here."""

    def __init__(self, bridge: Bridge, mirror: Mirror, name: str, vtype: VType[T] | None = None) -> None:
        self._bridge = bridge
        self._mirror = mirror
        self._vtype = vtype
        self.name = name
        self.__doc__ = attribute_doc(self.info)

    # known without asking

    @property
    def info(self) -> AttributeInfo:
        """What the server says of the attribute."""
        return self._mirror.attribute(self.name)

    @property
    def vtype(self) -> VType[T]:
        """Its type with units and limits, as last described."""
        return self.info.vtype if self._vtype is None else self._vtype

    @property
    def units(self) -> str:
        """Its units; "" for none."""
        return units_of(self.vtype)

    @property
    def path(self) -> str:
        """Its full name, "STAGE.velocity"."""
        return f"{self._mirror.name}.{self.name}"

    # one Get each

    def get(self, timeout: float | None = None) -> AttributeState:
        """All that one Get tells: description, reading, set point. TimedOut after `timeout` (the client's) seconds."""
        seconds = self._bridge.timeout if timeout is None else checked_seconds(timeout, self.path)
        core, vtype = self._bridge.core, self._vtype
        state: AttributeState = self._bridge.request(
            "get", self._mirror.name, self.name, lambda request: core.get(request, vtype)
        ).result(seconds)
        return state

    @property
    def reading(self) -> Reading:
        """Value, alarm and time of one moment."""
        return self.get().reading

    @property
    def value(self) -> T:
        """What it is: the readback, where that differs from the set point."""
        value: T = self.get().reading.value
        return value

    @property
    def setpoint(self) -> T:
        """What was last asked for; the value, where the server does not tell one apart."""
        setpoint: T = self.get().setpoint
        return setpoint

    @property
    def alarm(self) -> Alarm:
        """Severity, status and message."""
        return self.get().reading.alarm

    @property
    def time(self) -> int:
        """When it became what it is: nanoseconds since the UNIX epoch, of its source."""
        return self.get().reading.time

    # and the rest

    def put(self, value: T, readback: bool = False, timeout: float | None = None) -> None:
        """Put a value and wait until that is complete; with `readback` until the readback confirms it.

        TimedOut after `timeout` seconds (never by default), and then, as after Ctrl-C, the put may still complete.
        """
        core, seconds = self._bridge.core, checked_seconds(timeout, self.path)
        self._bridge.request(
            "put", self._mirror.name, self.name, lambda request: core.put(request, value, readback)
        ).result(seconds)

    def history(
        self, seconds: float | None = None, *, since: int | None = None, count: int | None = None,
        timeout: float | None = None,
    ) -> History:  # fmt: skip
        """What it was, by time stamps, as far back as the server has it; times, values and alarms in columns.

        seconds: of the last so many, and what was true when they began. since: only what has a later time stamp (ns
        since 1970). count: the newest so many. TimedOut after `timeout` (the client's) seconds.
        """
        query = query_of(f"{self.path}.history", seconds, since, count)
        limit = self._bridge.timeout if timeout is None else checked_seconds(timeout, self.path)
        address, device = self._bridge.core.connection.address, self._mirror.name
        return self._bridge.run(self.path, fetch(address, device, self.name, self.vtype, query, limit))

    def subscribe(
        self, callback: Callable[[Reading], object], policy: Policy = "latest", size: int | None = None
    ) -> Subscriber:
        """Call back with each reading, the present one first, on the client's callback thread; see Client.subscribe."""
        return Subscriber(self._bridge, self._mirror.name, self.name, callback, policy, size, self._vtype)

    def monitor(self, policy: Policy = "latest", size: int | None = None) -> Monitor:
        """The readings as an iterator, used in a `with`; see Client.monitor."""
        return Monitor(self._bridge, self._mirror.name, self.name, policy, size, self._vtype)

    def wait_for(self, value: T | Callable[[T], object], timeout: float | None = None) -> T:
        """Wait until the attribute has the value, or one for which the function is true; what it then was.

        An INVALID reading never counts. TimedOut after `timeout` seconds.
        """
        from time import monotonic

        wanted: Callable[[T], object] = value if callable(value) else lambda now: self.vtype.equal(now, value)
        seconds = checked_seconds(timeout, self.path)
        deadline = None if seconds is None else monotonic() + seconds
        with self.monitor("every") as readings:
            while True:
                left = None if deadline is None else max(0.0, deadline - monotonic())
                try:
                    reading = readings.get(left)
                except TimedOut:
                    raise TimedOut(f"{self.path}: expected {value!r} within {timeout:g} s") from None
                if reading.alarm.severity < 3 and wanted(reading.value):
                    found: T = reading.value
                    return found

    def __repr__(self) -> str:
        return attribute_text(self._mirror.described, self.name)
