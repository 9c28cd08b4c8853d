"""Spectra and images of Tango devices, and pictures of DET, in files: numbers, types and shapes are what they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import numpy as np
import pytest

from examples.bluesky.to_files import Run, flight
from macduff.bluesky import CommsConnector, TangoAttrR, TangoComm, TangoDevice, TangoMotor
from macduff.client import Client
from tests.system.bluesky_files.kept import Keeper
from tests.system.tango_source.server import TangoProgram

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")

WAVES = (
    [0.1 + 0.2, -0.0, 5e-324, 1.7976931348623157e308],
    [float("nan"), float("inf"), -float("inf")],
    [1.0] * 100,
    [2.5],
)


class Station(TangoComm):
    """One of each kind of value."""

    x: TangoAttrR
    count: TangoAttrR
    flag: TangoAttrR
    text: TangoAttrR
    mode: TangoAttrR
    door: TangoAttrR
    wave: TangoAttrR
    names: TangoAttrR
    image: TangoAttrR
    state: TangoAttrR


@pytest.fixture
def program() -> Iterator[TangoProgram]:
    with TangoProgram("plain") as started:
        yield started


def test_what_tango_has(keeper: Keeper, program: TangoProgram) -> None:
    with CommsConnector():
        station = TangoDevice(Station(program.device), "station")

    def plan() -> Any:
        yield from bps.open_run()
        for wave in WAVES:
            program.tell(set={"wave": wave})
            yield from bps.trigger_and_read([station])
        yield from bps.close_run()

    taken = keeper.run(plan()).columns["primary"]
    assert len(taken["station-wave"]) == len(WAVES)
    for wave, expected in zip(taken["station-wave"], WAVES, strict=True):
        assert wave.dtype == np.float64 and wave.tobytes() == np.array(expected).tobytes()
    for image in taken["station-image"]:
        assert image.dtype == np.uint16 and np.array_equal(image, [[0, 1, 2], [3, 4, 5]])
    single = {"x": 1.0, "count": 7, "flag": True, "text": "käse", "mode": "fast", "door": "OPEN", "state": "ON"}
    for name, value in single.items():
        assert [(type(one), one) for one in taken[f"station-{name}"]] == [(type(value), value)] * len(WAVES), name
    assert taken["station-names"] == [["a", "b"]] * len(WAVES)


def test_pictures_of_a_count(keeper: Keeper, camera: Any, client: Client) -> None:
    keeper.engine(bps.prepare(camera, {"exposure": 0.002, "frames": 2}, wait=True))
    pictures = pictures_of(keeper.run(bp.count([camera], 3)), "primary")
    assert len(pictures) == 3 and np.array_equal(pictures[-1], client["DET"].image)


def test_pictures_of_a_flight(keeper: Keeper, camera: Any, axes: tuple[TangoMotor, TangoMotor]) -> None:
    assert len(pictures_of(keeper.run(flight(camera, axes[0], 8)), "camera")) == 8


def pictures_of(run: Run, stream: str) -> list[Any]:
    """Which all differ; each is that of its frame."""
    taken = run.columns[stream]
    pictures = taken["camera-image"]
    assert {(picture.dtype, picture.shape) for picture in pictures} == {(np.dtype("uint8"), (128, 128))}
    assert [picture.sum() for picture in pictures] == taken["camera-sum"]
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)
    return pictures
