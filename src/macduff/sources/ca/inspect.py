"""What type an attribute should have for a PV that nobody declared."""

from __future__ import annotations

from typing import Any

from ...errors import MacduffError, NotFound
from ...values import VArray, VDouble, VEnum, VFloat, VInt, VString, VType
from ..glue import Done
from .facts import facts_of
from .native import CHAR, DOUBLE, ENUM, FLOAT, LONG, SHORT, STRING, Native
from .thread import CaThread

__all__ = ["begin_inspect", "vtype_for"]

_SCALARS: dict[int, VType[Any]] = {
    SHORT: VInt(16), FLOAT: VFloat(), CHAR: VInt(8, signed=False), LONG: VInt(32), DOUBLE: VDouble(), STRING: VString(),
}  # fmt: skip
CTRL = 2


def begin_inspect(pv: str, timeout: float, done: Done) -> None:
    """Connect to a PV and call `done` with its Native, or with NotFound after `timeout` seconds. Never waits."""
    thread = CaThread.acquire()
    thread.call(lambda: thread.spawn(_inspect(thread, pv, timeout, done)))


async def _inspect(thread: CaThread, pv: str, timeout: float, done: Done) -> None:
    aioca = thread.aioca
    thread.hold(pv, _nothing)
    error: MacduffError | None = NotFound(f"{pv}: expected a PV that is connected, found none within {timeout:g} s")
    native: Native | None = None
    try:
        info = await aioca.cainfo(pv, timeout=timeout)
        labels: tuple[str, ...] = ()
        if info.datatype == ENUM:
            ctrl = await aioca.caget(pv, datatype=ENUM, format=CTRL, count=1, timeout=timeout)
            labels = facts_of(ctrl, False).labels
        native, error = Native(pv, info.datatype, info.count, labels), None
    except aioca.CANothing:
        pass
    finally:
        done(native, error)
        thread.drop(pv, _nothing)
        thread.release()


def _nothing() -> None:
    """For those who need no sweeping."""


def vtype_for(native: Native) -> VType[Any]:
    """The type that holds all that the PV can hold."""
    if native.kind == CHAR and native.pv.endswith("$"):
        return VString()
    if native.kind == ENUM:
        scalar: VType[Any] = VEnum(native.labels)
    else:
        scalar = _SCALARS[native.kind]
    return scalar if native.count == 1 else VArray(scalar)
