"""A PV, or a set point and its readback, that an attribute follows: over Channel Access and PVAccess alike."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Generic, Protocol, TypeVar

from ..core import UNSET, SourceContext
from ..values import NO_ALARM, Alarm, VAction, VType
from .binding import LoopThread, ThreadBinding
from .facts import Facts, improved

__all__ = ["PVsBinding", "Shown", "Taken"]


class Link(Protocol):
    """Follows one PV."""

    def start(self) -> None: ...
    def close(self) -> None: ...


T = TypeVar("T", bound=LoopThread)
L = TypeVar("L", bound=Link)


class PVsBinding(ThreadBinding[T], Generic[T, L]):
    """Follows a PV, or a set point and its readback. A native is what a PV is in its protocol's own words."""

    def __init__(self, context: SourceContext, pv: str, rbv: str, *, writable: bool, follows: bool) -> None:
        """pv: takes the set point. rbv: gives the value; the same or another. follows: nobody declared the type, so
        that it is always the PV's."""
        super().__init__(context, pv, "a PV")
        self.shown_facts = self.put_facts = Facts()
        self.declared = self._vtype = context.vtype
        self._pv = pv
        self._rbv = rbv
        self._writable = writable
        self._follows = follows
        self._seen: Any = UNSET
        self._links: list[L] = []

    def _type(self) -> VType[Any]:
        return self.declared

    # on the protocol's thread

    def declared_for(self, native: Any) -> VType[Any]:
        """The type without what the PVs know better."""
        return self._native_type(native) if self._follows else self.declared

    def improved(self) -> VType[Any]:
        """The declared type with what the PVs know better."""
        self._vtype = improved(self.declared, self.shown_facts, self.put_facts)
        return self._vtype

    def saw_setpoint(self, value: Any) -> None:
        if self._writable and not isinstance(self.declared, VAction):
            self._seen = value
            self._guard.saw(value)

    def see_setpoint_again(self) -> None:
        """The type is another now: what did not fit may."""
        if self._seen is not UNSET:
            self._guard.saw(self._seen)

    def _begin(self, thread: T) -> None:
        if self._thread is None:
            return
        apart = self._writable and self._rbv != self._pv
        self._links = [self._link(thread, self._rbv, Shown(self, both=not apart))]
        if apart:
            self._links.append(self._link(thread, self._pv, Taken(self)))
        for link in self._links:
            link.start()

    def _end(self) -> None:
        for link in self._links:
            link.close()

    @abstractmethod
    def _link(self, thread: T, pv: str, sink: Shown | Taken) -> L:
        """What follows the PV and tells the sink, once it is started."""

    @abstractmethod
    def _native_type(self, native: Any) -> VType[Any]:
        """The type that holds all that the PV can hold."""


class Shown:
    """The PV whose value the attribute has; when it takes the set point too, its value is also that.

    New metadata is told together with the first value that came under it, for the old value may not fit it.
    """

    def __init__(self, binding: PVsBinding[Any, Any], both: bool) -> None:
        self._binding = binding
        self._both = both
        self._native: Any = None
        self._facts = Facts()

    def facts(self, native: Any, facts: Facts) -> VType[Any]:
        self._native, self._facts = native, facts
        binding = self._binding
        return improved(binding.declared_for(native), facts, facts if self._both else binding.put_facts)

    def value(self, value: Any, alarm: Alarm, time: int | None) -> None:
        if value is None:  # an action has no value that an alarm could be about; a record never pressed is undefined
            alarm = NO_ALARM
        binding, vtype = self._binding, self._learned()
        binding.context.update(value, alarm=alarm, time=time, vtype=vtype)
        if self._both:
            binding.saw_setpoint(value)
        elif vtype is not None:
            binding.see_setpoint_again()

    def described(self) -> None:
        vtype = self._learned()
        if vtype is not None:
            self._binding.context.meta(vtype)

    def _learned(self) -> VType[Any] | None:
        """The type, where it is new."""
        native, self._native = self._native, None
        if native is None:
            return None
        binding = self._binding
        binding.declared = binding.declared_for(native)
        binding.shown_facts = self._facts
        if self._both:
            binding.put_facts = self._facts
        return binding.improved()

    def lost(self, reason: str) -> None:
        self._binding.context.invalid(reason)


class Taken:
    """The PV that takes the set point, where another one gives the value."""

    def __init__(self, binding: PVsBinding[Any, Any]) -> None:
        self._binding = binding

    def facts(self, native: Any, facts: Facts) -> VType[Any]:
        self._binding.put_facts = facts
        vtype = self._binding.improved()
        self._binding.context.meta(vtype)
        return vtype

    def described(self) -> None:
        """Told already: a set point's metadata are limits, which every value of the attribute's type bears."""

    def value(self, value: Any, alarm: Alarm, time: int | None) -> None:
        self._binding.saw_setpoint(value)

    def lost(self, reason: str) -> None:
        """Puts will say so; the value is as good as before."""
