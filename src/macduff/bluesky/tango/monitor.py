"""Telling a callback each new reading: by events first, by reading where there are none or while they are silent."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from bluesky.protocols import Reading
from ophyd_async.core import NotConnectedError

from ...errors import MacduffError
from ...sources.tango.library import load
from ...values import values_equal
from .proxies import ask, get_events_proxy, later

__all__ = ["Monitoring"]

LOG = logging.getLogger("macduff.bluesky")
PING = 2.0
"""Seconds between two looks at the device where events come: whether it is there, as Tango itself asks every 10 s, and
whether an event was lost since the last one that came, as some are while one subscribes and when there are too many."""


class Monitoring:
    """Begins at once, in the running loop, and ends with `close`. Whatever goes wrong it goes on, told as severity -1.

    read: gives a reading, or raises MacduffError. ping: raises it when the device is away. period: seconds between two
    readings where there are no events.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[Reading[Any]]],
        ping: Callable[[], Awaitable[object]],
        tell: Callable[[Reading[Any]], None],
        period: float,
    ) -> None:
        self._read, self._ping, self._tell, self._period = read, ping, tell, period
        self._loop = asyncio.get_running_loop()
        self._last: Reading[Any] | None = None
        self._polls = asyncio.Event()
        """Set while it is read, because no events come."""
        self._polls.set()
        self._events = 0
        """How many came."""
        self._confirmed = -1
        """How many had come when the last look found that they told everything; -1 before the first."""
        self._subscribed: tuple[Any, int] | None = None
        self._closed = False
        self._looking = self._loop.create_task(self._look(), name="readings of a Tango device")
        self._subscribing: asyncio.Task[None] | None = None

    @property
    def has_events(self) -> bool:
        """Whether events tell each change; else it is read every now and then."""
        return not self._polls.is_set()

    def subscribe(self, dev_name: str, name: str, take: Callable[[Any], Reading[Any]]) -> None:
        """Have events of the attribute's changes too; `take` makes a reading of what they bring."""
        loop = self._loop

        def came(event: Any) -> None:  # in a thread of Tango's
            with contextlib.suppress(RuntimeError):  # the loop was closed a moment ago
                loop.call_soon_threadsafe(self._event, event, take)

        self._subscribing = loop.create_task(self._subscribe(dev_name, name, came), name=f"events of {name}")

    def close(self) -> None:
        """Nothing is told any more. Never waits; from any thread, in any loop or none."""
        self._closed = True
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            self._end()
        else:
            with contextlib.suppress(RuntimeError):  # the loop was closed, and all of this with it
                self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._looking.cancel()
        subscribed, self._subscribed = self._subscribed, None
        if subscribed is not None:
            proxy, number = subscribed
            later(proxy.unsubscribe_event, number)

    async def _subscribe(self, dev_name: str, name: str, came: Callable[[Any], None]) -> None:
        """To the end even if it is closed meanwhile: who subscribed has to unsubscribe."""
        while True:
            try:
                proxy = await get_events_proxy(dev_name)
                number = await ask(_subscribe, proxy, name, came)
                break
            except NotConnectedError:
                await asyncio.sleep(PING)
                if self._closed:
                    return
            except load().DevFailed as error:  # there are none, so that it is read
                LOG.debug("%s: no events: %s", name, error)
                return
        self._subscribed = (proxy, number)
        if self._closed:
            self._end()

    def _event(self, event: Any, take: Callable[[Any], Reading[Any]]) -> None:
        if event.err:
            self._polls.set()  # reading it shows whether it is away; the subscription stays: it heals by itself
            return
        try:
            reading = take(event.attr_value)
        except Exception:
            LOG.exception("an event of %s is lost", getattr(event, "attr_name", "?"))
            self._polls.set()
            return
        self._events += 1
        self._polls.clear()
        self._deliver(reading)

    async def _look(self) -> None:
        while True:
            try:
                await self._look_once()
            except MacduffError:
                self._silent()
            except Exception:
                LOG.exception("a reading of a Tango device is lost")
                self._silent()
            if self._polls.is_set():
                await asyncio.sleep(self._period)

    async def _look_once(self) -> None:
        """Read it; where events come, see every now and then that they still can, and whether one was lost."""
        if not self._polls.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._polls.wait(), self._period if self._confirmed < 0 else PING)
                return
            if self._confirmed == self._events:
                try:
                    await self._ping()
                except MacduffError:
                    self._polls.set()
                return
        before = self._events
        try:
            reading = await self._read()
        except MacduffError:
            self._polls.set()
            raise
        if self._events != before:  # an event is newer
            return
        if not _same(self._last, reading):
            self._deliver(reading)
        if not self._polls.is_set():
            self._confirmed = before

    def _silent(self) -> None:
        """Nobody knows whether the last reading still holds."""
        if self._last is not None and self._last.get("alarm_severity") != -1:
            last = self._last
            self._deliver(Reading(value=last["value"], timestamp=last["timestamp"], alarm_severity=-1))

    def _deliver(self, reading: Reading[Any]) -> None:
        self._last = reading
        if self._closed:
            return
        try:
            self._tell(reading)
        except Exception:  # theirs, who listen: they hear the next one all the same
            LOG.exception("who monitors a Tango device raised")


def _subscribe(proxy: Any, name: str, came: Callable[[Any], None]) -> int:
    """Where nothing is lost if the server is away now: Tango goes on trying."""
    tango: Any = load()
    change = tango.EventType.CHANGE_EVENT
    if hasattr(tango, "EventSubMode"):
        return int(proxy.subscribe_event(name, change, came, tango.EventSubMode.AsyncRead))
    return int(proxy.subscribe_event(name, change, came, [], True))  # before PyTango 10.1: stateless


def _same(one: Reading[Any] | None, other: Reading[Any]) -> bool:
    return (
        one is not None
        and one.get("alarm_severity") == other.get("alarm_severity")
        and values_equal(one["value"], other["value"])
    )
