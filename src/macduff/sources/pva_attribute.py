"""Attributes from EPICS PVs by PVAccess."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from ..core import UNSET, Attribute, DState, SourceContext
from ..values import VType
from .pva import library
from .pva.binding import PvaBinding
from .simulation import Behaviour, Simulated
from .texts import fill

__all__ = ["Pva", "PvaAttribute"]

T = TypeVar("T")


@dataclass(frozen=True)
class Pva:
    """A process variable over PVAccess: `Pva("{prefix}X", rbv_suffix="_RBV")`; as `PV` is over Channel Access.

    pv: the set point; its value is the attribute's value too, unless there is a readback: another PV (rbv), or the
    same name with a suffix (rbv_suffix). Value, alarm and time stamp come from the readback, units, limits and labels
    from both; what the PV does not tell stays as declared. wait: a put is done when the record has done all that it
    does (block=true), else when the server took it. timeout: seconds for a put, else as long as it takes while the PV
    is connected. simulate: initial value, or behaviour, under `simulate: true`.
    """

    pv: str
    rbv: str | None = None
    rbv_suffix: str | None = None
    wait: bool = True
    timeout: float | None = None
    read_only: bool = False
    simulate: object | Behaviour = None
    follows: ClassVar[bool] = False
    """Whether the attribute's type is the PV's, whatever it was at first."""

    def __post_init__(self) -> None:
        if self.rbv is not None and self.rbv_suffix is not None:
            raise ValueError(f"Pva({self.pv!r}): expected rbv or rbv_suffix, got both")

    @property
    def writable(self) -> bool:
        return not self.read_only

    def bind(self, context: SourceContext) -> PvaBinding:
        where = f"{context.device}.{context.attribute}"
        pv = fill(self.pv, context.arguments, where)
        rbv = fill(self.rbv, context.arguments, where) if self.rbv is not None else pv + (self.rbv_suffix or "")
        library.load()
        return PvaBinding(
            context, pv, rbv, writable=self.writable, wait=self.wait, timeout=self.timeout, follows=self.follows
        )

    def simulated(self) -> Simulated:
        return Simulated(self.writable, self.simulate)


def PvaAttribute(  # it makes an Attribute, and is written where a class would be
    vtype: VType[T],
    pv: str,
    description: str = "",
    *,
    rbv: str | None = None,
    rbv_suffix: str | None = None,
    wait: bool = True,
    timeout: float | None = None,
    read_only: bool = False,
    simulate: object | Behaviour = None,
    initial: T = UNSET,
    parameter: bool = False,
    only_in: Iterable[DState] | None = None,
    label: str = "",
    tags: Iterable[str] = (),
) -> Attribute[T]:
    """An attribute from a PV: `PvaAttribute(VDouble(), "{prefix}X")` is `Attribute(VDouble(), source=Pva(...))`."""
    source: Any = Pva(pv, rbv, rbv_suffix, wait, timeout, read_only, simulate)
    return Attribute(
        vtype, initial, description, source=source, parameter=parameter, only_in=only_in, label=label, tags=tags
    )
