"""Motors of a Tango server in another process, and a RunEngine that is gone after the test."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from bluesky.run_engine import RunEngine, set_bluesky_event_loop

from tests.system.bluesky_tango.server import MotorProgram


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[MotorProgram]:
    """Of the kind that the module names as KIND, else one whose motors push their state."""
    with MotorProgram(getattr(request.module, "KIND", "events")) as program:
        yield program


@pytest.fixture
def run_engine() -> Iterator[RunEngine]:
    engine = RunEngine({}, context_managers=[])
    yield engine
    if engine.state != "idle":
        engine.abort()  # type: ignore[no-untyped-call]  # Bluesky's
    loop = engine.loop

    async def end() -> None:
        await loop.shutdown_asyncgens()
        await loop.shutdown_default_executor()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    asyncio.run_coroutine_threadsafe(end(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    engine._th.join(10)
    loop.close()
    set_bluesky_event_loop(None)  # type: ignore[no-untyped-call]  # Bluesky's
