"""Plans that are paused, resumed and aborted, with a MacduffDevice in mid-run (rule 40): the frames are counted."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from operator import eq
from typing import Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import pytest
from bluesky.preprocessors import stage_wrapper
from bluesky.run_engine import call_in_bluesky_event_loop
from bluesky.utils import RunEngineInterrupted

from macduff.client import Client
from tests.system.bluesky_device.home import Connect, Engine, check_steps, each_way, ways

FRAMES = 30


@pytest.fixture
def prepared(client: Client) -> int:
    """How many frames DET has taken so far; 30 more take 0.6 s."""
    client["DET"].configure(exposure=0.02, frames=FRAMES)
    client["DET"].reset()
    return int(client["DET"].counter)


def when(client: Client, path: str, condition: Callable[[Any], bool], act: Callable[[], object]) -> threading.Thread:
    """In a thread of its own: act when the attribute has become so."""
    readings = client.monitor(path, "every").__enter__()
    next(iter(readings))  # what it was before

    def wait() -> None:
        with closing(readings):
            for reading in readings:
                if condition(reading.value):
                    act()
                    return

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def paused(engine: Engine, client: Client, plan: Any, at: int) -> None:
    """Run the plan until DET has taken `at` frames, and pause it there."""
    reached = when(client, "DET.completed_steps", partial(eq, at), engine.pause)
    with pytest.raises(RunEngineInterrupted):
        engine(plan)
    reached.join()
    assert engine.RE.state == "paused"


def resumed(engine: Engine) -> None:
    engine.resume()
    assert engine.RE.state == "idle"


@each_way
def test_a_paused_count_takes_each_frame_once(
    engine: Engine, connected: Connect, client: Client, prepared: int
) -> None:
    det = connected("DET")
    paused(engine, client, bp.count([det]), 5)
    assert client["DET"].state == "Paused"
    assert 5 <= client["DET"].completed_steps < FRAMES
    resumed(engine)
    assert engine.data("det-counter") == [prepared + FRAMES] == [client["DET"].counter]


def flight(det: Any) -> Iterator[Any]:
    yield from bps.stage(det, wait=True)
    yield from bps.open_run()
    yield from bps.prepare(det, {"frames": FRAMES}, wait=True)
    yield from bps.kickoff(det, wait=True)
    yield from bps.complete(det, wait=True)
    yield from bps.collect(det)
    yield from bps.close_run()
    yield from bps.unstage(det, wait=True)


@pytest.mark.parametrize("link, pauses", [("ws", (3,)), *ways((2, 9, 20))])
def test_a_paused_flight_takes_each_frame_once(
    engine: Engine,
    connected: Connect,
    client: Client,
    prepared: int,
    pauses: tuple[int, ...],
    link: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    det = connected("DET")
    paused(engine, client, flight(det), pauses[0])
    for at in pauses[1:]:
        taken = when(client, "DET.completed_steps", partial(eq, at), engine.pause)
        with pytest.raises(RunEngineInterrupted):
            engine.resume()
        taken.join()
        assert client["DET"].state == "Paused"
    resumed(engine)
    check_steps(engine.data("det-counter"), range(prepared + 1, prepared + FRAMES + 1), link, caplog)
    assert client["DET"].counter == prepared + FRAMES


@each_way
def test_a_pause_that_comes_as_the_run_ends_does_not_run_it_again(
    engine: Engine, connected: Connect, client: Client, prepared: int
) -> None:
    det = connected("DET")
    paused(engine, client, bp.count([det]), FRAMES - 1)
    resumed(engine)
    assert engine.data("det-counter") == [prepared + FRAMES] == [client["DET"].counter]


@pytest.mark.parametrize("link, way", [("ws", "stop"), ("ws", "halt"), *ways("abort")])
def test_a_staged_device_is_at_rest_after_the_plan_was_ended(
    engine: Engine, connected: Connect, client: Client, prepared: int, way: str
) -> None:
    det = connected("DET")
    paused(engine, client, bp.count([det]), 5)
    getattr(engine.RE, way)()
    if way != "halt":  # which cleans nothing up, as Bluesky means it
        assert client["DET"].state == "Aborted"
    engine(bp.count([det]))  # staging resets it
    assert client["DET"].state == "Idle"


def test_what_a_plan_left_paused_is_told_and_staging_ends_it(
    engine: Engine, connected: Connect, client: Client, prepared: int
) -> None:
    det = connected("DET")
    paused(engine, client, bp.fly([det]), 5)  # which does not stage
    engine.abort()
    assert client["DET"].state == "Paused"
    with pytest.raises(Exception, match="stage it, which aborts that run"):
        engine(bps.trigger(det, wait=True))
    engine(bp.count([det]))
    assert client["DET"].counter < prepared + FRAMES + FRAMES


@each_way
def test_a_run_that_ended_while_it_was_to_be_paused_is_the_same_run(
    engine: Engine, connected: Connect, client: Client, prepared: int
) -> None:
    det = connected("DET")

    async def interrupted() -> list[bool]:
        first = det.trigger()
        while (await det.link.state("completed_steps")).reading.value < 1:
            pass  # each is a round trip
        pausing = asyncio.ensure_future(replaced(det))
        await first
        await pausing
        await det.resume()
        again = det.trigger()
        await again
        return [again is first, det.trigger() is first]

    async def replaced(device: Any) -> None:
        """A pause that the device refuses: the run ends first."""
        command, device._runner._device = device._runner._device, Refusing()
        await device.pause()
        device._runner._device = command

    assert call_in_bluesky_event_loop(interrupted()) == [True, False]
    client["DET"].abort()


@each_way
def test_what_had_not_begun_when_the_plan_was_paused_begins_after_the_resume(
    connected: Connect, client: Client, prepared: int
) -> None:
    det = connected("DET")

    async def interrupted() -> None:
        status = det.trigger()
        await det.pause()
        while (await det.link.state("state")).reading.value != "Ready":
            pass  # each is a round trip; it is configured meanwhile
        states = [(await det.link.state("state")).reading.value for _ in range(20)]
        assert set(states) == {"Ready"} and not status.done
        await det.resume()
        assert det.trigger() is status
        await status

    call_in_bluesky_event_loop(interrupted())
    assert client["DET"].counter == prepared + FRAMES


class Refusing:
    """A device that cannot be paused any more."""

    name = "det"

    def command(self, name: str) -> None:
        return None


@each_way
def test_an_error_in_the_plan_aborts_the_run(engine: Engine, connected: Connect, client: Client, prepared: int) -> None:
    det = connected("DET")

    def plan() -> Any:
        yield from bps.open_run()
        yield from bps.kickoff(det, wait=True)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        engine(stage_wrapper(plan(), [det]))  # type: ignore[no-untyped-call]  # it has no types
    assert client["DET"].state == "Aborted"
    assert client["DET"].counter < prepared + FRAMES


@each_way
def test_somebody_elses_abort_fails_the_plan(engine: Engine, connected: Connect, client: Client, prepared: int) -> None:
    det = connected("DET")
    reached = when(client, "DET.completed_steps", partial(eq, 3), lambda: client["DET"].abort())
    with pytest.raises(Exception, match="abort"):
        engine(bp.count([det]))
    reached.join()


@each_way
def test_a_paused_move_stops_and_goes_on_to_its_target(engine: Engine, connected: Connect, client: Client) -> None:
    x = connected("X")
    engine(bps.mv(x, 0))
    reached = when(client, "X.position", lambda at: at > 0.2, engine.pause)

    def plan() -> Any:
        yield from bps.checkpoint()
        yield from bps.mv(x, 1)

    with pytest.raises(RunEngineInterrupted):
        engine(plan())
    reached.join()
    assert client["X"].state == "Idle"
    assert 0.2 < client["X"].position < 1
    resumed(engine)
    assert client["X"].position == 1
