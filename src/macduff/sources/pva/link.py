"""Follows one PV over PVAccess for as long as somebody wants it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol

from ...errors import BadValue
from ...limits import DEFAULTS
from ...values import Alarm, VType
from ..facts import Facts
from .decode import Decode, decoder
from .facts import facts_of
from .library import PvaThread, load
from .native import DTYPES, Native, alarm_of, native_of, time_of

__all__ = ["Link", "LinkSink"]

LOG = logging.getLogger("macduff.sources")
QUEUE, LEAST = 1000, 4
"""Updates that may wait for us, here and at the server; of large arrays fewer. Then the newest win."""
RETRY = 1.0
"""Seconds after which a subscription that the server ended is made again."""
_ABOUT = ("display", "control", "valueAlarm")


class LinkSink(Protocol):
    """What a link tells; all on the thread of PVAccess."""

    def facts(self, native: Native, facts: Facts) -> VType[Any]:
        """The PV is connected, or what it tells of itself changed; the type that its values must be of from here."""
        ...

    def described(self) -> None:
        """That changed, and no value comes with it."""

    def value(self, value: Any, alarm: Alarm, time: int | None) -> None: ...

    def lost(self, reason: str) -> None: ...


class Link:
    """One PV. Nothing is kept of the connection before: the PV may be another one when its server comes back."""

    def __init__(self, thread: PvaThread, pv: str, sink: LinkSink) -> None:
        self.pv = pv
        self.native: Native | None = None
        self.disconnected = asyncio.Event()
        """Set when the connection that `native` is of ends."""
        self._thread = thread
        self._sink = sink
        self._library = load()
        self._subscription: Any = None
        self._context: Any = None
        self._decode: Decode | None = None
        self._facts = Facts()
        self._about: tuple[str, ...] = ()
        self._queue = QUEUE
        self._beginning = True
        self._retry: asyncio.TimerHandle | None = None
        self._unfit = ""

    def start(self) -> None:
        self._retry, self._beginning = None, True
        self._context = self._thread.resource.use()
        self._subscription = self._context.monitor(
            self.pv, self._came, request=f"record[queueSize={self._queue}]", notify_disconnect=True
        )

    def close(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
        self._thread.resource.found(self)
        self._unsubscribe()
        self._end()

    def again(self) -> None:
        """Its server is looked for anew."""
        if self._subscription is not None:
            self._unsubscribe()
            self.start()

    def _unsubscribe(self) -> None:
        if self._subscription is not None:
            self._subscription.close()
            self._thread.resource.leave(self._context)
            self._subscription = self._context = None

    async def _came(self, event: Any) -> None:
        """A value, or why there is none. Must not raise: p4p would end the subscription."""
        if self._subscription is None:
            return
        try:
            if isinstance(event, Exception):
                self._failed(event)
            else:
                self._thread.resource.found(self)
                self._take(event)
                self._make_room(event)
        except Exception:
            LOG.exception("%s: an update is lost", self.pv)

    def _failed(self, event: Exception) -> None:
        if self._beginning and isinstance(event, self._library.Disconnected):
            self._beginning = False  # each subscription begins so
            return
        known = self.native is not None or bool(self._unfit)
        self._end()
        if isinstance(event, self._library.Disconnected):
            if known:  # else it never was connected, which is what its alarm says
                self._sink.lost(f"{self.pv}: disconnected")
                self._thread.resource.seek(self)
            return
        said = str(event) or type(event).__name__
        self._sink.lost(f"{self.pv}: the server ended the subscription: {said}")
        self._unsubscribe()
        self._retry = asyncio.get_running_loop().call_later(RETRY, self.start)

    def _end(self) -> None:
        self.native, self._decode, self._unfit = None, None, ""
        self.disconnected.set()

    def _take(self, raw: Any) -> None:
        try:
            learned = self._learn(raw)
        except BadValue as error:
            self._unfit = str(error)
            self._sink.lost(self._unfit)
            return
        if learned and not any(raw.changed(part) for part in self._carried(raw)):
            self._sink.described()
        elif self._decode is not None:
            self._deliver(raw, self._decode)

    def _make_room(self, raw: Any) -> None:
        """Large arrays do not wait by the thousand."""
        native = self.native
        if native is None or native.kind not in ("array", "image"):
            return
        size = getattr(raw["value"], "size", 1)
        queue = min(QUEUE, max(LEAST, DEFAULTS.ca_pending_elements // max(size, 1)))
        if queue < self._queue // 2:
            self._queue = queue
            self.again()

    @staticmethod
    def _carried(raw: Any) -> list[str]:
        """What makes an update one of the value, not of its description alone."""
        return [name for name in list(raw) if name not in (*_ABOUT, "descriptor")]

    def _deliver(self, raw: Any, decode: Decode) -> None:
        try:
            value = decode(raw)
        except BadValue as error:
            self._sink.lost(str(error))
        else:
            self._sink.value(value, alarm_of(raw), time_of(raw))

    def _learn(self, raw: Any) -> bool:
        """Take in what a value tells of the PV, where that is new."""
        native = self.native
        if native is None:
            native = native_of(self.pv, raw)
            fields = raw.keys()
            about = tuple(name for name in _ABOUT if name in fields)
            self._about = ("value.choices",) if native.kind == "enum" else about
        elif native.kind == "image":
            native = self._image(native, raw)
            if native is self.native:
                return False
        elif not any(raw.changed(name) for name in self._about):
            return False
        elif native.kind == "enum":
            native = native_of(self.pv, raw)
        facts = facts_of(raw, native)
        if native == self.native and facts == self._facts:
            return False
        self._decode = decoder(self._sink.facts(native, facts), native)
        if self.native is None:
            self.disconnected.clear()
        self.native, self._facts = native, facts
        return True

    def _image(self, native: Native, raw: Any) -> Native:
        """Images of one PV may be of another type or shape from one to the next."""
        pixels, dimensions = raw["value"], len(raw["dimension"])
        same = getattr(pixels, "dtype", None) == DTYPES[native.code] and dimensions == native.ndim
        return native if same or pixels is None or not dimensions else native_of(self.pv, raw)
