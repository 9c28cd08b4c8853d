"""What the links of a binding to PVs tell it, over Channel Access and PVAccess; all on the thread of that."""

from __future__ import annotations

from typing import Any, Protocol

from ...core import SourceContext
from ...values import NO_ALARM, Alarm, VType
from .facts import Facts, improved

__all__ = ["Shown", "Taken"]


class PVs(Protocol):
    """A binding to one PV, or to two. A native is what the PV is by itself, in its protocol's own words."""

    context: SourceContext
    declared: VType[Any]
    shown_facts: Facts
    put_facts: Facts

    def declared_for(self, native: Any) -> VType[Any]: ...
    def improved(self) -> VType[Any]: ...
    def saw_setpoint(self, value: Any) -> None: ...
    def see_setpoint_again(self) -> None: ...


class Shown:
    """The PV whose value the attribute has; when it takes the set point too, its value is also that.

    New metadata is told together with the first value that came under it, for the old value may not fit it.
    """

    def __init__(self, binding: PVs, both: bool) -> None:
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

    def __init__(self, binding: PVs) -> None:
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
