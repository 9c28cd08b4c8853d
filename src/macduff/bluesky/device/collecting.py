"""Collectable: one event for each step of a run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from event_model import DataKey, PartialEvent

from ...values import Reading
from .datatypes import as_value
from .link import Link, Subscription

if TYPE_CHECKING:
    from .device import MacduffDevice

__all__ = ["Collector"]

_log = logging.getLogger("macduff.bluesky")
STEPS = "completed_steps"
SETTLE = 2.0
"""Seconds in which what a run has changed is here, after its end; then it is asked for."""


class Collector:
    """Follows a run's steps and what is read with them; each step is an event, with the readings of its moment."""

    def __init__(self, device: MacduffDevice) -> None:
        self._device = device
        self._seen: dict[str, list[Reading]] = {}
        self._subscriptions: list[Subscription] = []
        self._news = asyncio.Event()
        self._given = 0

    async def describe_collect(self) -> dict[str, DataKey] | dict[str, dict[str, DataKey]]:
        """The stream and what is in it; where the plan has declared the stream, what is in it alone."""
        keys, stream = await self._device.describe(), self._device.stream
        return keys if stream is None else {stream or self._device.name: keys}

    async def collect(self) -> AsyncIterator[PartialEvent]:
        """The steps that were done since it was asked last."""
        rows = self._rows()
        done = not self._subscriptions
        for step in sorted(rows):
            if step <= self._given or (not done and step == max(rows)):  # the last may not be all here yet
                continue
            self._given = step
            yield self._event(rows[step])

    async def begin(self) -> None:
        """A run is about to begin."""
        self.end()
        link = self._link()
        self._given = 0
        self._seen = {name: [] for name in (*self._device.collected, STEPS)}
        for name in self._seen:
            self._subscriptions.append(await link.subscribe(name, self._listener(name), every=True))

    async def settle(self) -> None:
        """The run has ended: wait until what it has changed is here."""
        link = self._link()
        newest = {name: (await link.state(name)).reading for name in self._seen}
        try:
            async with asyncio.timeout(SETTLE):
                while any(not seen or seen[-1].time < newest[name].time for name, seen in self._seen.items()):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            for name, seen in self._seen.items():
                if not seen or seen[-1].time < newest[name].time:
                    seen.append(newest[name])
        total, found = newest[STEPS].value, len(self._rows())
        if found < total:
            text = "%s: expected %d steps, got %d: they came quicker than they could be told"
            _log.warning(text, self._device.name, total, found)

    def end(self) -> None:
        """Follow nothing any more."""
        while self._subscriptions:
            self._subscriptions.pop().close()

    def _link(self) -> Link:
        link = self._device.link
        assert link is not None  # there are no collectors in mock mode
        return link

    def _listener(self, name: str) -> Any:
        def told(reading: Reading) -> None:
            self._seen[name].append(reading)
            self._news.set()

        return told

    def _rows(self) -> dict[int, Reading]:
        """When each step was done; steps that were rewound and done again, the last time."""
        rows: dict[int, Reading] = {}
        for reading in self._seen.get(STEPS, [])[1:]:  # the first is from before the run
            rows = {step: at for step, at in rows.items() if step < reading.value}
            if reading.value > 0:
                rows[reading.value] = reading
        return rows

    def _event(self, step: Reading) -> PartialEvent:
        data: dict[str, Any] = {}
        stamps: dict[str, float] = {}
        for name, signal in self._device.collected.items():
            readings = self._seen[name]
            then = next((reading for reading in reversed(readings) if reading.time <= step.time), readings[0])
            data[signal.name] = as_value(then.value, signal.datatype)
            stamps[signal.name] = then.time / 1e9
        return PartialEvent(data=data, time=step.time / 1e9, timestamps=stamps)
