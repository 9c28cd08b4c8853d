"""Moves that begin late, are too short to be seen, lose their server, or are watched from two loops."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast

import pytest
from bluesky import plan_stubs as bps
from bluesky import plans as bp
from bluesky.run_engine import RunEngine
from bluesky.utils import RunEngineInterrupted

from macduff.bluesky import TangoMotor, tango_motor
from macduff.errors import MacduffError
from tests.system.bluesky_tango.server import MOTORS, MotorProgram
from tests.system.bluesky_tango.test_motor import call, motor_at_rest, the_motor

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


@pytest.fixture(scope="module", params=["events", "plain"])
def server(request: pytest.FixtureRequest) -> Iterator[MotorProgram]:
    with MotorProgram(request.param) as program:
        yield program


@pytest.fixture
def own_server() -> Iterator[MotorProgram]:
    """One that can be killed."""
    with MotorProgram() as program:
        yield program


async def test_a_motor_that_begins_much_later_than_the_write_is_waited_for(server: MotorProgram) -> None:
    motor = await motor_at_rest(server, lag=0.3)
    await motor.set(20.0)
    assert (await motor.locate())["readback"] == 20.0
    assert await motor.comm.state.get_value() == "ON"


async def test_a_way_too_short_to_be_seen_is_done(server: MotorProgram) -> None:
    """Its format has three digits after the point."""
    motor = await motor_at_rest(server, lag=0.02)
    for number in range(1, 6):
        await motor.set(number * 1e-4)
        assert await motor.comm.state.get_value() == "ON"
        assert (await motor.locate())["readback"] == number * 1e-4


async def test_a_move_to_where_it_is_is_done(server: MotorProgram) -> None:
    motor = await motor_at_rest(server)
    began = time.monotonic()
    for _ in range(3):
        await motor.set(0.0)
    await motor.set(5.0)
    await motor.set(5.0)
    assert time.monotonic() - began < 2


async def test_one_that_never_moves_is_done_and_told(server: MotorProgram, caplog: pytest.LogCaptureFixture) -> None:
    """Motors have steps and dead bands; what documents hold is where it is."""
    motor = await motor_at_rest(server, lag=30.0)
    began = time.monotonic()
    await motor.set(9.0)
    assert 0.9 < time.monotonic() - began < 3
    assert "motor: told to go to 9.0, it was not seen to move, and rests at 0.0" in caplog.text
    await motor.stop()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
async def test_what_is_no_position_is_refused(server: MotorProgram, value: float) -> None:
    motor = await motor_at_rest(server)
    with pytest.raises(ValueError, match=r"motor: expected a position from -1000\.0 to 1000\.0"):
        await motor.set(value)


async def test_many_moves_do_not_stall(server: MotorProgram) -> None:
    """300 over both kinds, each with a subscription of its own."""
    motor = await motor_at_rest(server, velocity=1e4)
    slowest = 0.0
    for number in range(150):
        began = time.monotonic()
        await motor.set(float(number % 7))
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < 1.0


async def test_two_moves_of_one_motor_the_later_one_is_refused_by_the_device(server: MotorProgram) -> None:
    motor = await motor_at_rest(server, velocity=100.0)
    first = motor.set(20.0)
    await asyncio.sleep(0.05)
    with pytest.raises(MacduffError, match=r"motor: expected it to arrive at 5.0, got .*it is moving"):
        await motor.set(5.0)
    await first
    assert (await motor.locate())["readback"] == 20.0


# the server goes


async def test_a_server_that_is_killed_fails_the_move_and_names_the_motor(own_server: MotorProgram) -> None:
    motor = await motor_at_rest(own_server, velocity=1.0)
    status = motor.set(100.0)
    await asyncio.sleep(0.2)
    own_server.kill()
    began = time.monotonic()
    with pytest.raises(MacduffError, match=rf"motor: expected it to arrive at 100\.0, got .*{MOTORS[0]}"):
        await status
    assert time.monotonic() - began < 4
    own_server.start()
    await motor.set(0.0)


def test_killed_in_the_middle_of_a_scan(own_server: MotorProgram, run_engine: RunEngine) -> None:
    motor = the_motor(own_server, velocity=20.0)
    timer = threading.Timer(0.4, own_server.kill)
    timer.start()
    began = time.monotonic()
    with pytest.raises(Exception, match=r"motor: expected it to (arrive at|be at rest), got .*test/motor/two"):
        run_engine(bp.scan([], motor, 0, 100, 3))
    timer.join()
    assert time.monotonic() - began < 6
    own_server.start()
    call(motor.comm.velocity.put(1000.0))
    events = []
    run_engine(bp.scan([], motor, 0, 10, 3), lambda name, document: events.append(name))
    assert events.count("event") == 3


# the RunEngine


def test_abort_stops_it_where_it_is(server: MotorProgram, run_engine: RunEngine) -> None:
    motor = the_motor(server, velocity=10.0)
    run_engine(bps.mv(motor, 0.0))

    def plan() -> Any:
        yield from bps.abs_set(motor, 900.0)
        yield from bps.sleep(0.1)
        yield from bps.pause()

    with pytest.raises(RunEngineInterrupted):
        run_engine(plan())
    run_engine.abort()  # type: ignore[no-untyped-call]  # Bluesky's
    assert 0.0 < call(motor.locate())["readback"] < 100.0
    assert call(motor.comm.state.get_value()) == "ON"


def test_a_scan_that_is_paused_in_each_move_visits_each_point_once(server: MotorProgram, run_engine: RunEngine) -> None:
    motor, points = the_motor(server, velocity=100.0), list[float]()
    run_engine(bps.mv(motor, -5.0))

    def per_step(detectors: Any, step: Any, pos_cache: Any) -> Any:
        yield from bps.checkpoint()
        yield from bps.abs_set(motor, step[motor], group="step")
        yield from bps.sleep(0.02)
        yield from bps.pause()
        yield from bps.wait("step")
        yield from bps.trigger_and_read([*detectors, motor])

    def heard(name: str, document: Any) -> None:
        if name == "event":
            points.append(document["data"]["motor-position"])

    with pytest.raises(RunEngineInterrupted):
        run_engine(bp.scan([], motor, 0, 20, 5, per_step=cast(Any, per_step)), heard)
    pauses = 1
    while run_engine.state == "paused":
        with suppress(RunEngineInterrupted):
            run_engine.resume()  # type: ignore[no-untyped-call]  # Bluesky's
            continue
        pauses += 1
    assert (points, pauses) == ([0.0, 5.0, 10.0, 15.0, 20.0], 5)


def test_one_loop_stages_it_and_another_moves_it(server: MotorProgram, run_engine: RunEngine) -> None:
    """A plan has it staged while somebody moves it at the prompt."""
    motor: TangoMotor = tango_motor(server.device(MOTORS[2]), "motor")
    with asyncio.Runner() as prompt:
        prompt.run(motor.connect())
        prompt.run(motor.comm.velocity.put(100.0))
        call(ended(motor.stage))  # RE(bps.stage(motor)) would unstage it at the end

        async def move(value: float) -> None:
            await motor.set(value)

        for value in (10.0, 0.0):
            began = time.monotonic()
            prompt.run(move(value))
            assert prompt.run(motor.comm.position.get_value()) == value
            assert time.monotonic() - began < 0.9
        call(ended(motor.unstage))


async def ended(ask: Any) -> None:
    await ask()


def test_what_a_plan_left_staged_does_not_stop_the_next_one(server: MotorProgram, run_engine: RunEngine) -> None:
    """At its end the RunEngine unstages it, and waits for nothing."""
    motor = the_motor(server, velocity=100.0)
    run_engine(bps.mv(motor, 0.0))
    for number in range(1, 11):
        run_engine(bps.stage(motor))
        run_engine(bps.mv(motor, 5.0 * (number % 2)))
        assert call(motor.locate())["readback"] == 5.0 * (number % 2)


async def test_unstage_stops_what_was_begun_before_and_not_after(server: MotorProgram) -> None:
    motor = await motor_at_rest(server, velocity=100.0)
    unstaging = motor.unstage()
    await motor.set(10.0)
    await unstaging
    assert (await motor.locate())["readback"] == 10.0
    status = motor.set(0.0)
    await asyncio.sleep(0.02)
    await motor.unstage()
    await status
    assert 0.0 < (await motor.locate())["readback"] <= 10.0
