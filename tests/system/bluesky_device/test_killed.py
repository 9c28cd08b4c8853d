"""A server that is killed in the middle of a plan, and started again."""

from __future__ import annotations

from typing import Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import pytest
from bluesky.run_engine import call_in_bluesky_event_loop
from bluesky.utils import FailedStatus

from macduff.bluesky import MacduffDevice
from macduff.client import connect
from tests.system.bluesky_device.home import Demo, Engine


def test_the_plan_fails_and_the_device_serves_the_next_one(engine: Engine, mortal: Demo) -> None:
    x, det = MacduffDevice(f"{mortal.address}/X", "x"), MacduffDevice(f"{mortal.address}/DET", "det")
    for device in (x, det):
        call_in_bluesky_event_loop(device.connect())
    try:

        def doomed() -> Any:
            yield from bps.open_run()
            yield from bps.kickoff(det, wait=True)
            mortal.kill()
            yield from bps.complete(det, wait=True)

        with pytest.raises(FailedStatus, match="Disconnected"):
            engine(doomed())
        mortal.start()
        with connect(mortal.address) as client:
            client["DET"].configure(exposure=0.001, frames=1)
            call_in_bluesky_event_loop(back(det), timeout=20)
            engine.documents.clear()
            engine(bp.scan([det], x, 0, 0.1, 2))
            assert engine.data("det-counter") == [1, 2]
    finally:
        for device in (x, det):
            call_in_bluesky_event_loop(device.disconnect())


async def back(device: Any) -> None:
    await device.link._client.wait_connected(20)
