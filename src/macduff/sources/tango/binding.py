"""An attribute of a Tango device bound to one of ours."""

from __future__ import annotations

import asyncio
import time as clock
from collections.abc import Callable
from typing import Any

from ...core import UNSET, SourceContext
from ...errors import MacduffError, NotWriteable, Unreachable
from ...values import Alarm, VAction, VType
from ..binding import PutDone, ThreadBinding
from ..facts import Facts, improved
from ..glue import placed
from .followed import Followed
from .library import TANGO, TangoThread, as_error
from .link import AttributeLink
from .native import Native, vtype_for
from .spelling import encode

__all__ = ["TangoBinding"]

Told = Callable[[Any, Alarm, int], None]


class TangoBinding(ThreadBinding[TangoThread]):
    """Follows the attribute and writes to it, on the thread of Tango."""

    def __init__(
        self,
        context: SourceContext,
        device: str,
        member: str,
        *,
        writable: bool,
        period: float,
        events: bool,
        timeout: float | None,
        follows: bool = False,
        told: Told | None = None,
    ) -> None:
        """follows: nobody declared the type, so that it is always the attribute's. told: is told each value too."""
        super().__init__(context, f"{device}/{member}", "an attribute")
        self._device, self._member = device, member
        self._writable = writable
        self._period, self._events = period, events
        self._timeout = timeout
        self._follows = follows
        self._told = told
        self._declared = self._vtype = context.vtype
        self._learned: VType[Any] | None = None
        self._followed: Followed | None = None
        self._link: AttributeLink | None = None
        self._written = 0.0
        self._seen: Any = UNSET

    def _acquire(self) -> TangoThread:
        return TANGO.acquire()

    def _type(self) -> VType[Any]:
        return self._vtype

    # the thread of Tango

    def _begin(self, thread: TangoThread) -> None:
        if self._thread is None:
            return
        self._followed = Followed.of(thread, self._device)
        self._link = AttributeLink(self._followed, self._member, self, self._period, self._events)
        self._followed.add(self._link)

    def _end(self) -> None:
        if self._followed is not None and self._link is not None:
            self._followed.remove(self._link)

    # what the link tells

    def facts(self, native: Native, facts: Facts) -> VType[Any]:
        """New metadata is told together with the first value that came under it, for the old may not fit it."""
        if self._follows:
            self._declared = vtype_for(native)
        self._vtype = self._learned = improved(self._declared, facts, facts)
        return self._vtype

    def value(self, value: Any, setpoint: Any, alarm: Alarm, time: int, began: float) -> None:
        vtype, self._learned = self._learned, None
        if isinstance(self._vtype, VAction):
            alarm = Alarm()
        self.context.update(value, alarm=alarm, time=time, vtype=vtype)
        if setpoint is not None and self._writable and began >= self._written:
            self._seen = setpoint
            self._guard.saw(setpoint)
        if self._told is not None:
            self._told(value, alarm, time)

    def lost(self, reason: str) -> None:
        self.context.invalid(reason)

    # puts

    def _begin_put(self, thread: TangoThread, value: Any, done: PutDone) -> None:
        def ended(task: asyncio.Task[None]) -> None:
            error = self._outcome(task)
            self._written = clock.monotonic()
            if not isinstance(self._vtype, VAction):
                if error is not None and self._seen is not UNSET:
                    self._guard.saw(self._seen)  # it is what it was
                self._guard.done()
            if self._link is not None:
                self._link.read_soon()
            done(None if error is None else placed(error, self.context))

        thread.spawn(self._write(value)).add_done_callback(ended)

    def _outcome(self, task: asyncio.Task[None]) -> MacduffError | None:
        if task.cancelled():
            return Unreachable(f"{self._name}: expected the end of the write, got the end of the device")
        error = task.exception()
        return None if error is None else as_error(error, self._name)

    async def _write(self, value: Any) -> None:
        link, followed = self._link, self._followed
        if followed is not None and link is not None and followed.up:
            await link.looked.wait()  # a device that came a moment ago is still being asked what it has
        if followed is None or link is None or not followed.up:
            reason = "" if followed is None else f": {followed.reason}"
            raise Unreachable(f"{self._name}: expected a device that is there, got one that is not{reason}")
        if link.native is None:
            raise Unreachable(f"{self._name}: expected an attribute of the device, got none")
        if not link.native.writable:
            raise NotWriteable(f"{link.native}: expected an attribute that can be written, got a read-only one")
        raw = encode(self._vtype, value, link.native)
        if link.native.type == "DevState":
            raw = followed.tango.DevState.values[raw]
        await followed.ask("write_attribute", self._member, raw, timeout=self._timeout)
