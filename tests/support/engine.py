"""A RunEngine of which nothing is left behind, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bluesky.run_engine import RunEngine, get_bluesky_event_loop, set_bluesky_event_loop

__all__ = ["ended_run_engine"]


@contextmanager
def ended_run_engine() -> Iterator[RunEngine]:
    """One that leaves signals to the tests; at the end its plan is aborted, its thread and its loop are gone.

    Bluesky has one loop for a process: the one of before is that again.
    """
    before = get_bluesky_event_loop()  # type: ignore[no-untyped-call]  # Bluesky's
    engine = RunEngine({}, context_managers=[])
    try:
        yield engine
    finally:
        if engine.state != "idle":
            engine.abort()  # type: ignore[no-untyped-call]  # Bluesky's
        loop = engine.loop
        asyncio.run_coroutine_threadsafe(_end(loop), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        engine._th.join(10)
        loop.close()
        set_bluesky_event_loop(before)  # type: ignore[no-untyped-call]  # Bluesky's


async def _end(loop: asyncio.AbstractEventLoop) -> None:
    """As asyncio.run ends a loop: tasks first."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()
