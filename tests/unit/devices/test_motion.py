"""A motor's motion is a pure function of time."""

from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from macduff.devices.motion import Motion

positions = st.floats(-100, 100)
rates = st.floats(0.01, 100)


def samples(motion: Motion, number: int = 200) -> list[tuple[float, float]]:
    """(time, position) all along, the ends included."""
    return [(t, motion.at(t)[0]) for t in (motion.duration * i / number for i in range(number + 1))]


@given(positions, positions, st.floats(-50, 50), rates, rates)
def test_it_begins_where_it_was_and_ends_exactly_at_the_target(
    start: float, end: float, speed: float, velocity: float, acceleration: float
) -> None:
    motion = Motion.to(end, start, speed, velocity, acceleration)
    position, first, left = motion.at(0.0)
    if motion.duration > 1e-3:
        assert (position, first, left) == (start, speed, motion.duration)
    assert motion.at(motion.duration) == (end, 0.0, 0.0)
    assert motion.at(motion.duration + 1000) == (end, 0.0, 0.0)


@given(positions, positions, st.floats(-50, 50), rates, rates)
def test_the_legs_lead_there(start: float, end: float, speed: float, velocity: float, acceleration: float) -> None:
    """The end is set exactly; the way there must arrive at it by itself, at rest."""
    motion = Motion.to(end, start, speed, velocity, acceleration)
    position, now = start, speed
    for seconds, change in motion.legs:
        position += (now + change * seconds / 2) * seconds
        now += change * seconds
    scale = 1 + abs(end - start) + speed * speed / acceleration
    assert math.isclose(position, end, abs_tol=1e-6 * scale)
    assert math.isclose(now, 0.0, abs_tol=1e-6 * (1 + abs(speed) + velocity))


@given(positions, positions, st.floats(-50, 50), rates, rates)
def test_it_is_never_too_fast_and_never_jumps(
    start: float, end: float, speed: float, velocity: float, acceleration: float
) -> None:
    motion = Motion.to(end, start, speed, velocity, acceleration)
    most = max(abs(speed), velocity) * (1 + 1e-9) + 1e-9
    points = samples(motion)
    for (before, here), (after, there) in itertools.pairwise(points):
        assert abs(there - here) <= most * (after - before) + 1e-5 * (
            1 + abs(end - start) + speed * speed / acceleration
        )


@given(positions, positions, rates, rates)
def test_from_rest_it_takes_as_long_as_it_must_and_never_leaves_the_way(
    start: float, end: float, velocity: float, acceleration: float
) -> None:
    motion = Motion.to(end, start, 0.0, velocity, acceleration)
    way = abs(end - start)
    ramp = velocity / acceleration
    expected = way / velocity + ramp if way >= velocity * ramp else 2 * math.sqrt(way / acceleration)
    assert math.isclose(motion.duration, expected, rel_tol=1e-6, abs_tol=1e-6)
    low, high = min(start, end) - 1e-6, max(start, end) + 1e-6
    assert all(low <= position <= high for _, position in samples(motion))


@given(positions, st.floats(-50, 50), rates)
def test_braking_takes_no_longer_than_it_must(start: float, speed: float, acceleration: float) -> None:
    motion = Motion.braking(start, speed, acceleration)
    assert motion.brakes
    assert math.isclose(motion.duration, abs(speed) / acceleration)
    assert math.isclose(motion.end - start, math.copysign(speed * speed / 2 / acceleration, speed), abs_tol=1e-9)


def test_no_way_takes_no_time() -> None:
    assert Motion.to(3.0, 3.0, 0.0, 1.0, 1.0).at(0.0) == (3.0, 0.0, 0.0)
    assert Motion.braking(3.0, 0.0, 1.0).at(0.0) == (3.0, 0.0, 0.0)
