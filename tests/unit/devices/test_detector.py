"""The ready-made detector, and its pictures."""

from __future__ import annotations

import numpy as np
import pytest

from macduff import BadValue, DState, Process
from macduff.devices import Detector
from macduff.devices.spot import SpotPicture
from tests.support.play import BACKENDS, Client, Inbox, play

backends = pytest.mark.parametrize("backend", BACKENDS)


def test_a_picture_shows_a_spot_where_it_is_said_to_be() -> None:
    pictures = SpotPicture(128, 96, seed=1)
    for number in (0, 7, 100, 1_000_000):
        picture = pictures.take(number, 1.0)
        assert (picture.shape, picture.dtype.name) == ((96, 128), "uint8")
        row, column = np.unravel_index(np.argmax(picture), picture.shape)
        across, down = pictures.centre(number)
        assert abs(column - across) < 8
        assert abs(row - down) < 8
        assert picture.max() >= 200  # and nothing ran over: dark corners are dark
        assert min(picture[0, 0], picture[-1, -1], picture[0, -1], picture[-1, 0]) < 64


def test_the_same_seed_and_number_give_the_same_picture() -> None:
    first, again, other = SpotPicture(32, 32, 1), SpotPicture(32, 32, 1), SpotPicture(32, 32, 2)
    assert np.array_equal(first.take(5, 0.5), again.take(5, 0.5))
    assert not np.array_equal(first.take(5, 0.5), first.take(6, 0.5))
    assert not np.array_equal(first.take(5, 0.5), other.take(5, 0.5))


@backends
def test_a_run_takes_a_frame_a_step_and_everything_of_a_frame_in_one_change(backend: str) -> None:
    """Rule 4: never half a set."""

    def scenario(process: Process) -> None:
        device = Detector("DET", width=32, height=24)
        process.add(device)
        inbox = Inbox(process)
        process.listen(inbox, "DET")
        view = process.view("DET")
        assert view.validate(exposure=0.01, frames=5) == {"exposure": 0.01, "frames": 5, "duration": 0.05}
        view.configure(exposure=0.01, frames=5)
        view.run()
        view.run()
        frames = [item[2] for item in inbox.items if "image" in item[2]]
        for frame in frames:
            assert frame["sum"].value == frame["image"].value.sum()
            assert frame["completed_steps"].value == (frame["counter"].value - 1) % 5 + 1
        assert frames[-1]["image"].value.shape == (24, 32)
        assert (view.counter, view.completed_steps, view.total_steps, view.state) == (10, 5, 5, DState.Ready)

    play(backend, scenario)


@backends
def test_a_pause_cuts_a_long_exposure_and_no_frame_is_lost(backend: str) -> None:
    """Rule 17."""

    def scenario(process: Process) -> None:
        process.add(Detector("DET"))
        view, client = process.view("DET"), Client(process)
        view.configure(exposure=0.01, frames=3)
        view.run()
        view.configure(exposure=1000.0, frames=2)
        run = client.call("DET", "run")
        view.pause()
        assert (view.state, view.counter, view.completed_steps) == (DState.Paused, 3, 0)
        view.resume()
        view.abort()
        assert run.kind() == "Aborted"

    play(backend, scenario)


@backends
def test_frames_that_were_rewound_are_taken_again(backend: str) -> None:
    """Rule 17."""

    def scenario(process: Process) -> None:
        device = Detector("DET")
        process.add(device)
        view, client, inbox = process.view("DET"), Client(process), Inbox(process)
        process.listen(inbox, "DET", "completed_steps")
        view.configure(exposure=0.02, frames=6)
        run = client.call("DET", "run")
        inbox.until(lambda _: device.completed_steps.value >= 2)
        view.pause()
        done = view.completed_steps
        view.rewind(2)
        assert view.completed_steps == done - 2
        view.resume()
        assert run.kind() == "ok"
        assert (view.completed_steps, view.counter) == (6, 8)

    play(backend, scenario)


@backends
def test_what_it_cannot_do_is_refused(backend: str) -> None:
    def scenario(process: Process) -> None:
        process.add(Detector("DET"))
        view = process.view("DET")
        for wrong in ({"exposure": 0.0}, {"frames": 0}, {"exposure": float("nan")}, {"frames": 1.5}):
            with pytest.raises(BadValue):
                view.configure(**wrong)
            assert (view.state, view.exposure, view.frames) == (DState.Idle, 0.1, 10)

    play(backend, scenario)


def test_a_longer_exposure_is_brighter() -> None:
    device = Detector("DET")
    sums = []
    for exposure in (0.01, 0.1, 1.0):
        device.exposure.update(exposure)
        device._take()
        sums.append(device.sum.value)
    assert sums == sorted(sums)
    assert sums[2] > 1.5 * sums[0]
