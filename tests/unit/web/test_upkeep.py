"""The hub's clock on the server's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvloop

from macduff.servers.web.upkeep import Upkeep


class Hub:
    """Wants to be told the time again at moments that it was given."""

    def __init__(self, *pauses: float | None) -> None:
        self.pauses = list(pauses)
        self.told: list[float] = []

    def advance(self, now: float) -> float | None:
        self.told.append(now)
        pause = self.pauses.pop(0) if self.pauses else None
        return None if pause is None else now + pause

    def jobs(self) -> list[Any]:
        return []


@pytest.mark.parametrize("make", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_moment_that_has_come_already_is_told_of_at_once(make: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def main() -> None:
        hub, flushed = Hub(-1.0, -1.0, 0.001), asyncio.Event()
        upkeep = Upkeep(hub, flushed.set)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # as much of one as it needs
        upkeep.time()
        upkeep.time()
        async with asyncio.timeout(20):
            while len(hub.told) < 4:
                flushed.clear()
                await flushed.wait()
        upkeep.close()
        assert hub.told == sorted(hub.told)

    with asyncio.Runner(loop_factory=make) as runner:
        runner.run(main())
