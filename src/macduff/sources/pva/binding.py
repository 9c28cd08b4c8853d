"""A PV of PVAccess, or a set point and its readback, bound to one attribute."""

from __future__ import annotations

import asyncio
from typing import Any

from ...core import SourceContext
from ...errors import DeviceFailed, MacduffError, TimedOut, Unreachable
from ...values import VAction, VType
from ..binding import PutDone
from ..followed_pvs import PVsBinding, Shown, Taken
from ..glue import placed
from .encode import encode
from .facts import vtype_for
from .library import PVA, PvaThread
from .link import Link
from .native import Native
from .putting import put

__all__ = ["PvaBinding"]


class PvaBinding(PVsBinding[PvaThread, Link]):
    """Follows the PVs and puts to them, on the thread of PVAccess."""

    def __init__(
        self,
        context: SourceContext,
        pv: str,
        rbv: str,
        *,
        writable: bool,
        wait: bool,
        timeout: float | None,
        follows: bool = False,
    ) -> None:
        super().__init__(context, pv, rbv, writable=writable, follows=follows)
        self._wait = wait
        self._timeout = timeout

    def _acquire(self) -> PvaThread:
        return PVA.acquire()

    # the thread of PVAccess

    def again(self) -> None:
        """Have the PVs tell their values once more."""
        for link in self._links:
            link.again()

    def _link(self, thread: PvaThread, pv: str, sink: Shown | Taken) -> Link:
        return Link(thread, pv, sink)

    def _native_type(self, native: Native) -> VType[Any]:
        return vtype_for(native)

    def _begin_put(self, thread: PvaThread, value: Any, done: PutDone) -> None:
        def ended(task: asyncio.Task[None]) -> None:
            error = self._outcome(task)
            if not isinstance(self.declared, VAction):
                if error is not None:
                    self.see_setpoint_again()  # it is what it was
                self._guard.done()
            done(None if error is None else placed(error, self.context))

        thread.spawn(self._write(thread, value)).add_done_callback(ended)

    def _outcome(self, task: asyncio.Task[None]) -> MacduffError | None:
        if task.cancelled():
            return Unreachable(f"{self._pv}: expected the end of the put, got the end of the device")
        error = task.exception()
        if error is None or isinstance(error, MacduffError):
            return error
        if isinstance(error, TimeoutError):
            return TimedOut(f"{self._pv}: expected the end of the put within {self._timeout:g} s")
        return DeviceFailed(f"{self._pv}: {str(error) or type(error).__name__}")

    async def _write(self, thread: PvaThread, value: Any) -> None:
        link = self._links[-1]
        if link.native is None:
            raise Unreachable(f"{self._pv}: expected a connected PV, got one that is not")
        members = encode(self._vtype, value, link.native)
        await put(thread, self._pv, members, link.disconnected, wait=self._wait, timeout=self._timeout)
