"""Where an attribute's value comes from: the interface between the core and its sources (rules 3, 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import BadValue, MacduffError
from ..values import Alarm, AlarmStatus, Severity, VType
from .retyping import retype
from .unset import UNSET

if TYPE_CHECKING:
    from .attribute import Attribute
    from .device import Device

__all__ = ["Binding", "MethodBinding", "MethodSource", "Source", "SourceContext", "Wire"]


class Binding(Protocol):
    """A source bound to one attribute of one device."""

    def start(self) -> None:
        """Begin to follow; called once, when the device joins a Process. Never blocks."""

    def put(self, value: Any, done: Callable[[MacduffError | None], None]) -> None:
        """Ask for a value; call `done` once, from any thread. Never blocks."""

    def close(self) -> None:
        """Let go; nothing is updated afterwards."""


class Source(Protocol):
    """A declaration such as `Scpi("VOLT?")` or `PV("X:POS")`."""

    @property
    def writable(self) -> bool: ...
    def bind(self, context: SourceContext) -> Binding: ...
    def simulated(self) -> Source:
        """The same in memory: a put echoes to value and set point."""
        ...


class MethodBinding(Protocol):
    """A method that is done elsewhere, bound to one device. It may give the method another spec when it learns more."""

    def start(self) -> None:
        """Begin to find out; called once, when the device joins a Process. Never blocks."""

    def close(self) -> None:
        """Let go."""


class MethodSource(Protocol):
    """A declaration such as `TangoCommand("a/b/c/Start")`; it is bound to a Method."""

    def bind(self, method: Any, arguments: Mapping[str, Any], simulate: bool) -> MethodBinding: ...


class Wire(Protocol):
    """A connection to an instrument, shared by the sources of a device and by its author's code."""

    def attach(self, device: Device) -> None:
        """A device that uses it joins a Process: how its code waits here (rule 8). Once for each; not if simulated."""

    def open(self) -> None: ...
    def close(self) -> None: ...


class SourceContext:
    """What a source may know of its attribute, and where it delivers. The sinks never wait and never raise."""

    __slots__ = ("arguments", "target", "wire")

    def __init__(self, target: Attribute[Any], wire: Any, arguments: Mapping[str, Any]) -> None:
        self.target = target
        self.wire = wire
        self.arguments = arguments

    @property
    def attribute(self) -> str:
        return self.target.name

    @property
    def device(self) -> str:
        return self.target._device.name

    @property
    def vtype(self) -> VType[Any]:
        return self.target.vtype

    @property
    def clock(self) -> Any:
        """The clock of the device's backend: `monotonic()` in s, `time_ns()`."""
        return self._owner._clock

    @property
    def _owner(self) -> Device:
        return self.target._device

    def update(
        self,
        value: Any,
        *,
        alarm: Alarm | None = None,
        time: int | None = None,
        setpoint: Any = UNSET,
        vtype: VType[Any] | None = None,
    ) -> None:
        """A new value, with the source's alarm and time stamp (ns since 1970) where it has them.

        vtype: the type of this value and of those that follow, where that changed too: clients see one change.
        """
        if self._dropped():
            return
        attribute = self.target
        kind = attribute.vtype if vtype is None else vtype
        where = f"{self.device}.{self.attribute}"
        try:
            checked = kind.validate(value, where, owned=True)
            wanted = UNSET if setpoint is UNSET else kind.validate(setpoint, where, owned=True)
        except BadValue as error:
            self.meta(kind)
            self.invalid(str(error))
            return
        if kind == attribute.vtype:
            if wanted is not UNSET:
                attribute.ask(wanted)
            attribute.apply(checked, time, alarm)
        else:
            stamp = self.clock.time_ns() if time is None else time
            retype(attribute, kind, (checked, kind.alarm_for(checked) if alarm is None else alarm, stamp), wanted)
        if attribute._away != "":  # behind the reading, so that the alarm of before is nobody's
            self._show("")

    def setpoint(self, value: Any) -> None:
        """A new set point, as when another client wrote the PV."""
        if self._dropped():
            return
        try:
            self.target.ask(self.target.vtype.validate(value, f"{self.device}.{self.attribute}", owned=True))
        except BadValue as error:
            self._owner._log.warning("set point dropped: %s", error)

    def invalid(self, reason: str) -> None:
        """The value cannot be trusted now: it stays, INVALID, with the reason."""
        if self._dropped():
            return
        alarm = Alarm(Severity.INVALID, AlarmStatus.DRIVER, reason)
        if self.target._away != reason:  # before the reading, whose alarm it accounts for
            self._show(reason)
        if self.target._now[1] != alarm:
            self.target.apply(self.target._now[0], None, alarm)

    def meta(self, vtype: VType[Any]) -> None:
        """The source knows better: units, limits, labels. A value that is none of that type is not kept."""
        if not self._dropped() and vtype != self.target.vtype:
            retype(self.target, vtype)

    def _show(self, away: str) -> None:
        """Have the device's health tell of it."""
        self.target._away = away
        self._owner._machine.sources.changed()

    def _dropped(self) -> bool:
        """A device that was removed hears nothing any more; what came for it is counted (rules 3, 6)."""
        device = self._owner
        if not device._removed:
            return False
        with device._mutex:
            device._dropped += 1
            first = device._dropped == 1
        if device._process is not None:
            device._process._count_dropped()
        if first:
            device._log.debug("%s: it was removed, and what its sources go on telling is dropped", device.name)
        return True
