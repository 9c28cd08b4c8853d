"""Follows one attribute of a Tango device: by events, and by reading it where there are none or they stopped."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Protocol

from ...errors import BadValue
from ...values import Alarm, VType
from ..facts import Facts
from .library import text_of
from .native import Native, alarm_of, facts_of, native_of, time_of
from .spelling import Decode, decoder

if TYPE_CHECKING:
    from .followed import Followed

__all__ = ["AttributeLink", "LinkSink", "PERIOD", "Subscription"]

LOG = logging.getLogger("macduff.sources")
PERIOD = 1.0
"""Seconds between two readings of an attribute without events, unless it is told otherwise."""
UNFIT = 5.0
"""Seconds after which an attribute that is not there, or of no use, is looked at again."""


Subscription = tuple[Any, int]
"""The proxy that an event was subscribed to with, and its number there."""


class LinkSink(Protocol):
    """What a link tells; all on the thread of Tango."""

    def facts(self, native: Native, facts: Facts) -> VType[Any]:
        """What the attribute is, when connecting or since it changed; the type that its values must be of."""
        ...

    def value(self, value: Any, setpoint: Any, alarm: Alarm, time: int, began: float) -> None:
        """setpoint: None where there is none. began: the monotonic time before which the device said so."""

    def lost(self, reason: str) -> None: ...


class AttributeLink:
    """One attribute. Nothing is kept of the connection before: it may be another one when its server comes back."""

    def __init__(self, device: Followed, member: str, sink: LinkSink, period: float, events: bool) -> None:
        self.member = member
        self.native: Native | None = None
        self.due = 0.0
        """When it is to be read, or looked at again."""
        self.events = events
        self.subscriptions: list[Subscription] = []
        self._device = device
        self._sink = sink
        self._period = period
        self._live = False
        self._closed = False
        self.looked = asyncio.Event()
        """Set when the device was asked what the attribute is."""
        self._facts = Facts()
        self._vtype: VType[Any] | None = None
        self._decode: Decode | None = None
        self._event_came = 0.0
        self._complained = False

    def close(self) -> None:
        self._closed = True

    # what the device is told by its turns; on the loop

    def is_due(self, now: float) -> bool:
        return self.due <= now

    def learn(self, info: Any) -> None:
        """The attribute's configuration, which may be another one than before."""
        native = native_of(self._device.name, info, self._device.tango)
        facts = facts_of(info, native)
        if native == self.native and facts == self._facts:
            return
        try:
            self._vtype = self._sink.facts(native, facts)
            self._decode = decoder(self._vtype, native)
        except BadValue as error:
            self.unfit(str(error))
            return
        self.native, self._facts, self.due = native, facts, 0.0
        self.looked.set()

    def unfit(self, reason: str) -> None:
        """There is no such attribute, or it cannot be what it should."""
        self.native, self._decode = None, None
        self.due = time.monotonic() + UNFIT
        self.looked.set()
        self._sink.lost(reason)

    def disconnected(self, reason: str) -> None:
        """The device cannot be reached."""
        self.native, self._decode, self._live, self.due = None, None, False, 0.0
        self.looked.set()  # whoever waits learns that the device is away
        self.looked = asyncio.Event()
        self._sink.lost(reason)

    def failed(self, reason: str) -> None:
        """It could not be read."""
        self._rest()
        self._sink.lost(reason)

    def take(self, value: Any, began: float) -> None:
        """It was read; what an event told since is newer."""
        self._rest()
        if value.has_failed:
            failure = value.get_err_stack()[0]
            if failure.reason == "API_AttrNotFound":
                self.unfit(f"{self._device.name}/{self.member}: {failure.desc}")
            else:
                self._sink.lost(f"{self._device.name}/{self.member}: {' '.join(failure.desc.split())}")
        elif began >= self._event_came:
            self._deliver(value, began)

    def _rest(self) -> None:
        self.due = float("inf") if self._live else time.monotonic() + self._period

    def read_soon(self) -> None:
        """As after a write."""
        self.due = 0.0
        self._device.wake()

    # events; on the loop

    def event(self, event: Any) -> None:
        """A change, or why there will be none. Must not raise."""
        if self._closed:
            return
        try:
            if event.err:
                self._no_event(event.errors)
            else:
                first, self._live, self._event_came = not self._live, True, time.monotonic()
                if self.native is not None:
                    self._rest()
                    if first:  # Tango loses what is pushed while it subscribes: one more look
                        self.due = self._event_came + self._period
                    self._deliver(event.attr_value, self._event_came)
        except Exception:
            LOG.exception("%s/%s: an event is lost", self._device.name, self.member)

    def _no_event(self, errors: Any) -> None:
        """Without events it is read; the subscription stays, and heals by itself."""
        if not errors[0].reason.startswith("API_"):  # the device's own: it could not say the value
            self._live = True
            self._sink.lost(f"{self._device.name}/{self.member}: {' '.join(errors[0].desc.split())}")
            return
        if not self._live:
            return
        self._live, self.due = False, 0.0
        if errors[0].reason == "API_EventTimeout":
            self._sink.lost(f"{self._device.name}/{self.member}: no events any more: {errors[0].desc}")
        self._device.wake()

    def configuration(self, event: Any) -> None:
        """The attribute's configuration changed."""
        if self._closed or event.err or self.native is None:
            return
        try:
            self.learn(event.attr_conf)
            self._device.wake()
        except Exception:
            LOG.exception("%s/%s: a change of its configuration is lost", self._device.name, self.member)

    def _deliver(self, raw: Any, began: float) -> None:
        decode, vtype = self._decode, self._vtype
        if decode is None or vtype is None or self.native is None:
            return
        stamp = time_of(raw.time)
        if raw.value is None and str(raw.quality) == "ATTR_INVALID":
            self._sink.lost(f"{self._device.name}/{self.member}: the device says INVALID")
            return
        try:
            value = decode(raw.value)
            asked = None
            if self.native.writable:
                asked = self._asked(decode, raw.w_value)
        except (BadValue, TypeError, ValueError) as error:
            self._sink.lost(f"{self._device.name}/{self.member}: {error}")
            return
        self._sink.value(value, asked, alarm_of(raw.quality, vtype, value), stamp, began)

    @staticmethod
    def _asked(decode: Decode, raw: Any) -> Any:
        """The set point; none before there was any, or when it is not to be understood."""
        try:
            return None if raw is None else decode(raw)
        except (BadValue, TypeError, ValueError):
            return None


def no_configuration(link: AttributeLink, device: str, error: BaseException) -> None:
    """What was asked of its configuration was refused."""
    link.unfit(f"{device}/{link.member}: {text_of(error)}")
