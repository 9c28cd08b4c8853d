"""Attributes from EPICS PVs by Channel Access."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from ..core import UNSET, Attribute, DState, SourceContext
from ..values import VType
from .ca import library
from .ca.binding import PVBinding, check_type
from .glue import limits_of
from .simulation import Behaviour, Simulated
from .texts import fill

__all__ = ["PV", "PVAttribute"]

T = TypeVar("T")


@dataclass(frozen=True)
class PV:
    """A process variable: `PV("{prefix}AcquireTime", rbv_suffix="_RBV")`; the constructor's arguments fill `{prefix}`.

    pv: the set point; its value is the attribute's value too, unless there is a readback: another PV (rbv), or the
    same name with a suffix (rbv_suffix). Value, alarm and time stamp come from the readback, units, limits and labels
    from both; what the PV does not tell stays as declared. put_callback: a put is done when the record has done all
    that it does, else when the server took it. timeout: seconds for a put, else as long as it takes while the PV is
    connected. simulate: initial value, or behaviour, under `simulate: true`.
    """

    pv: str
    rbv: str | None = None
    rbv_suffix: str | None = None
    put_callback: bool = True
    timeout: float | None = None
    read_only: bool = False
    simulate: object | Behaviour = None
    follows: ClassVar[bool] = False
    """Whether the attribute's type is the PV's, whatever it was at first."""

    def __post_init__(self) -> None:
        if self.rbv is not None and self.rbv_suffix is not None:
            raise ValueError(f"PV({self.pv!r}): expected rbv or rbv_suffix, got both")

    @property
    def writable(self) -> bool:
        return not self.read_only

    def bind(self, context: SourceContext) -> PVBinding:
        where = f"{context.device}.{context.attribute}"
        check_type(context.vtype, where)
        pv = fill(self.pv, context.arguments, where)
        rbv = fill(self.rbv, context.arguments, where) if self.rbv is not None else pv + (self.rbv_suffix or "")
        library.load()
        return PVBinding(
            context,
            pv,
            rbv,
            writable=self.writable,
            put_callback=self.put_callback,
            timeout=self.timeout,
            limits=limits_of(context.target._device),
            follows=self.follows,
        )

    def simulated(self) -> Simulated:
        return Simulated(self.writable, self.simulate)


def PVAttribute(  # it makes an Attribute, and is written where a class would be
    vtype: VType[T],
    pv: str,
    description: str = "",
    *,
    rbv: str | None = None,
    rbv_suffix: str | None = None,
    put_callback: bool = True,
    timeout: float | None = None,
    read_only: bool = False,
    simulate: object | Behaviour = None,
    initial: T = UNSET,
    parameter: bool = False,
    only_in: Iterable[DState] | None = None,
    label: str = "",
    tags: Iterable[str] = (),
) -> Attribute[T]:
    """An attribute from a PV: `PVAttribute(VDouble(), "{prefix}X", ...)` is `Attribute(VDouble(), source=PV(...))`."""
    source: Any = PV(pv, rbv, rbv_suffix, put_callback, timeout, read_only, simulate)
    return Attribute(
        vtype, initial, description, source=source, parameter=parameter, only_in=only_in, label=label, tags=tags
    )
