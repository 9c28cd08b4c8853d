"""TangoMotor in plans and by hand: moves that arrive, do not, or are stopped, with events pushed and without."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from bluesky import plan_stubs as bps
from bluesky import plans as bp
from bluesky.protocols import Checkable, Locatable, Movable, Preparable, Readable, Stageable, Stoppable
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop
from bluesky.utils import RunEngineInterrupted

from macduff.bluesky import CommsConnector, TangoAttrR, TangoAttrRW, TangoComm, TangoCommand, TangoMotor, tango_motor
from tests.system.bluesky_tango.server import MOTORS, MotorProgram

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


class Extra(TangoComm):
    """What the simulated motors have beside."""

    lag: TangoAttrRW[float]
    stops: TangoAttrR[int]


@pytest.fixture(scope="module", params=["events", "plain"])
def server(request: pytest.FixtureRequest) -> Iterator[MotorProgram]:
    with MotorProgram(request.param) as program:
        yield program


async def motor_at_rest(server: MotorProgram, velocity: float = 1000.0, lag: float = 0.0) -> TangoMotor:
    """At 0, with these settings."""
    async with CommsConnector():
        motor, extra = tango_motor(server.device(), "motor"), Extra(server.device())
    await extra.lag.set(0.0)
    await motor.comm.stop.execute()
    await motor.comm.velocity.set(1e9)
    await motor.set(0.0)
    await motor.comm.velocity.set(velocity)
    await extra.lag.set(lag)
    return motor


def the_motor(server: MotorProgram, velocity: float = 1000.0, name: str = MOTORS[1]) -> TangoMotor:
    """For plans: another, connected in the RunEngine's loop."""
    with CommsConnector():
        motor = tango_motor(server.device(name), "motor")
    call_in_bluesky_event_loop(motor.stop())
    call_in_bluesky_event_loop(motor.comm.velocity.put(velocity))
    return motor


async def test_it_does_what_bluesky_asks_of_a_motor(server: MotorProgram) -> None:
    motor = tango_motor(server.device())
    for protocol in (Readable, Movable, Stoppable, Locatable, Checkable, Stageable, Preparable):
        assert isinstance(motor, protocol), protocol


async def test_without_a_name_it_has_that_of_the_device(server: MotorProgram) -> None:
    assert tango_motor(server.device()).name == tango_motor(MOTORS[0]).name == "test-motor-one"


async def test_a_move_is_done_when_it_has_arrived(server: MotorProgram) -> None:
    motor = await motor_at_rest(server)
    await motor.set(100.0)
    assert await motor.locate() == {"setpoint": 100.0, "readback": 100.0}
    assert (await motor.read())["motor-position"]["value"] == 100.0
    assert list(await motor.read_configuration()) == list(await motor.describe_configuration()) == ["motor-velocity"]
    assert motor.hints == {"fields": ["motor-position"]}


async def test_a_move_tells_watchers_how_far_it_is(server: MotorProgram) -> None:
    motor, seen = await motor_at_rest(server, velocity=100.0), list[dict[str, Any]]()
    status = motor.set(80.0)
    status.watch(lambda **update: seen.append(update))  # type: ignore[arg-type]  # ophyd-async's own protocol
    await status
    assert (seen[0]["initial"], seen[0]["target"], seen[0]["name"], seen[0]["unit"]) == (0.0, 80.0, "motor", "mm")
    assert seen[-1]["current"] == 80.0
    assert any(0.0 < update["current"] < 80.0 for update in seen)


async def test_a_motor_that_begins_later_than_the_write_is_waited_for(server: MotorProgram) -> None:
    motor = await motor_at_rest(server, lag=0.03)
    await motor.set(20.0)
    assert (await motor.locate())["readback"] == 20.0


async def test_what_is_beyond_the_limits_is_refused_before_anything_is_written(server: MotorProgram) -> None:
    motor = await motor_at_rest(server)
    with pytest.raises(ValueError, match=r"motor: expected a position from -1000.0 to 1000.0, got 1001"):
        motor.check_value(1001)
    with pytest.raises(ValueError, match="1001"):
        await motor.set(1001)
    assert (await motor.locate())["setpoint"] == 0.0


async def test_a_move_that_takes_too_long_fails_and_says_where_it_is(server: MotorProgram) -> None:
    motor = await motor_at_rest(server, velocity=1.0)
    with pytest.raises(TimeoutError, match=r"motor: expected it to arrive at 50.* within 0.2 s, got state MOVING at 0"):
        await motor.set(50.0, timeout=0.2)
    await motor.stop()


async def test_a_motor_that_fails_on_its_way_fails_the_move(server: MotorProgram) -> None:
    motor = await motor_at_rest(server, velocity=1.0)

    class Breaking(TangoComm):
        break_: TangoCommand

    breaking = Breaking(server.device())
    await breaking.connect()
    status = motor.set(50.0)
    await asyncio.sleep(0.05)
    await breaking.break_.execute()
    with pytest.raises(RuntimeError, match="got state FAULT"):
        await status
    await motor.stop()


@pytest.mark.parametrize("success", [True, False])
async def test_stop_stops_it_whatever_it_is_told_of_success(server: MotorProgram, success: bool) -> None:
    """Rule 40: the RunEngine says success when it pauses; a failed status would end the plan."""
    motor = await motor_at_rest(server, velocity=10.0)
    status = motor.set(500.0)
    await asyncio.sleep(0.05)
    assert not status.done
    await motor.stop(success=success)
    await status
    assert (await motor.locate())["readback"] < 100.0


async def test_unstage_stops_a_motor_that_is_not_at_rest(server: MotorProgram) -> None:
    """Rule 40."""
    motor = await motor_at_rest(server, velocity=10.0)
    await motor.stage()
    status = motor.set(500.0)
    await asyncio.sleep(0.05)
    await motor.unstage()
    await status
    assert (await motor.locate())["readback"] < 100.0


async def test_moves_one_after_the_other_do_not_stall(server: MotorProgram) -> None:
    motor = await motor_at_rest(server, velocity=1e5)
    await motor.stage()
    async with asyncio.timeout(20):
        for number in range(100):
            await motor.set(float(number % 7))
    await motor.unstage()


async def test_its_configuration_can_be_prepared(server: MotorProgram) -> None:
    motor = await motor_at_rest(server)
    await motor.prepare({"velocity": 3.5})
    assert (await motor.read_configuration())["motor-velocity"]["value"] == 3.5
    await motor.prepare({"motor-velocity": 4.5})
    assert await motor.comm.velocity.get_value() == 4.5


async def test_nothing_is_prepared_where_a_name_is_wrong(server: MotorProgram) -> None:
    motor = await motor_at_rest(server, velocity=7.0)
    with pytest.raises(ValueError, match=r"motor: expected .*position, velocity.*got speed, state"):
        await motor.prepare({"velocity": 1.0, "speed": 2.0, "state": 3.0})
    assert await motor.comm.velocity.get_value() == 7.0


async def test_in_sim_mode_it_arrives_at_once() -> None:
    async with CommsConnector(sim_mode=True):
        motor = tango_motor("no/such/motor", "sim")
    await motor.set(3.0)
    assert (await motor.read())["sim-position"]["value"] == 3.0
    await motor.stop()


def test_a_scan(server: MotorProgram, run_engine: RunEngine) -> None:
    motor, documents = the_motor(server), list[tuple[str, dict[str, Any]]]()
    run_engine(bp.scan([], motor, 0, 10, 5), lambda name, document: documents.append((name, document)))
    events = [document for name, document in documents if name == "event"]
    assert [event["data"]["motor-position"] for event in events] == [0.0, 2.5, 5.0, 7.5, 10.0]
    (descriptor,) = [document for name, document in documents if name == "descriptor"]
    assert descriptor["data_keys"]["motor-position"]["source"].startswith("tango://127.0.0.1:")
    assert descriptor["data_keys"]["motor-position"]["units"] == "mm"
    assert descriptor["configuration"]["motor"]["data"]["motor-velocity"] == 1000.0
    assert descriptor["hints"] == {"motor": {"fields": ["motor-position"]}}


def test_a_paused_plan_stops_the_motor_and_resumed_it_moves_on(server: MotorProgram, run_engine: RunEngine) -> None:
    motor = the_motor(server, velocity=20.0)
    run_engine(bps.mv(motor, 0.0))

    def plan() -> Any:
        yield from bps.checkpoint()
        yield from bps.abs_set(motor, 10.0, group="move")
        yield from bps.sleep(0.1)
        if not paused:
            paused.append(True)
            yield from bps.pause()
        yield from bps.wait("move")

    paused: list[bool] = []
    with pytest.raises(RunEngineInterrupted):
        run_engine(plan())
    where = call(motor.locate())["readback"]
    assert 0.0 < where < 10.0 and call(motor.comm.state.get_value(cached=False)) != "MOVING"
    run_engine.resume()  # type: ignore[no-untyped-call]  # Bluesky's
    assert call(motor.locate())["readback"] == 10.0


def test_an_aborted_plan_stops_the_motor(server: MotorProgram, run_engine: RunEngine) -> None:
    motor = the_motor(server, velocity=1.0)

    def plan() -> Any:
        yield from bps.abs_set(motor, 900.0)
        yield from bps.sleep(0.05)
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        run_engine(plan())
    assert str(call(motor.comm.state.get_value(cached=False))) == "ON"


async def test_a_move_that_is_stopped_before_it_wrote_does_not_begin(server: MotorProgram) -> None:
    """A plan may fail right after its `abs_set`: the RunEngine stops the motor before the move got that far."""
    motor = await motor_at_rest(server, velocity=1.0)
    status = motor.set(900.0)
    await motor.stop()
    await status
    assert str(await motor.comm.state.get_value(cached=False)) == "ON"


def call(coroutine: Any) -> Any:
    return call_in_bluesky_event_loop(coroutine, timeout=10)
