"""Follows one PV for as long as somebody wants it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any, Protocol

from ...errors import BadValue
from ...limits import Limits
from ...values import Alarm, VType
from ..facts import Facts
from . import library
from .decode import Decode, decoder
from .facts import facts_of
from .native import DOUBLE, ENUM, FLOAT, STRING, Native, alarm_of, time_of
from .thread import CaThread

__all__ = ["Link", "LinkSink"]

LOG = logging.getLogger("macduff.sources")
RAW, TIME, CTRL = 0, 1, 2
PROPERTY = 8
RETRY = 1.0
"""Seconds after which a PV that is connected but gives no value is asked again."""


class LinkSink(Protocol):
    """What a link tells; all on the thread of Channel Access."""

    def facts(self, native: Native, facts: Facts) -> VType[Any]:
        """The PV is connected, or its metadata changed; the type that its values must be of from here on."""
        ...

    def described(self) -> None:
        """The metadata changed, and no value comes with that."""

    def value(self, value: Any, alarm: Alarm, time: int | None) -> None: ...

    def lost(self, reason: str) -> None: ...


class _Pending(deque[Any]):
    """Updates that wait, bounded; what is dropped is counted."""

    def __init__(self, bound: int) -> None:
        super().__init__(maxlen=bound)
        self.dropped = 0

    def append(self, item: Any) -> None:
        if len(self) == self.maxlen:
            self.dropped += 1
        super().append(item)


class Link:
    """One PV: connects, reads its metadata, follows its value, begins anew at each connection.

    The type of a PV may change while its server is away, so nothing of the connection before is kept. Only the thread
    of Channel Access may call it.
    """

    def __init__(self, thread: CaThread, pv: str, sink: LinkSink, limits: Limits) -> None:
        self.pv = pv
        self._limits = limits
        self.native: Native | None = None
        self._thread = thread
        self._sink = sink
        self._lost: asyncio.Event = asyncio.Event()
        self._reason = ""
        self._monitors: list[Any] = []
        self._pending: _Pending | None = None
        self._came = asyncio.Event()
        self._decode: Decode | None = None
        self._datatype: int | None = None
        self._facts = Facts()
        self._newest: Any = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._thread.hold(self.pv, self._sweep)
        self._task = self._thread.spawn(self._follow())

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._end()
            self._thread.drop(self.pv, self._sweep)
            self._task = None

    @property
    def writable(self) -> bool:
        return library.write_access(self._thread.loop, self.pv)

    async def _follow(self) -> None:
        aioca = self._thread.aioca
        while True:
            await aioca.connect(self.pv, timeout=None)
            self._lost.clear()
            self._came.clear()
            try:
                await self._subscribe()
                await self._lost.wait()
                pause = 0.0
            except (aioca.CANothing, BadValue, TimeoutError) as error:
                self._reason, pause = str(error) or f"{self.pv}: no answer", RETRY
            except Exception as error:  # the thread is everybody's: nothing may end it, and nothing may go unseen
                LOG.exception("%s: begun anew after an error", self.pv)
                self._reason, pause = f"{self.pv}: {type(error).__name__}: {error}", RETRY
            self._end()
            self._sink.lost(self._reason)
            await asyncio.sleep(pause)

    async def _subscribe(self) -> None:
        """Metadata first, then values, then changes of the metadata."""
        aioca, limit = self._thread.aioca, self._limits.ca_answer
        info = await aioca.cainfo(self.pv, timeout=limit)
        if not info.read:
            raise BadValue(f"{self.pv}: expected read access, got none")
        native = Native(self.pv, info.datatype, info.count)
        if native.kind == STRING:
            self._learn(native, Facts())
        else:
            ctrl = await aioca.caget(self.pv, **_control(native), timeout=limit)
            self._learn(native, facts_of(ctrl, native.kind in (FLOAT, DOUBLE)))
        self._monitors.append(self._monitor())
        await asyncio.wait_for(self._came.wait(), limit)
        if native.kind != STRING:
            self._monitors.append(aioca.camonitor(self.pv, self._changed, events=PROPERTY, **_control(native)))

    def _learn(self, native: Native, facts: Facts) -> None:
        native = Native(native.pv, native.kind, native.count, facts.labels)
        self._datatype, self._decode = decoder(self._sink.facts(native, facts), native)
        self.native, self._facts = native, facts

    def _monitor(self) -> Any:
        monitor = self._thread.aioca.camonitor(
            self.pv, self._update, datatype=self._datatype, format=TIME, all_updates=True, notify_disconnect=True
        )
        count = self.native.count if self.native is not None else 1
        limits = self._limits
        bound = min(limits.every_changes, max(4, limits.ca_pending_elements // max(count, 1)))
        monitor.pending_values = self._pending = _Pending(bound)
        return monitor

    def _update(self, augmented: Any) -> None:
        """A value, or the news that the PV is gone. Must not raise: aioca would close the monitor."""
        try:
            self._came.set()
            if not augmented.ok:
                self._give_up(f"{self.pv}: disconnected")
            elif self._decode is not None:
                self._newest = augmented
                self._deliver(augmented, self._decode)
        except Exception:
            LOG.exception("%s: an update is lost", self.pv)

    def _deliver(self, augmented: Any, decode: Decode) -> None:
        alarm, time = alarm_of(augmented), time_of(augmented)
        try:
            value = decode(augmented)
        except BadValue as error:
            self._sink.lost(str(error))
        else:
            self._sink.value(value, alarm, time)

    def _changed(self, ctrl: Any) -> None:
        """New limits, units or labels; with labels the value of an enum is another."""
        try:
            if not ctrl.ok or self.native is None:
                return
            facts = facts_of(ctrl, self.native.kind in (FLOAT, DOUBLE))
            if facts != self._facts:
                self._learn(self.native, facts)
                if facts.labels and self._newest is not None and self._decode is not None:
                    self._deliver(self._newest, self._decode)
                else:
                    self._sink.described()
        except BadValue as error:
            self._give_up(str(error))
        except Exception:
            LOG.exception("%s: a change of its metadata is lost", self.pv)

    def _give_up(self, reason: str) -> None:
        self._reason = reason
        self._lost.set()

    def _sweep(self) -> None:
        if self._pending is not None and self._pending.dropped:
            LOG.warning("%s: %d updates came too fast and were dropped", self.pv, self._pending.dropped)
            self._pending.dropped = 0
        if any(library.is_closed(monitor) for monitor in self._monitors):
            self._give_up(f"{self.pv}: the server ended the subscription")

    def _end(self) -> None:
        self.native = self._newest = None
        self._decode = None
        for monitor in self._monitors:
            library.close_subscription(monitor)
        self._monitors.clear()


def _control(native: Native) -> dict[str, int]:
    """How to ask for metadata; limits of integers as doubles, where one that is not set is not a number."""
    return {"datatype": ENUM if native.kind == ENUM else DOUBLE, "format": CTRL, "count": 1}
