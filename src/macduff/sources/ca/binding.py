"""A PV, or a set point and its readback, bound to one attribute."""

from __future__ import annotations

import asyncio
from typing import Any

from ...core import SourceContext
from ...errors import DeviceFailed, MacduffError, NotWriteable, TimedOut, Unreachable
from ...limits import Limits
from ...values import VAction, VType
from ..binding import PutDone
from ..followed_pvs import PVsBinding, Shown, Taken
from ..glue import placed
from .encode import encode
from .inspect import vtype_for
from .link import Link
from .native import Native
from .thread import CaThread

__all__ = ["PVBinding", "check_type"]

ECA_TIMEOUT, ECA_DISCONNECTED, ECA_NO_WRITE_ACCESS = 80, 192, 376


class PVBinding(PVsBinding[CaThread, Link]):
    """Follows the PVs and puts to them, on the thread of Channel Access."""

    def __init__(
        self,
        context: SourceContext,
        pv: str,
        rbv: str,
        *,
        writable: bool,
        put_callback: bool,
        timeout: float | None,
        limits: Limits,
        follows: bool = False,
    ) -> None:
        super().__init__(context, pv, rbv, writable=writable, follows=follows)
        self._put_callback = put_callback
        self._timeout = timeout
        self._limits = limits

    def _acquire(self) -> CaThread:
        return CaThread.acquire()

    # the thread of Channel Access

    def _link(self, thread: CaThread, pv: str, sink: Shown | Taken) -> Link:
        return Link(thread, pv, sink, self._limits)

    def _native_type(self, native: Native) -> VType[Any]:
        return vtype_for(native)

    def _begin_put(self, thread: CaThread, value: Any, done: PutDone) -> None:
        def ended(task: asyncio.Task[None]) -> None:
            if not isinstance(self.declared, VAction):
                self._guard.done()
            error = self._outcome(thread, task)
            done(None if error is None else placed(error, self.context))

        thread.spawn(self._write(thread, value)).add_done_callback(ended)

    def _outcome(self, thread: CaThread, task: asyncio.Task[None]) -> MacduffError | None:
        if task.cancelled():
            return Unreachable(f"{self._pv}: expected the end of the put, got the end of the device")
        error = task.exception()
        if error is None or isinstance(error, MacduffError):
            return error
        if isinstance(error, thread.aioca.CANothing):
            return self._as_error(error)
        return DeviceFailed(f"{self._pv}: {type(error).__name__}: {error}")

    async def _write(self, thread: CaThread, value: Any) -> None:
        """Send it, and wait as long as the record takes.

        A server makes whoever puts with completion to a record that is still at it wait, and all else of that client
        with it. So a second put, such as the one that stops the first, goes without, and is done when it was taken.
        """
        link = self._links[-1]
        if link.native is None:
            raise Unreachable(f"{self._pv}: expected a connected PV, got one that is not")
        if not link.writable:
            raise NotWriteable(f"{self._pv}: expected write access, got none")
        kind, raw = encode(self._vtype, value, link.native)
        if isinstance(raw, (int, float, str)):  # an array of one, which numpy need not be told to become
            raw = [raw]
        complete = self._put_callback and not thread.completing[self._pv]
        aioca = thread.aioca
        if complete:
            thread.completing[self._pv] += 1
            try:
                await aioca.caput(self._pv, raw, datatype=kind, wait=True, timeout=self._timeout)
            finally:
                thread.completing[self._pv] -= 1
        else:
            await aioca.caput(self._pv, raw, datatype=kind, wait=False, timeout=self._limits.ca_answer)
            # The server answers one after the other: when it answers this, it has carried out the put.
            await aioca.caget(self._pv, count=1, timeout=self._limits.ca_answer)

    def _as_error(self, nothing: Any) -> MacduffError:
        if nothing.errorcode == ECA_DISCONNECTED:
            return Unreachable(f"{self._pv}: expected the end of the put, got disconnected")
        if nothing.errorcode == ECA_TIMEOUT:
            limit = self._limits.ca_answer if self._timeout is None else self._timeout
            return TimedOut(f"{self._pv}: expected the end of the put within {limit:g} s")
        if nothing.errorcode == ECA_NO_WRITE_ACCESS:
            return NotWriteable(f"{self._pv}: expected write access, got none")
        return DeviceFailed(f"{nothing}")


def check_type(vtype: VType[Any], where: str) -> None:
    """TypeError for what no PV of Channel Access can hold."""
    if vtype.name in ("VTable", "VMap"):
        raise TypeError(f"{where}: expected a number, bool, string, enum, array or action from a PV, got {vtype.name}")
