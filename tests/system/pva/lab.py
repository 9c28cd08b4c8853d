"""The devices that the tests serve over PVAccess, and what a subscriber gets of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from p4p.client.asyncio import Context as AsyncContext
from p4p.client.raw import Disconnected

from macduff import (
    Alarm,
    AlarmStatus,
    Attribute,
    Device,
    DState,
    Severity,
    VArray,
    VDouble,
    VEnum,
    VInt,
    VString,
    publish_method,
)

__all__ = ["Awkward", "Renamed", "Stage", "first_of", "heard_of"]

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


class Awkward(Device):
    """It refuses, fails, takes its time, and talks much."""

    count = Attribute(VInt(8, control=(0, 100)), 1, writable=True)
    mode = Attribute(VEnum(["slow", "fast"]), "slow", writable=True)
    image = Attribute(VArray("uint16", ndim=2), np.array([[1, 2], [3, 4]], np.uint16), writable=True)
    broken = Attribute(VDouble(), 0.0)
    idle_only = Attribute(VDouble(), 0.0, writable=True, only_in=[DState.Idle])
    read_only = Attribute(VDouble(), 4.2)
    rate = Attribute(VDouble(warning=(None, 999.5)), 0.0)
    text = Attribute(VString(), "fine")
    file = Attribute(VDouble(), 0.0, "of caf\udce9.txt")

    @broken.on_put
    def _break(self, value: float) -> None:
        raise RuntimeError("the cable is off")

    @publish_method
    def sum(self, values: list[float], scale: int = 1) -> float:
        """The sum of some numbers."""
        return float(sum(values)) * scale

    @publish_method
    def fail(self) -> None:
        """Raise."""
        raise RuntimeError("no such luck")

    @publish_method
    def hold(self) -> None:
        """Go on until aborted."""
        while True:
            self.wait(10.0)

    @publish_method
    def say(self, text: str) -> str:
        """Have it as the text, and back."""
        self.text.update(text)
        return text

    @publish_method
    def nul(self, text: str) -> str:
        """What no protocol with C strings can say."""
        return f"{text}\0"

    def lose(self) -> None:
        self.file.update(1.0, alarm=Alarm(Severity.MAJOR, AlarmStatus.DEVICE, "caf\udce9.txt is\0lost"))
        raise OSError("caf\udce9.txt")

    lose.__doc__ = "Lose caf\udce9.txt."  # in its place the compiler of Python 3.13 would not have it
    lose = publish_method(lose)  # type: ignore[assignment]  # the decorator, put by hand

    @publish_method
    def burst(self, count: int, rate: float) -> None:
        """1 to `count`, so many a second."""
        for number in range(1, count + 1):
            self.rate.update(float(number))
            self.wait(1 / rate)


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
