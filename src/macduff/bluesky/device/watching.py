"""Following an attribute while something goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from ...values import Reading
from .link import Link, Subscription

__all__ = ["Latest"]


class Latest:
    """The values of an attribute until `task` has ended: `async with Latest(...) as values: async for v in values`.

    What comes faster than it is taken is merged. since: what is older, in ns, is passed over. Without a link (mock
    mode) there are none.
    """

    def __init__(self, link: Link | None, attribute: str, task: asyncio.Future[Any], since: int = 0) -> None:
        self._since = since
        self._link, self._attribute, self._task = link, attribute, task
        self._news = asyncio.Event()
        self._value: Any = None
        self._subscription: Subscription | None = None

    async def __aenter__(self) -> AsyncIterator[Any]:
        self._task.add_done_callback(self._ended)
        if self._link is not None:
            self._subscription = await self._link.subscribe(self._attribute, self._told, every=False)
        return self._values()

    async def __aexit__(self, *args: object) -> None:
        self._task.remove_done_callback(self._ended)
        if self._subscription is not None:
            self._subscription.close()

    def _told(self, reading: Reading) -> None:
        if reading.time >= self._since:
            self._value = reading.value
            self._news.set()

    def _ended(self, task: asyncio.Future[Any]) -> None:
        self._news.set()

    async def _values(self) -> AsyncIterator[Any]:
        while True:
            await self._news.wait()
            self._news.clear()
            if self._value is not None:
                yield self._value
            if self._task.done():
                return
