"""The readings of an attribute as an asynchronous iterator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from macduff.errors import Disconnected
from macduff.values import Reading

from .core import Core
from .inbox import Inbox, Policy, check_policy
from .reply import reply_of
from .request import Request
from .subscription import Subscription

__all__ = ["AsyncMonitor"]


class AsyncMonitor:
    """`async with client.monitor("STAGE.position") as readings: async for reading in readings: ...`

    The same promises as the synchronous Monitor. The iteration ends when the monitor or its client is closed.
    """

    def __init__(self, core: Core, timeout: float, device: str, member: str, policy: Policy, size: int | None) -> None:
        self.path = f"{device}.{member}"
        """What is monitored, "STAGE.position"."""
        self._core = core
        self._timeout = timeout
        self._device = device
        self._member = member
        self._policy: Policy = check_policy(policy)
        self._inbox: Inbox[Reading] = Inbox(self._policy, size)
        self._changed = asyncio.Event()
        self._subscription: Subscription | None = None
        self._closed = False

    async def __aenter__(self) -> AsyncMonitor:
        """Subscribe; returns when there is a first reading, or raises why there is none."""
        if self._subscription is not None:
            raise RuntimeError(f"monitor of {self.path}: expected to be entered once; make another one")

        def begin(request: Request) -> None:
            self._subscription = self._core.watch(self._device, self._member, self._policy, self._arrived, request.done)

        try:
            await reply_of("get", self._device, self._member, begin, self._timeout)
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(self, *args: object) -> None:
        self.close()

    def close(self) -> None:
        """End it, also for a task that waits in it; what has arrived can still be read. Again does nothing."""
        self._closed = True
        self._changed.set()
        if self._subscription is not None:
            self._core.connection.unsubscribe(self._subscription)

    def _arrived(self, reading: Reading | None, lost: int) -> None:
        if reading is None:
            self._closed = True
        elif not self._closed:
            self._inbox.put(reading, lost)
        self._changed.set()

    @property
    def closed(self) -> bool:
        """Whether nothing more will arrive."""
        return self._closed

    @property
    def dropped(self) -> int:
        """How many readings were never seen here: merged (`latest`) or lost because nobody read them (`every`)."""
        return self._inbox.dropped

    async def get(self) -> Reading:
        """The next reading, waited for; Disconnected once it is closed."""
        if self._subscription is None:
            raise RuntimeError(f"monitor of {self.path}: expected to be used in an async with statement")
        while not len(self._inbox):
            if self._closed:
                raise Disconnected(f"{self.path}: the monitor is closed")
            self._changed.clear()
            await self._changed.wait()
        return self._inbox.get()

    def __aiter__(self) -> AsyncIterator[Reading]:
        return self

    async def __anext__(self) -> Reading:
        try:
            return await self.get()
        except Disconnected:
            raise StopAsyncIteration from None

    def __repr__(self) -> str:
        state = "closed" if self._closed else "not entered" if self._subscription is None else "open"
        return f"<monitor of {self.path}, {self._policy}: {state}>"
