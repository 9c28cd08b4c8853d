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


class Monitoring:
    """Begins at once, in the running loop, and ends with `close`. Whatever goes wrong it goes on, told as severity -1.

    read: gives a reading, or raises MacduffError. period: seconds between two of them.
    """

    def __init__(
        self, read: Callable[[], Awaitable[Reading[Any]]], tell: Callable[[Reading[Any]], None], period: float
    ) -> None:
        self._read, self._tell, self._period = read, tell, period
        self._last: Reading[Any] | None = None
        self._polls = asyncio.Event()
        self._polls.set()
        self._events = 0
        self._subscribed: tuple[Any, int] | None = None
        self._closed = False
        self._tasks = [asyncio.create_task(self._poll(), name="readings of a Tango device")]

    def subscribe(self, dev_name: str, name: str, take: Callable[[Any], Reading[Any]]) -> None:
        """Have events of the attribute's changes too; `take` makes a reading of what they bring."""
        loop = asyncio.get_running_loop()

        def came(event: Any) -> None:  # in a thread of Tango's
            with contextlib.suppress(RuntimeError):  # the loop was closed a moment ago
                loop.call_soon_threadsafe(self._event, event, take)

        self._tasks.append(asyncio.create_task(self._subscribe(dev_name, name, came), name=f"events of {name}"))

    def close(self) -> None:
        """Never waits; nothing is told any more."""
        self._closed = True
        self._tasks[0].cancel()
        if self._subscribed is not None:
            proxy, number = self._subscribed
            later(proxy.unsubscribe_event, number)

    async def _subscribe(self, dev_name: str, name: str, came: Callable[[Any], None]) -> None:
        """To the end even if it is closed meanwhile: who subscribed has to unsubscribe."""
        try:
            proxy = await get_events_proxy(dev_name)
            number = await ask(_subscribe, proxy, name, came)
        except (load().DevFailed, NotConnectedError) as error:  # there are none, so that it is read
            LOG.debug("%s: no events: %s", name, error)
            return
        if self._closed:
            later(proxy.unsubscribe_event, number)
        else:
            self._subscribed = (proxy, number)

    def _event(self, event: Any, take: Callable[[Any], Reading[Any]]) -> None:
        if self._closed:
            return
        if event.err:
            if event.errors and event.errors[0].reason == "API_EventTimeout":
                self._silent()
            self._polls.set()  # the subscription stays: it heals by itself
            return
        try:
            reading = take(event.attr_value)
        except (MacduffError, TypeError, ValueError):
            LOG.exception("an event of %s is lost", getattr(event, "attr_name", "?"))
            self._polls.set()
            return
        self._events += 1
        self._polls.clear()
        self._deliver(reading)

    async def _poll(self) -> None:
        while True:
            await self._polls.wait()
            before = self._events
            try:
                reading = await self._read()
            except MacduffError:
                self._silent()
            else:
                if self._events == before and not _same(self._last, reading):  # an event is newer
                    self._deliver(reading)
            await asyncio.sleep(self._period)

    def _silent(self) -> None:
        """Nobody knows whether the last reading still holds."""
        if self._last is not None and self._last.get("alarm_severity") != -1:
            last = self._last
            self._deliver(Reading(value=last["value"], timestamp=last["timestamp"], alarm_severity=-1))

    def _deliver(self, reading: Reading[Any]) -> None:
        self._last = reading
        self._tell(reading)


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
