"""What goes to one client: messages together, and subscriptions by their newest value when the client is slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pv import Subscription

__all__ = ["Outgoing"]

_TOGETHER = 64 * 1024
"""Bytes that are put together before they are handed to the transport."""


class Outgoing:
    """What waits lies in the transport's buffer up to its bound; from there on it is `full`, and subscriptions with
    news are only noted, to be sent as they are by then.

    patience: seconds that it may be full; then `give_up` is called.
    """

    def __init__(self, patience: float, give_up: Callable[[], None]) -> None:
        self.full = False
        self.transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._patience = patience
        self._give_up = give_up
        self._out: list[bytes] = []
        self._size = 0
        self._due: dict[Subscription, None] = {}
        self._quiet = False
        self._timer: asyncio.TimerHandle | None = None

    def send(self, data: bytes) -> None:
        """Together with what else is sent in this turn of the loop, or at once when that is much."""
        if not self._out:
            self._loop.call_soon(self.flush)
        self._out.append(data)
        self._size += len(data)
        if self._size > _TOGETHER:
            self.flush()

    def post(self, subscription: Subscription) -> None:
        """A subscription has news: sent now, or as it is by then when there is room."""
        if self.full or self._quiet:
            self._due[subscription] = None
        else:
            self.send(subscription.message())

    def forget(self, subscription: Subscription) -> None:
        """It has ended."""
        self._due.pop(subscription, None)

    def quiet(self, quiet: bool) -> None:
        """Whether the client wants no news for now."""
        self._quiet = quiet
        self._catch_up()

    def flush(self) -> None:
        """Hand over what was put together."""
        if self._out:
            self._size = 0
            data = self._out[0] if len(self._out) == 1 else b"".join(self._out)
            self._out.clear()
            if self.transport is not None:
                self.transport.write(data)

    def pause(self) -> None:
        """The transport's buffer is full."""
        self.full = True
        self._timer = self._loop.call_later(self._patience, self._give_up)

    def resume(self) -> None:
        """There is room again."""
        self.full = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._catch_up()

    def close(self) -> None:
        """The connection is gone."""
        self.transport = None
        if self._timer is not None:
            self._timer.cancel()

    def _catch_up(self) -> None:
        while self._due and not self.full and not self._quiet:
            subscription = next(iter(self._due))
            del self._due[subscription]
            self.send(subscription.message())
