"""A RunEngine in a process of its own: `python -m benchmarks.bluesky.client WHO PORT POINTS MOVES` prints figures.

WHO: ours, theirs and cached (ophyd-async's Tango devices) or soft (signals of no control system).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from bluesky import RunEngine
from bluesky import plan_stubs as bps
from bluesky import plans as bp
from bluesky.run_engine import call_in_bluesky_event_loop

from .devices import MAKERS


def timed(engine: RunEngine, plan: Any, points: int) -> tuple[float, float]:
    """Seconds, and seconds of CPU of this process, for each point."""
    began, used = time.perf_counter(), time.process_time()
    engine(plan)
    return (time.perf_counter() - began) / points, (time.process_time() - used) / points


def moves(motor: Any, number: int, took: list[float]) -> Any:
    """A plan of so many moves, one after the other; the seconds that each took."""
    for index in range(number):
        began = time.perf_counter()
        yield from bps.mv(motor, float(index % 7))
        took.append(time.perf_counter() - began)


def main() -> None:
    who, port, points, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    engine = RunEngine({}, context_managers=[])
    motor, detectors = MAKERS[who](port)

    async def connect() -> None:
        await asyncio.gather(*(device.connect() for device in (motor, *detectors)))

    began, used = time.perf_counter(), time.process_time()
    call_in_bluesky_event_loop(connect())
    figures = {"connect": time.perf_counter() - began, "connect_cpu": time.process_time() - used}
    engine(bp.count(detectors[:1], 3))  # what is done once is done
    figures["count"], figures["count_cpu"] = timed(engine, bp.count(detectors[:1], points), points)
    engine(bp.scan([], motor, 0, 1, 3))
    figures["scan"], figures["scan_cpu"] = timed(engine, bp.scan([], motor, 0, 10, points), points)
    if number:
        took: list[float] = []
        engine(moves(motor, number, took))
        figures["moves"], figures["move"], figures["longest"] = len(took), sum(took) / len(took), max(took)
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
