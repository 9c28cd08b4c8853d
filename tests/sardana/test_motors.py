"""tango_motor on motors of Sardana, which nobody here wrote: by hand and in plans."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import event_model
import pytest
from bluesky import plan_stubs as bps
from bluesky import plans as bp
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop
from bluesky.utils import RunEngineInterrupted

from macduff.bluesky import (
    CommsConnector,
    NotConnected,
    TangoAttrRW,
    TangoComm,
    TangoCommand,
    TangoMotor,
    TangoSingleAttributeDevice,
    tango_motor,
)
from tests.sardana.laboratory import Laboratory

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*", "pipe:*")


class Settings(TangoComm):
    """What Sardana's motors have beside; `set` there changes what is left of a move at once."""

    acceleration: TangoAttrRW[float]
    deceleration: TangoAttrRW[float]
    define_position: TangoCommand


async def settle(motor: TangoMotor, velocity: float) -> TangoMotor:
    """It rests at 0 and gets to its velocity, in units a second, at once."""
    await motor.stop()
    async with asyncio.timeout(10):
        while await motor.comm.state.get_value(cached=False) == "MOVING":
            await asyncio.sleep(0.01)
    settings = Settings(motor.comm.dev_name)
    await settings.connect()
    await settings.acceleration.set(0.01)
    await settings.deceleration.set(0.01)
    await motor.comm.velocity.set(velocity)
    await settings.define_position.execute(0.0)
    return motor


async def at_rest(laboratory: Laboratory, number: int = 1, velocity: float = 1000.0) -> TangoMotor:
    async with CommsConnector():
        motor = tango_motor(laboratory.motor(number), "motor")
    return await settle(motor, velocity)


def for_plans(laboratory: Laboratory, number: int, velocity: float = 1000.0) -> TangoMotor:
    """Connected in the RunEngine's loop."""
    with CommsConnector():
        motor = tango_motor(laboratory.motor(number), f"mot{number:02}")
    call(settle(motor, velocity))
    return motor


def call(coroutine: Any) -> Any:
    return call_in_bluesky_event_loop(coroutine, timeout=30)


async def test_its_members_are_found_and_described(laboratory: Laboratory) -> None:
    motor = await at_rest(laboratory, velocity=50.0)
    key = (await motor.describe())["motor-position"]
    assert (key["dtype"], key["shape"]) == ("number", [])
    assert key["source"].lower() == f"{laboratory.motor(1)}/Position".lower()
    assert (await motor.read())["motor-position"]["value"] == 0.0
    assert (await motor.read_configuration())["motor-velocity"]["value"] == 50.0
    assert {name: getattr(motor.comm, name).signal_name for name in motor.comm.signals} == {
        "position": "Position", "velocity": "Velocity", "state": "State", "stop": "Stop",
    }  # fmt: skip


async def test_a_move_arrives_and_is_watched(laboratory: Laboratory) -> None:
    motor, seen = await at_rest(laboratory, velocity=20.0), list[dict[str, Any]]()
    status = motor.set(20.0)
    status.watch(lambda **update: seen.append(update))  # type: ignore[arg-type]  # ophyd-async's own protocol
    await status
    assert await motor.locate() == {"setpoint": 20.0, "readback": 20.0}
    assert (seen[0]["initial"], seen[0]["target"], seen[-1]["current"]) == (0.0, 20.0, 20.0)
    assert any(0.0 < update["current"] < 20.0 for update in seen)


@pytest.mark.parametrize("success", [True, False])
async def test_stop_in_mid_move(laboratory: Laboratory, success: bool) -> None:
    motor = await at_rest(laboratory, velocity=10.0)
    status = motor.set(100.0)
    await asyncio.sleep(0.3)
    assert not status.done
    await motor.stop(success=success)
    async with asyncio.timeout(5):
        await status
    await asyncio.sleep(0.1)  # Sardana says that it rests some 20 ms before it says where
    where = (await motor.locate())["readback"]
    assert 0.0 < where < 50.0
    await asyncio.sleep(0.1)
    assert (await motor.locate())["readback"] == where


async def test_a_move_that_takes_too_long_fails(laboratory: Laboratory) -> None:
    motor = await at_rest(laboratory, velocity=1.0)
    with pytest.raises(TimeoutError, match=r"within 0\.3 s, got state MOVING"):
        await motor.set(50.0, timeout=0.3)
    await motor.stop()


async def test_limits_refuse_before_anything_is_written(laboratory: Laboratory) -> None:
    motor = await at_rest(laboratory, 4)
    assert motor.comm.position.limits is None
    await limit(motor, "-10", "10")
    try:
        motor = await at_rest(laboratory, 4)
        assert motor.comm.position.limits == (-10.0, 10.0)
        with pytest.raises(ValueError, match=r"-10.* 10.*, got 11"):
            motor.check_value(11.0)
        with pytest.raises(ValueError, match="11"):
            await motor.set(11.0)
        assert (await motor.locate())["setpoint"] == 0.0
        await motor.set(-10.0)
        assert (await motor.locate())["readback"] == -10.0
    finally:
        await limit(motor, "Not specified", "Not specified")


async def limit(motor: TangoMotor, low: str, high: str) -> None:
    proxy = motor.comm.position.proxy
    (info,) = await proxy.get_attribute_config(["Position"])
    info.min_value, info.max_value = low, high
    await asyncio.to_thread(proxy.set_attribute_config, info)


async def test_many_moves_do_not_stall(laboratory: Laboratory) -> None:
    motor = await at_rest(laboratory, velocity=1e5)
    await motor.stage()
    async with asyncio.timeout(50):
        for number in range(50):
            await motor.set(float(number % 5))
            assert (await motor.locate())["readback"] == number % 5
    await motor.unstage()


async def test_what_is_no_motor_says_what_it_lacks(laboratory: Laboratory) -> None:
    with pytest.raises(NotConnected, match=r"(?s)position.*velocity.*stop|velocity"):
        async with CommsConnector():
            tango_motor(laboratory.device("expchan/ctctrl01/1"))


# plans


def test_a_scan(laboratory: Laboratory, run_engine: RunEngine) -> None:
    motor, documents = for_plans(laboratory, 2), list[tuple[str, dict[str, Any]]]()
    with CommsConnector():
        counter = TangoSingleAttributeDevice(laboratory.device("expchan/ctctrl01/1"), "Value", "counter")
    run_engine(bp.scan([counter], motor, 0, 4, 5), lambda name, document: documents.append((name, document)))
    for name, document in documents:
        event_model.schema_validators[event_model.DocumentNames[name]].validate(document)
    events = [document["data"] for name, document in documents if name == "event"]
    assert [event["mot02-position"] for event in events] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert all(isinstance(event["counter"], float) for event in events)
    (descriptor,) = [document for name, document in documents if name == "descriptor"]
    assert descriptor["configuration"]["mot02"]["data"] == {"mot02-velocity": 1000.0}


def test_two_motors_on_a_grid(laboratory: Laboratory, run_engine: RunEngine) -> None:
    first, second = for_plans(laboratory, 2), for_plans(laboratory, 3)
    documents: list[tuple[str, dict[str, Any]]] = []
    run_engine(
        bp.grid_scan([], first, 0, 2, 3, second, -1, 1, 2, snake_axes=True),
        lambda name, document: documents.append((name, document)),
    )
    events = [document["data"] for name, document in documents if name == "event"]
    assert [(event["mot02-position"], event["mot03-position"]) for event in events] == [
        (0.0, -1.0), (0.0, 1.0), (1.0, 1.0), (1.0, -1.0), (2.0, -1.0), (2.0, 1.0),
    ]  # fmt: skip


def test_a_paused_plan_stops_the_motor_and_resumed_it_arrives(laboratory: Laboratory, run_engine: RunEngine) -> None:
    motor, paused = for_plans(laboratory, 3, velocity=10.0), list[bool]()

    def plan() -> Any:
        yield from bps.checkpoint()
        yield from bps.abs_set(motor, 10.0, group="move")
        yield from bps.sleep(0.3)
        if not paused:
            paused.append(True)
            yield from bps.pause()
        yield from bps.wait("move")

    with pytest.raises(RunEngineInterrupted):
        run_engine(plan())
    where = call(motor.locate())["readback"]
    assert 0.0 < where < 10.0 and call(motor.comm.state.get_value(cached=False)) == "ON"
    run_engine.resume()  # type: ignore[no-untyped-call]  # Bluesky's
    assert call(motor.locate())["readback"] == 10.0


def test_a_scan_that_is_paused_in_mid_move_has_each_point_once(laboratory: Laboratory, run_engine: RunEngine) -> None:
    motor, documents = for_plans(laboratory, 2, velocity=10.0), list[tuple[str, dict[str, Any]]]()
    paused: list[float] = []

    def one_step(detectors: Any, step: Any, pos_cache: Any) -> Any:
        yield from bps.checkpoint()
        yield from bps.abs_set(motor, step[motor], group="step")
        if step[motor] == 4.0 and not paused:
            yield from bps.sleep(0.1)
            paused.append((yield from bps.rd(motor)))
            yield from bps.pause()
        yield from bps.wait("step")
        yield from bps.trigger_and_read([motor])

    with pytest.raises(RunEngineInterrupted):
        run_engine(
            bp.scan([], motor, 0, 8, 5, per_step=cast(Any, one_step)),
            lambda name, document: documents.append((name, document)),
        )
    assert call(motor.comm.state.get_value(cached=False)) == "ON"
    run_engine.resume()  # type: ignore[no-untyped-call]  # Bluesky's
    events = [document["data"]["mot02-position"] for name, document in documents if name == "event"]
    assert events == [0.0, 2.0, 4.0, 6.0, 8.0] and 2.0 < paused[0] < 4.0


def test_an_aborted_plan_stops_the_motor(laboratory: Laboratory, run_engine: RunEngine) -> None:
    motor = for_plans(laboratory, 3, velocity=1.0)

    def plan() -> Any:
        yield from bps.abs_set(motor, 100.0)
        yield from bps.sleep(0.2)
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        run_engine(plan())
    assert call(motor.comm.state.get_value(cached=False)) == "ON"
    assert call(motor.locate())["readback"] < 50.0
