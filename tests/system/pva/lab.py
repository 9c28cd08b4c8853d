"""The devices that the tests serve over PVAccess, and what a subscriber gets of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from p4p.client.asyncio import Context as AsyncContext
from p4p.client.raw import Disconnected

from macduff import Attribute, Device, VDouble, VString, publish_method

__all__ = ["Renamed", "Stage", "first_of", "heard_of"]

Heard = Callable[[], Awaitable[Any]]


class Stage(Device):
    """A stage."""

    position = Attribute(
        VDouble(units="mm", precision=3, control=(-5, 5), warning=(-4, 4)), 0.0, "Where", writable=True
    )
    other = Attribute(VDouble(), 1.0)

    @publish_method
    def add(self, a: float, b: float = 2.0) -> float:
        """The sum."""
        return a + b

    @publish_method
    def fail(self) -> None:
        """Raise."""
        raise RuntimeError("no such luck")


class Renamed(Device):
    """The same name, another type."""

    position = Attribute(VString(), "left", writable=True)


@asynccontextmanager
async def heard_of(
    environment: Mapping[str, str], pv: str, request: str | None = None
) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
    """What a subscriber gets, one by one; p4p's asyncio client, for the other may lose a subscription for ever."""
    heard: asyncio.Queue[Any] = asyncio.Queue()

    async def hear(value: Any) -> None:
        heard.put_nowait(value)

    async def next_one() -> Any:
        async with asyncio.timeout(10):
            return await heard.get()

    with AsyncContext("pva", conf=environment, useenv=False, nt=False) as context:
        subscription = context.monitor(pv, hear, request, notify_disconnect=True)
        try:
            yield next_one
        finally:
            subscription.close()
            await subscription.wait_closed()


async def first_of(heard: Heard) -> Any:
    """The next value, whatever connections were lost before."""
    while isinstance(value := await heard(), Disconnected):
        pass
    return value
