"""ophyd-async's client of motor records, in a process of its own: python motor_child.py PREFIX; prints what it saw."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from bluesky.run_engine import RunEngine
from ophyd_async.core import init_devices, wait_for_value
from ophyd_async.epics.motor import Motor, MotorLimitsError


async def moves(motor: Motor) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    seen["described"] = (await motor.describe())["m"]["units"]
    seen["configuration"] = {name: reading["value"] for name, reading in (await motor.read_configuration()).items()}
    done: list[int] = []
    motor.motor_done_move.subscribe_reading(lambda reading: done.append(reading["m-motor_done_move"]["value"]))
    await motor.set(1.5)
    seen["after a move"] = await motor.user_readback.get_value()
    await motor.set(1.5)
    seen["done"] = list(done)
    status = motor.set(9.0)
    await under_way(motor)
    await motor.stop(success=True)  # type: ignore[no-untyped-call]  # ophyd-async has no types here
    await status
    stopped = await motor.user_readback.get_value()
    seen["stopped on the way"] = 1.5 < stopped < 9.0
    await wait_for_value(motor.motor_done_move, 1, timeout=5)
    try:
        await motor.set(99.0)
    except MotorLimitsError as error:
        seen["limits"] = str(error)
    await motor.velocity.set(5.0)
    seen["velocity"] = await motor.velocity.get_value()
    seen["acceleration time"] = await motor.acceleration_time.get_value()
    return seen


async def under_way(motor: Motor) -> None:
    """Until it has moved a little."""
    moved = asyncio.Event()
    start = await motor.user_readback.get_value()

    def look(reading: Any) -> None:
        if abs(next(iter(reading.values()))["value"] - start) > 0.1:
            moved.set()

    motor.user_readback.subscribe_reading(look)
    await moved.wait()
    motor.user_readback.clear_sub(look)


def main() -> None:
    engine: Any = RunEngine(call_returns_result=True)
    with init_devices():
        m = Motor(sys.argv[1])
    from bluesky import plan_stubs

    def plan() -> Any:
        return (yield from plan_stubs.wait_for([lambda: moves(m)]))

    tasks = engine(plan()).plan_result
    print(json.dumps(tasks[0].result()))


if __name__ == "__main__":
    main()
