"""count, scan, grid_scan and a flight over Tango motors and DET: in files is what the plans took, each thing once."""

from __future__ import annotations

import threading
from typing import Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import numpy as np
import pytest
from bluesky.run_engine import call_in_bluesky_event_loop
from bluesky.utils import RunEngineInterrupted

from examples.bluesky.to_files import flight
from macduff.bluesky import TangoMotor
from macduff.client import Client
from tests.system.bluesky_files.kept import Keeper

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")

Axes = tuple[TangoMotor, TangoMotor]


def prepared(det: Any, frames: int, exposure: float = 0.002) -> Any:
    return bps.prepare(det, {"exposure": exposure, "frames": frames}, wait=True)


@pytest.fixture
def before(keeper: Keeper, det: Any, client: Client) -> int:
    """Frames that DET has taken so far; a run of it takes three."""
    keeper.engine(prepared(det, 3))
    return int(client["DET"].counter)


def frames(client: Client) -> int:
    return int(client["DET"].counter)


def test_count(keeper: Keeper, det: Any, axes: Axes, before: int, client: Client) -> None:
    keeper.engine(bps.mv(axes[0], 12.5))
    taken = keeper.run(bp.count([det, axes[0]], 4)).columns["primary"]
    assert taken["det-counter"] == [before + 3 * point for point in (1, 2, 3, 4)]
    assert taken["det-counter"][-1] == frames(client)
    assert taken["one-position"] == [12.5] * 4


def test_what_is_set_at_once_is_all_in_the_configuration(keeper: Keeper, det: Any) -> None:
    for number in range(2, 12):
        keeper.engine(bps.mv(det.exposure, number / 1000, det.frames, number))
    keeper.run(bp.count([det]))
    (descriptor,) = [document for name, document in keeper.given if name == "descriptor"]
    assert descriptor["configuration"]["det"]["data"] == {"det-exposure": 0.011, "det-frames": 11}


def test_scan(keeper: Keeper, det: Any, axes: Axes, before: int) -> None:
    taken = keeper.run(bp.scan([det], axes[0], -1, 1, 7)).columns["primary"]
    assert taken["one-position"] == list(np.linspace(-1, 1, 7))
    assert taken["det-counter"] == [before + 3 * point for point in range(1, 8)]


def test_grid_scan(keeper: Keeper, det: Any, axes: Axes, before: int) -> None:
    x, y = axes
    taken = keeper.run(bp.grid_scan([det], x, 0, 2, 3, y, 0, 1, 2, snake_axes=True)).columns["primary"]
    assert taken["one-position"] == [0, 0, 1, 1, 2, 2]
    assert taken["two-position"] == [0, 1, 1, 0, 0, 1]
    assert taken["det-counter"] == [before + 3 * point for point in range(1, 7)]


def test_flight(keeper: Keeper, det: Any, axes: Axes, before: int, client: Client) -> None:
    """The motor goes 1 mm in 0.6 s, and nothing pushes its position: it is asked twice a second."""
    motor = axes[0]
    keeper.engine(bps.mv(motor, 0))
    call_in_bluesky_event_loop(motor.comm.velocity.put(1 / 0.6))
    run = keeper.run(flight(det, motor, 50))
    assert run.columns["det"]["det-counter"] == [before + frame for frame in range(1, 51)]
    assert frames(client) == before + 50
    way = run.columns["one-position_monitor"]["one-position"]
    assert len(way) >= 2 and way == sorted(way) and way[0] == 0 and 0 < way[-1] <= 1


def test_a_paused_scan_has_each_point_once(keeper: Keeper, det: Any, axes: Axes, before: int, client: Client) -> None:
    """The pause comes in the third point; that is done again from its beginning, but for the frames."""
    keeper.engine(prepared(det, 10, 0.02))
    paused(keeper, client, bp.scan([det], axes[0], 0, 4, 5), at=before + 21)
    keeper.engine.resume()  # type: ignore[no-untyped-call]  # Bluesky's
    taken = keeper.last().columns["primary"]
    assert taken["one-position"] == [0, 1, 2, 3, 4]
    assert taken["det-counter"] == [before + 10 * point for point in range(1, 6)]


def test_a_paused_flight_has_each_frame_once(keeper: Keeper, det: Any, axes: Axes, before: int, client: Client) -> None:
    paused(keeper, client, flight(det, axes[0], 40), at=before + 10)
    keeper.engine.resume()  # type: ignore[no-untyped-call]  # Bluesky's
    assert keeper.last().columns["det"]["det-counter"] == [before + frame for frame in range(1, 41)]
    assert frames(client) == before + 40
    assert call_in_bluesky_event_loop(axes[0].locate())["readback"] == 1


def test_a_flight_after_one_that_was_paused_is_another(keeper: Keeper, det: Any, before: int, client: Client) -> None:
    def two() -> Any:
        yield from bps.prepare(det, {"exposure": 0.02, "frames": 15}, wait=True)
        for _ in range(2):
            yield from bps.kickoff(det, wait=True)
            yield from bps.checkpoint()  # after a pause it is not kicked off once more
            yield from bps.complete(det, wait=True)
            yield from bps.collect(det)

    plan = bpp.stage_wrapper(bpp.run_wrapper(two()), [det])  # type: ignore[no-untyped-call]  # Bluesky's
    paused(keeper, client, plan, at=before + 5)
    keeper.engine.resume()  # type: ignore[no-untyped-call]  # Bluesky's
    assert keeper.last().columns["det"]["det-counter"] == [before + frame for frame in range(1, 31)]
    assert frames(client) == before + 30


def test_an_aborted_scan_has_the_points_that_were_taken(
    keeper: Keeper, det: Any, axes: Axes, before: int, client: Client
) -> None:
    keeper.engine(prepared(det, 10, 0.02))
    paused(keeper, client, bp.scan([det], axes[0], 0, 4, 5), at=before + 21)
    keeper.engine.abort()  # type: ignore[no-untyped-call]  # Bluesky's
    taken = keeper.last().columns["primary"]
    assert (taken["one-position"], taken["det-counter"]) == ([0, 1], [before + 10, before + 20])
    name, stop = keeper.given[-1]
    assert (name, stop["exit_status"]) == ("stop", "abort")


def paused(keeper: Keeper, client: Client, plan: Any, at: int) -> None:
    """Run the plan until DET has taken its frame of that number, and pause it there."""

    def pause() -> None:
        for reading in readings:
            if reading.value >= at:
                keeper.engine.request_pause()  # type: ignore[no-untyped-call]  # Bluesky's
                return

    with client.monitor("DET.counter") as readings:
        thread = threading.Thread(target=pause)
        thread.start()
        with pytest.raises(RunEngineInterrupted):
            keeper.engine(plan)
        thread.join()
    assert keeper.engine.state == "paused" and client["DET"].state == "Paused"
