"""The camera of the documentation: PVs of a real IOC, configured, run, paused, rewound, aborted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from macduff import BadValue, DState, Process
from macduff.core import View
from tests.support import eventually
from tests.support.play import Client, Inbox
from tests.system.author.cameras import camera_ioc, camera_process
from tests.system.ioc import Ioc
from tests.system.sources.camera import Camera


@pytest.fixture(scope="module")
def ioc() -> Iterator[Ioc]:
    """One IOC that all tests here share."""
    with camera_ioc() as ioc:
        yield ioc


@pytest.fixture
def laboratory(ioc: Ioc) -> Iterator[tuple[Process, Camera]]:
    with camera_process() as laboratory:
        yield laboratory


@pytest.fixture
def process(laboratory: tuple[Process, Camera]) -> Process:
    return laboratory[0]


@pytest.fixture
def camera(laboratory: tuple[Process, Camera]) -> Camera:
    return laboratory[1]


@pytest.fixture
def view(process: Process) -> View:
    return process.view("CAM")


def test_configure_puts_the_pvs_and_run_takes_the_frames(camera: Camera, view: View) -> None:
    """Rules 17, 24: completed with the readbacks; and again from the start."""
    view.configure(exposure=0.02, frames=5)
    assert (view.state, view.exposure, view.total_steps) == (DState.Ready, 0.02, 5)
    eventually(lambda: camera.period.value == pytest.approx(0.022), "the period read back")
    for _ in range(2):
        view.run()
        assert (view.state, view.completed_steps, view.counter) == (DState.Ready, 5, 5)
        eventually(lambda: not camera.acquire.value, "the camera stopped by itself")


def test_limits_and_units_come_from_the_ioc(camera: Camera, view: View) -> None:
    """Design 8; rule 18: what validate refuses changed nothing."""
    with pytest.raises(BadValue, match=r"CAM\.configure\(exposure\): expected a value from 0\.001 to 60 s, got 100"):
        view.configure(exposure=100.0, frames=5)
    assert view.state is DState.Idle


def test_frames_are_neither_lost_nor_doubled_by_pauses(process: Process, camera: Camera, view: View) -> None:
    """Rule 17: the last frame may come in while the camera is being stopped."""
    client, inbox = Client(process), Inbox(process)
    process.listen(inbox, "CAM", "completed_steps", every=True)
    view.configure(exposure=0.01, frames=40)

    def reached(least: int, _: object) -> bool:
        return camera.completed_steps.value >= least

    run = client.call("CAM", "run")
    for least in (3, 9, 15):
        inbox.until(partial(reached, least))
        view.pause()
        assert view.state is DState.Paused
        done = view.completed_steps
        assert not camera.acquire.value
        view.rewind(1)
        assert view.completed_steps == done - 1
        view.resume()
    assert run.kind() == "ok"
    assert (view.completed_steps, view.state) == (40, DState.Ready)


def test_an_abort_stops_the_camera(process: Process, camera: Camera, view: View) -> None:
    """Rule 20."""
    client, inbox = Client(process), Inbox(process)
    process.listen(inbox, "CAM", "completed_steps")
    view.configure(exposure=0.02, frames=1000)
    run = client.call("CAM", "run")
    inbox.until(lambda _: camera.completed_steps.value >= 2)
    view.abort()
    assert run.kind() == "Aborted"
    assert (view.state, camera.acquire.value) == (DState.Aborted, False)
    view.reset()
    view.configure(exposure=0.01, frames=2)
    view.run()
    assert view.completed_steps == 2
