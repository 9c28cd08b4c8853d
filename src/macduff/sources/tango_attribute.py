"""Attributes from Tango devices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from ..core import UNSET, Attribute, DState, SourceContext
from ..values import VType
from .simulation import Behaviour, Simulated
from .tango import library
from .tango.binding import TangoBinding
from .tango.link import PERIOD
from .texts import fill

__all__ = ["Tango", "TangoAttribute"]

T = TypeVar("T")


@dataclass(frozen=True)
class Tango:
    """An attribute of a Tango device: `Tango("{device}/current")`, the constructor's arguments filling `{device}`.

    Value, alarm (its quality), time stamp, units, limits and labels are the device's, the set point is its written
    value; what the device does not tell stays as declared. events: change events are subscribed to; where the device
    sends none, it is read every `period` seconds. timeout: seconds for a write, else Tango's 3. simulate: initial
    value, or behaviour, under `simulate: true`.
    """

    attribute: str
    period: float = PERIOD
    events: bool = True
    timeout: float | None = None
    read_only: bool = False
    simulate: object | Behaviour = None
    follows: ClassVar[bool] = False
    """Whether the attribute's type is the device's, whatever it was at first."""

    def __post_init__(self) -> None:
        if not self.period > 0:
            raise ValueError(f"Tango({self.attribute!r}): expected a period above 0 s, got {self.period!r}")

    @property
    def writable(self) -> bool:
        return not self.read_only

    def bind(self, context: SourceContext) -> TangoBinding:
        where = f"{context.device}.{context.attribute}"
        device, member = library.split(fill(self.attribute, context.arguments, where), where)
        library.load()
        return TangoBinding(
            context,
            device,
            member,
            writable=self.writable,
            period=self.period,
            events=self.events,
            timeout=self.timeout,
            follows=self.follows,
        )

    def simulated(self) -> Simulated:
        return Simulated(self.writable, self.simulate)


def TangoAttribute(  # it makes an Attribute, and is written where a class would be
    vtype: VType[T],
    attribute: str,
    description: str = "",
    *,
    period: float = PERIOD,
    events: bool = True,
    timeout: float | None = None,
    read_only: bool = False,
    simulate: object | Behaviour = None,
    initial: T = UNSET,
    parameter: bool = False,
    only_in: Iterable[DState] | None = None,
    label: str = "",
    tags: Iterable[str] = (),
) -> Attribute[T]:
    """An attribute from a Tango device's: `TangoAttribute(VDouble(), "{device}/current")`."""
    source: Any = Tango(attribute, period, events, timeout, read_only, simulate)
    return Attribute(
        vtype, initial, description, source=source, parameter=parameter, only_in=only_in, label=label, tags=tags
    )
