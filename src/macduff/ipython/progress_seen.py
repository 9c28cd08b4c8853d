"""Asking a device how far it is: its steps where it counts them, else a readback on its way to its set point."""

from __future__ import annotations

from itertools import islice
from numbers import Real
from typing import Any

from macduff.client import CallFuture, RemoteAttribute, RemoteDevice
from macduff.client.describe import AttributeState
from macduff.client.signature import units_of
from macduff.errors import MacduffError
from macduff.values import VNumber, VType
from macduff.values.text import clean, number_text

from .progress import Seen
from .reprs_rows import with_units

__all__ = ["Looker", "now_text"]

STEPS = ("completed_steps", "total_steps")
MOST = 32
"""Numbers that are looked at for one that is under way."""


class Looker:
    """Asks one device, each time with a few small gets; MacduffErrors are those of the gets.

    What is under way without steps is found once, at the first look: a number of the type of one of the call's
    parameters that is not yet what was given, else one whose set point is not what it is. Its way then is the whole
    way, for nobody knows where it began.
    """

    def __init__(self, device: RemoteDevice, call: CallFuture[Any] | None = None, timeout: float | None = None) -> None:
        """call: to find what is under way by it; without one only steps are told. timeout: seconds for each get."""
        self._device = device
        self._call = call
        self._timeout = timeout
        self._steps = all(name in device.attributes for name in STEPS)
        self._moving: RemoteAttribute[Any] | None = None
        self._from = self._to = 0.0

    def look(self) -> Seen:
        """The device now."""
        state, status = self._text("state"), self._text("status")
        if self._steps:
            done, total = (int(self._get(name).reading.value) for name in STEPS)
            return Seen(state, status, done, total, f"{done} of {total} step{'' if total == 1 else 's'}")
        if self._call is not None:
            self._find(self._call)
            self._call = None
        return Seen(state, status) if self._moving is None else self._way(state, status, self._moving)

    def _get(self, name: str) -> AttributeState:
        return self._device.attributes[name].get(self._timeout)

    def _text(self, name: str) -> str:
        if name not in self._device.attributes:
            return ""
        return clean(str(self._get(name).reading.value), 60)

    def _find(self, call: CallFuture[Any]) -> None:
        asked = None
        goals = self._goals(call)
        numbers = (item for item in self._device.attributes.values() if isinstance(item.vtype, VNumber))
        for attribute in islice(numbers, MOST):
            found = attribute.get(self._timeout)
            value, kind = found.reading.value, _bare(found.info.vtype)
            goal = next((goal for goal_kind, goal in goals if goal_kind == kind and goal != value), None)
            if goal is not None:
                self._moving, self._from, self._to = attribute, float(value), goal
                return
            if asked is None and found.setpoint != value:
                asked = (attribute, float(value), float(found.setpoint))
        if asked is not None:
            self._moving, self._from, self._to = asked

    def _goals(self, call: CallFuture[Any]) -> list[tuple[VType[Any], float]]:
        """The numbers that the call was given, with their types."""
        takes = getattr(self._device, call.request.member).info.takes
        given = ((takes[name], value) for name, value in call.parameters.items() if isinstance(value, Real))
        return [(_bare(vtype), float(value)) for vtype, value in given if isinstance(vtype, VNumber)]

    def _way(self, state: str, status: str, attribute: RemoteAttribute[Any]) -> Seen:
        found = attribute.get(self._timeout)
        vtype, value, whole = found.info.vtype, float(found.reading.value), self._to - self._from
        done = (value - self._from) / whole if whole else 0.0
        shown = f"{found.info.name} {number_text(vtype, value)} → {number_text(vtype, self._to)}"
        return Seen(state, status, max(0.0, done), 1.0, clean(with_units(shown, units_of(vtype))))


def _bare(vtype: VType[Any]) -> VType[Any]:
    """A type without its texts, which are not the same for a parameter and for what is like it."""
    return vtype.replace(description="", label="", tags=())


def now_text(device: RemoteDevice, timeout: float) -> str:
    """ "DET is Aborting, 12 of 50 steps"; what is wrong when it does not answer."""
    name = clean(str(device))
    try:
        seen = Looker(device, timeout=timeout).look()
    except MacduffError as error:
        return f"how {name} is, is not known: {error}"
    steps = f", {seen.text}" if seen.total else ""
    status = f" ({seen.status})" if seen.status and seen.status != seen.state else ""
    return f"{name} is {seen.state or 'there'}{status}{steps}"
