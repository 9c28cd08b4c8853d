"""When a motor counts as arrived."""

from __future__ import annotations

import math

import pytest

from macduff.bluesky.tango import way as module
from macduff.bluesky.tango.way import BEGIN, SETTLE, Way


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_it_moves_and_then_rests(clock: Clock) -> None:
    way = Way(0.0, 10.0, 0.001)
    assert way.look(True, 0.0, False, False) == math.inf
    assert way.look(True, 10.0, False, False) == math.inf
    assert way.look(False, 9.9, False, False) is None and not way.in_doubt


@pytest.mark.parametrize(
    ("current", "told", "stopped"), [(10.0, False, False), (9.9995, False, False), (5.1, False, False),
                                     (0.0, True, False), (0.0, False, True)]
)  # fmt: skip
def test_what_shows_that_it_moved_or_will_not(clock: Clock, current: float, told: bool, stopped: bool) -> None:
    way = Way(0.0, 10.0, 0.001)
    assert way.look(False, current, told, stopped) is None and not way.in_doubt


@pytest.mark.parametrize("current", [0.0, 0.0005, 4.9, -3.0])
def test_what_does_not(clock: Clock, current: float) -> None:
    way = Way(0.0, 10.0, 0.001)
    wait = way.look(False, current, False, False)
    assert wait is not None and 0 < wait <= SETTLE
    clock.now += BEGIN - SETTLE / 2
    assert way.look(False, current, False, False) == pytest.approx(SETTLE / 2)
    clock.now += SETTLE
    assert way.look(False, current, False, False) is None and way.in_doubt


@pytest.mark.parametrize("initial", [10.0, 9.9995, 10.0009])
def test_a_way_that_does_not_show_is_given_a_moment(clock: Clock, initial: float) -> None:
    way = Way(initial, 10.0, 0.001)
    assert way.look(False, 10.0, False, False) == pytest.approx(SETTLE)
    clock.now += 2 * SETTLE
    assert way.look(False, 10.0, False, False) is None and not way.in_doubt


def test_a_way_that_does_not_show_and_is_seen(clock: Clock) -> None:
    way = Way(10.0, 10.0, 0.001)
    assert way.look(True, 10.0, False, False) == math.inf
    assert way.look(False, 10.0, False, False) is None


def test_one_that_is_stopped_rests_before_it_has_arrived(clock: Clock) -> None:
    way = Way(0.0, 10.0, 0.001)
    assert way.look(True, 3.0, False, True) == math.inf
    assert way.look(False, 3.1, False, True) is None
