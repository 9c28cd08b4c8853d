"""A plan that is paused while a motor moves and a detector runs: python pausing.py ws://127.0.0.1:8008"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

import bluesky.plan_stubs as bps
from bluesky import RunEngine
from bluesky.run_engine import call_in_bluesky_event_loop
from bluesky.utils import RunEngineInterrupted

from macduff.bluesky import MacduffDevice

FRAMES = 30


def told(device: Any, *verbs: str) -> None:
    """Have the device print what the RunEngine asks of it."""
    for verb in verbs:
        method = getattr(device, verb)

        def asked(*args: Any, verb: str = verb, method: Any = method, **kwargs: Any) -> Any:
            print(f"  {device.name}.{verb}({', '.join(map(str, args))})")
            return method(*args, **kwargs)

        object.__setattr__(device, verb, asked)  # ophyd-async keeps these names from being set by mistake


def flight(x: Any, det: Any) -> Any:
    yield from bps.stage(det, wait=True)
    yield from bps.open_run()
    yield from bps.prepare(det, {"exposure": 0.05, "frames": FRAMES}, wait=True)
    yield from bps.checkpoint()
    yield from bps.abs_set(x, 3, group="move")
    yield from bps.kickoff(det, wait=True)
    yield from bps.complete(det, group="run")
    yield from bps.wait("run")
    yield from bps.wait("move")
    yield from bps.collect(det)
    yield from bps.close_run()
    yield from bps.unstage(det, wait=True)


def main(laboratory: str) -> None:
    events: list[Any] = []
    RE: Any = RunEngine({})
    RE.subscribe(lambda name, document: events.extend(document["seq_num"]), "event_page")
    RE.subscribe(lambda name, document: events.append(document["seq_num"]), "event")
    x: Any = MacduffDevice(f"{laboratory}/X", "x")
    det: Any = MacduffDevice(f"{laboratory}/DET", "det")
    for device in (x, det):
        call_in_bluesky_event_loop(device.connect())
    RE(bps.mv(x, 0))
    RE(bps.mv(x.velocity, 1.5))
    before = call_in_bluesky_event_loop(det.counter.get_value())
    told(x, "set", "stop")
    told(det, "stage", "prepare", "kickoff", "complete", "pause", "resume", "unstage")

    began, asked = time.time(), threading.Event()

    def pause_at_ten(readings: Any) -> None:
        steps = readings["det-completed_steps"]
        if steps["value"] >= 10 and steps["timestamp"] > began and not asked.is_set():
            asked.set()
            threading.Thread(target=RE.request_pause).start()  # it waits for the loop, in which this is called

    async def watch(begin: bool) -> None:
        (det.completed_steps.subscribe_reading if begin else det.completed_steps.clear_sub)(pause_at_ten)

    call_in_bluesky_event_loop(watch(True))
    print("RE(flight(x, det))")
    try:
        RE(flight(x, det))
    except RunEngineInterrupted:
        print(f"the plan is {RE.state}, the detector {call_in_bluesky_event_loop(det.state.get_value())}")
    position = call_in_bluesky_event_loop(x.position.get_value())
    print(f"the motor stopped on its way: {0 < position < 3}")
    call_in_bluesky_event_loop(watch(False))
    print("\nRE.resume()")
    RE.resume()
    print(f"the plan is {RE.state}, the motor at {call_in_bluesky_event_loop(x.position.get_value())}")
    taken = call_in_bluesky_event_loop(det.counter.get_value()) - before
    print(f"frames asked for: {FRAMES}, taken: {taken}, events: {len(events)}, numbered 1 to {max(events)}")
    for device in (x, det):
        call_in_bluesky_event_loop(device.disconnect())


if __name__ == "__main__":
    main(sys.argv[1])
