"""An attribute of a device: declared on the class, with its value, set point and metadata on each device."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, Never, Self, TypeVar

import numpy as np

from ..errors import BadValue
from ..values import NO_ALARM, Alarm, History, Reading, VType
from .initial import fast_class, first_value
from .lane import Now
from .refusals import foreign_update
from .states import DState
from .unset import UNSET

if TYPE_CHECKING:
    from .device import Device
    from .ring import Ring
    from .source import Binding, Source

__all__ = ["Attribute"]

T = TypeVar("T")
S = TypeVar("S", bound=Callable[..., Any])


class Attribute(Generic[T]):
    """A typed value of a device.

    On the class: `position = Attribute(VDouble(units="mm"), 0.0, "Where it is")`. On a device, `device.position` is
    this object with `.value` (what is), `.setpoint` (what was last asked for), `.update(value)` (says what is true)
    and `.put(value)` (asks the hardware). Reading never waits and never locks.

    writable: clients may put it. parameter: an argument of `configure`. source: where the value comes from, a PV or a
    query on a wire. only_in: the states in which clients may put it; None for all. tags: hints for screens.
    """

    # What an update touches lies together, apart from the rest: where there are many attributes that is a third less.
    __slots__ = (
        "__dict__", "__weakref__", "_device", "_every", "_exact", "_facts", "_keep", "_listened", "_local", "_mutex",
        "_now", "_reporters", "_time_ns", "_writer", "name",
    )  # fmt: skip

    def __init__(
        self,
        vtype: VType[T],
        initial: T = UNSET,
        description: str = "",
        *,
        writable: bool = False,
        parameter: bool = False,
        source: Source | None = None,
        only_in: Iterable[DState] | None = None,
        label: str = "",
        tags: Iterable[str] = (),
    ) -> None:
        if not isinstance(vtype, VType):
            raise TypeError(f"Attribute: expected a VType such as VDouble() first, got {vtype!r}")
        if not isinstance(description, str):
            raise TypeError(f"Attribute: expected a description after the initial value, got {description!r}")
        self.vtype = vtype
        self.name = ""
        self._initial = initial if initial is UNSET else first_value(vtype, initial)
        self._description = description
        self._label = label
        self.tags: tuple[str, ...] = tuple(tags) + tuple(vtype.tags)
        self.parameter = parameter
        self.source = source
        self.only_in: frozenset[DState] | None = None if only_in is None else frozenset(only_in)
        self._writable = writable
        self._setter_name: str | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: type | None = None) -> Self: ...
        def __set__(self, instance: object, value: Never) -> None: ...

    def on_put(self, setter: S) -> S:
        """Decorator: the method of the device that carries out a put, called with the validated value."""
        self._setter_name = setter.__name__
        return setter

    # what clients see of it

    @property
    def description(self) -> str:
        return self._description or self.vtype.description

    @property
    def label(self) -> str:
        plain = self.name.replace("_", " ")
        return self._label or self.vtype.label or plain[:1].upper() + plain[1:]

    @property
    def writable(self) -> bool:
        """Whether clients may ever put it."""
        by_source = self.source is not None and self.source.writable
        return self._writable or self.parameter or self._setter_name is not None or by_source

    @property
    def writeable(self) -> bool:
        """Whether a put by a client would be accepted now."""
        return self.writable and self._device._machine.writeable(self)

    # on a device

    _device: Device
    _local: Any
    _mutex: Any
    _preempt: Callable[[], None] | None
    _time_ns: Callable[[], int]
    _listened: int  # listeners and watchers of any kind; changed under the mutex
    _wanted: int  # listeners to this very attribute, not to all of its device
    _every: int  # those that want each change
    _watchers: tuple[Any, ...]  # told of each change by the Process
    _reporters: tuple[Any, ...]  # report_waits that a change wakes
    _binding: Binding | None
    _writer: Any  # the call that updated it last
    _setpoint: Any
    _away: str | None  # why its source cannot tell what is; "" when it can, None before its first word
    _from_device: bool
    _facts: dict[str, Any]  # the device's
    _keep: Callable[[Now], bool]  # what a reading is given to for its history
    _ring: Ring | None
    _now: Now
    _alarmed: Alarm  # what the device's health was told of
    _exact: type

    @property
    def value(self) -> T:
        """What is: the newest reading's value. Arrays are read-only."""
        if self._preempt is not None:
            self._preempt()
        value: T = self._now[0]
        return value

    @property
    def setpoint(self) -> T:
        """What was last asked for; what is, when nothing ever was."""
        if self._preempt is not None:
            self._preempt()
        value: T = self._now[0] if self._setpoint is UNSET else self._setpoint
        return value

    @property
    def reading(self) -> Reading:
        """Value, alarm, time stamp (ns since 1970) and sequence, together."""
        return Reading(*self._now)

    @property
    def alarm(self) -> Alarm:
        alarm: Alarm = self._now[1]
        return alarm

    @property
    def time(self) -> int:
        """The time stamp of the source, in nanoseconds since 1970."""
        return self._now[2]

    def history(self, seconds: float | None = None, *, since: int | None = None, count: int | None = None) -> History:
        """What it was, by time stamps, as far back as there is room for; what is now is the end of it.

        seconds: of the last so many, and what was true when they began. since: only what has a later time stamp (ns
        since 1970). count: the newest so many at most. Any thread; never waits.
        """
        from .keeping import history

        return history(self, seconds, since, count)

    def update(self, value: T, *, time: int | None = None, alarm: Alarm | None = None, owned: bool = False) -> None:
        """Say what is true, from inside the device.

        time: the hardware's stamp in ns since 1970, else now. alarm: overrides the one computed from the ranges.
        owned: an array that nobody will change is taken without a copy. Raises BadValue and changes nothing when the
        value does not fit the type; control limits do not apply to what is.
        """
        if value.__class__ is not self._exact or time is not None or alarm is not None:
            self._update_carefully(value, time, alarm, owned)
            return
        call = self._local.call
        device = self._device
        wake = False
        with self._mutex:
            if call is None or (call.dead is None and call.device is device):
                facts = self._facts  # its dict: a store through __setattr__ costs more than all the rest of this
                facts["_sequence"] = sequence = facts["_sequence"] + 1
                self._now = now = (value, NO_ALARM, self._time_ns(), sequence)
                self._writer = call
                wake = self._keep(now)
                if self._listened:
                    segment = device._segment
                    if segment is None:
                        segment, opened = device._open_segment()
                        wake = wake or opened
                    segment.latest[self] = now
                    if self._every:
                        segment.keep(self, now, device._every_bound)
                call = None
        if wake:
            device._wake()
        if call is not None:
            self._update_carefully(value, None, None, owned)

    def _update_carefully(self, value: Any, time: int | None, alarm: Alarm | None, owned: bool) -> None:
        device = self._device
        call = self._local.call
        if not self._from_device or (call is not None and call.device is not device):
            raise foreign_update(self, value, call)
        self.apply(self._checked(value, f"{device.name}.{self.name}", owned), time, alarm, call)

    def _checked(self, value: Any, where: str, owned: bool) -> T:
        if owned and isinstance(value, np.ndarray):
            return self.vtype.validate(value, where, owned=True)
        return self.vtype.validate(value, where)

    def apply(self, value: T, time: int | None = None, alarm: Alarm | None = None, call: Any = None) -> None:
        """Swap the reading for a validated one; the framework's own writers come in here."""
        device = self._device
        if alarm is None:
            alarm = self.vtype.alarm_for(value)
        with self._mutex:
            if call is not None and call.dead is not None and not call.shielded():
                raise call.dead
            wake = self._swap((value, alarm, device._clock.time_ns() if time is None else time), call)
        if wake:
            device._wake()

    def _swap(self, new: tuple[Any, Alarm, int], call: Any = None) -> bool:
        """Under the value mutex: the new reading, the next sequence, the change lane. True: wake the Process."""
        device = self._device
        facts = self._facts
        facts["_sequence"] = sequence = facts["_sequence"] + 1
        self._now = now = (*new, sequence)
        self._writer = call
        wake = self._keep(now)
        if new[1] is not self._alarmed:
            wake = self._alarm_changed(new[1]) or wake
        if self._listened:
            segment, opened = device._open_segment()
            wake = wake or opened
            segment.latest[self] = now
            if self._every:
                segment.keep(self, now, device._every_bound)
        return wake

    def _alarm_changed(self, alarm: Alarm) -> bool:
        """Under the value mutex: another alarm, or an equal one; whether the Process must be woken for it."""
        other = alarm != self._alarmed
        self._alarmed = alarm
        self._exact = fast_class(self)
        return other and self._device._machine.alarms.changed()

    def ask(self, value: T, call: Any = None) -> None:
        """Record the set point, and tell those who listen."""
        device = self._device
        wake = False
        with self._mutex:
            if call is not None and call.dead is not None and not call.shielded():
                raise call.dead
            self._setpoint = value
            if self._listened:
                segment, wake = device._open_segment()
                segment.note(f"{self.name}.setpoint", value)
        if wake:
            device._wake()

    def change_type(self, vtype: VType[Any]) -> None:
        """New metadata, as when limits changed; a value that is none of the new type is not kept."""
        from .retyping import retype

        retype(self, vtype)

    def put(self, value: T, *, readback: bool = False, timeout: float | None = None) -> None:
        """Ask the hardware for a value and wait until that is done.

        Own attribute: through its source or its `on_put`. Another device's: as any client's put. readback: done when
        the value equals the set point. timeout in seconds. Raises BadValue, NotWriteable, TimedOut, or what failed.
        """
        from .putting import put

        put(self, value, readback=readback, timeout=timeout)

    def wait_for(self, wanted: T | Callable[[T], bool], timeout: float | None = None) -> T:
        """Wait until the value equals `wanted`, or satisfies it when it is a function; return the value that did.

        timeout in seconds; raises TimedOut.
        """
        from .watch import wait_for

        return wait_for(self, wanted, timeout)

    def check_setpoint(self, value: Any) -> T:
        """The value as it would be put, or BadValue with device and member."""
        try:
            return self.vtype.validate_setpoint(value, f"{self._device.name}.{self.name}")
        except BadValue as error:
            error.device, error.member = self._device.name, self.name
            raise

    def __repr__(self) -> str:
        if not hasattr(self, "_now"):
            return f"<Attribute {self.name} {self.vtype!r}>"
        return f"<{self._device.name}.{self.name} = {self._now[0]!r}>"
