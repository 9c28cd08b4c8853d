"""A server that is killed in the middle of a plan, and started again."""

from __future__ import annotations

import asyncio
from typing import Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import pytest
from bluesky.run_engine import call_in_bluesky_event_loop
from bluesky.utils import FailedStatus

from macduff.bluesky import MacduffDevice
from macduff.client import connect
from macduff.errors import MacduffError
from tests.system.bluesky_device.home import Demo, Engine, each_way


@each_way
def test_the_plan_fails_and_the_device_serves_the_next_one(engine: Engine, mortal: Demo, link: str) -> None:
    x: Any
    det: Any
    x, det = (MacduffDevice(mortal.address(link, name), name.lower()) for name in ("X", "DET"))
    for device in (x, det):
        call_in_bluesky_event_loop(device.connect())
    try:

        def doomed() -> Any:
            yield from bps.open_run()
            yield from bps.kickoff(det, wait=True)
            mortal.kill()
            yield from bps.complete(det, wait=True)

        with pytest.raises(FailedStatus, match=r"Disconnected|Unreachable"):
            engine(doomed())
        mortal.start()
        with connect(mortal.address("ws")) as client:
            client["DET"].configure(exposure=0.001, frames=1)
            call_in_bluesky_event_loop(back(x, det), timeout=20)
            engine.documents.clear()
            engine(bp.scan([det], x, 0, 0.1, 2))
            assert engine.data("det-counter") == [1, 2]
    finally:
        for device in (x, det):
            call_in_bluesky_event_loop(device.disconnect())


async def back(*devices: Any) -> None:
    """Wait until they can be read again."""
    for device in devices:
        while True:
            try:
                await device.link.state("state")
                break
            except MacduffError:
                await asyncio.sleep(0.05)
