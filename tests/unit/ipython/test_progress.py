"""How far a call is, and how long it may still take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.ipython.progress import Progress, Seen, seconds_text


def steps(done: int, total: int = 50, state: str = "Running") -> Seen:
    return Seen(state, "", done, total, f"{done} of {total} steps")


def test_each_step_takes_as_long_as_those_before() -> None:
    progress = Progress(0.0)
    for second in range(11):
        progress.look(steps(second), float(second))
    assert progress.fraction == 0.2
    assert progress.left() == 40.0
    assert progress.text() == "10 of 50 steps"
    assert progress.times(10.0) == "0:10, about 0:40 left"


def test_nothing_is_guessed_before_the_first_step() -> None:
    progress = Progress(0.0)
    progress.look(steps(5), 1.0)
    progress.look(steps(5), 2.0)
    assert (progress.fraction, progress.left()) == (0.1, None)
    assert progress.times(2.0) == "0:02"


def test_a_pause_is_no_time_that_steps_take() -> None:
    progress = Progress(0.0)
    progress.look(steps(0), 0.0)
    progress.look(steps(10), 10.0)
    progress.look(steps(10, state="Paused"), 11.0)
    assert progress.left() is None
    assert progress.text() == "10 of 50 steps, Paused"
    progress.look(steps(10), 1000.0)
    progress.look(steps(20), 1010.0)
    assert progress.left() == 30.0


def test_steps_that_are_done_again_count_again() -> None:
    progress = Progress(0.0)
    for now, done in enumerate((0, 10, 20, 10, 20)):
        progress.look(steps(done), 10.0 * now)
    assert progress.left() == 40.0, "30 steps were made in 40 s, 30 are left"


def test_steps_of_the_run_before_are_not_those_of_a_configure() -> None:
    progress = Progress(0.0)
    progress.look(steps(50, state="Configuring"), 0.0)
    assert (progress.fraction, progress.text()) == (None, "Configuring")


def test_how_it_ended_is_shown() -> None:
    progress = Progress(0.0)
    progress.look(steps(49), 0.0)
    progress.look(steps(50, state="Ready"), 1.0)
    assert (progress.fraction, progress.left(), progress.text()) == (1.0, None, "50 of 50 steps, Ready")


def test_a_device_that_does_not_count_says_what_it_does() -> None:
    progress = Progress(0.0)
    progress.look(Seen("Running", "warming up"), 1.0)
    assert (progress.fraction, progress.text(), progress.times(75.0)) == (None, "warming up", "1:15")


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "0:00"), (59.6, "1:00"), (754, "12:34"), (10800, "3:00:00")])
def test_seconds(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


@given(st.lists(st.tuples(st.integers(-5, 60), st.integers(0, 60), st.sampled_from(["Running", "Paused", "Fault"]))))
def test_whatever_a_device_says_it_stays_within_its_bounds(looks: list[tuple[int, int, str]]) -> None:
    progress = Progress(0.0)
    for now, (done, total, state) in enumerate(looks):
        progress.look(steps(done, total, state), float(now))
        fraction, left = progress.fraction, progress.left()
        assert fraction is None or 0 <= fraction <= 1
        assert left is None or left >= 0
        assert progress.times(float(now))
