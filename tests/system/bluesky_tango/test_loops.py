"""Two loops, IPython's and the RunEngine's, with the same signals and devices."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from bluesky import plans as bp
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop

from macduff.bluesky import TangoAttrRW, TangoDevice
from tests.system.bluesky_tango.lab import LabProgram
from tests.system.bluesky_tango.test_killed import LabComm
from tests.system.bluesky_tango.test_monitors import Heard, until

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


def test_two_loops_use_one_signal(lab: LabProgram, run_engine: RunEngine) -> None:
    """IPython's and the RunEngine's."""
    device: Any = TangoDevice(LabComm(lab.device()), "lab")
    with asyncio.Runner() as prompt:
        prompt.run(device.connect())
        assert prompt.run(device.comm.limited.get_value()) == 1.0
        run_engine(bp.count([device], 2))
        prompt.run(device.comm.limited.put(2.0))
        assert call_in_bluesky_event_loop(device.comm.limited.get_value()) == 2.0
        assert prompt.run(device.comm.limited.get_quality()) == call_in_bluesky_event_loop(
            device.comm.limited.get_quality()
        )
        call_in_bluesky_event_loop(device.comm.reset.execute())
        prompt.run(device.comm.reset.execute())
    run_engine(bp.count([device], 2))  # with the first loop gone
    call_in_bluesky_event_loop(device.comm.limited.put(1.0))


def test_one_that_is_monitored_in_one_loop_is_read_in_the_other(lab: LabProgram, run_engine: RunEngine) -> None:
    signal: Any = TangoAttrRW()
    heard: list[tuple[str, float]] = []
    loops = {}

    async def begin(name: str) -> Any:
        loops[name] = threading.current_thread()

        def told(value: float) -> None:
            assert threading.current_thread() is loops[name]
            heard.append((name, value))

        return signal.monitor_value(told)

    with asyncio.Runner() as prompt:
        call_in_bluesky_event_loop(signal.connect(lab.device(), "pushed"))
        theirs = call_in_bluesky_event_loop(begin("engine"))
        mine = prompt.run(begin("prompt"))
        prompt.run(signal.put(4.0))
        prompt.run(until(lambda: ("prompt", 4.0) in heard and ("engine", 4.0) in heard))
        assert prompt.run(signal.get_value()) == call_in_bluesky_event_loop(signal.get_value()) == 4.0
        theirs.close()
        prompt.run(signal.put(5.0))
        prompt.run(until(lambda: ("prompt", 5.0) in heard))
        mine.close()
        assert ("engine", 5.0) not in heard
    lab.tell(renew=True)


def test_a_monitor_of_a_loop_that_ended_is_in_nobody_s_way(lab: LabProgram) -> None:
    signal: Any = TangoAttrRW()

    async def begin() -> Any:
        await signal.connect(lab.device(), "pushed")
        heard = Heard()
        monitor = signal.monitor_value(heard)
        await heard.until(lambda told: True)
        return monitor

    async def again() -> None:
        heard = Heard()
        monitor = signal.monitor_value(heard)
        await signal.put(9.0)
        await heard.until(lambda told: told == 9.0)
        monitor.close()

    left = asyncio.run(begin())
    asyncio.run(again())
    left.close()
    lab.tell(renew=True)
