"""A PV of PVAccess, or a set point and its readback, bound to one attribute."""

from __future__ import annotations

import asyncio
from typing import Any

from ...core import UNSET, SourceContext
from ...errors import DeviceFailed, MacduffError, TimedOut, Unreachable
from ...values import VAction, VType
from ..binding import PutDone, ThreadBinding
from ..ca.facts import Facts, improved
from ..ca.sinks import Shown, Taken
from ..glue import placed
from .encode import encode
from .facts import vtype_for
from .library import PVA, PvaThread
from .link import Link
from .native import Native
from .putting import put

__all__ = ["PvaBinding"]


class PvaBinding(ThreadBinding[PvaThread]):
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
        """follows: nobody declared the type, so that it is always the PV's."""
        super().__init__(context, pv, "a PV")
        self.shown_facts = self.put_facts = Facts()
        self.declared = self._vtype = context.vtype
        self._pv = pv
        self._rbv = rbv
        self._writable = writable
        self._wait = wait
        self._timeout = timeout
        self._follows = follows
        self._seen: Any = UNSET
        self._links: list[Link] = []

    def _acquire(self) -> PvaThread:
        return PVA.acquire()

    def _type(self) -> VType[Any]:
        return self.declared

    # the thread of PVAccess

    def declared_for(self, native: Native) -> VType[Any]:
        """The type without what the PVs know better."""
        return vtype_for(native) if self._follows else self.declared

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

    def again(self) -> None:
        """Have the PVs tell their values once more."""
        for link in self._links:
            link.again()

    def _begin(self, thread: PvaThread) -> None:
        if self._thread is None:
            return
        apart = self._writable and self._rbv != self._pv
        self._links = [Link(thread, self._rbv, Shown(self, both=not apart))]
        if apart:
            self._links.append(Link(thread, self._pv, Taken(self)))
        for link in self._links:
            link.start()

    def _end(self) -> None:
        for link in self._links:
            link.close()

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
