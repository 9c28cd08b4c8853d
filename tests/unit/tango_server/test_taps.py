"""Every change in order up to what a subscriber is trusted with, beyond that the newest, and once more at the end."""

from __future__ import annotations

from typing import Any

import pytest

from macduff.protocol.model import SEvent
from macduff.servers.tango.taps import BURST, QUIET, RATE, Tap
from macduff.values import NO_ALARM, Reading


class Shown:
    """Keeps what would be pushed."""

    name = "count"

    def __init__(self) -> None:
        self.pushed: list[int] = []
        self.again = 0
        self.subscribed = ["change"]
        self.mirror = self
        self.model = self
        self.unwatched = False

    def push(self, reading: Reading) -> None:
        self.pushed.append(reading.value)

    def push_again(self) -> None:
        self.again += 1

    def subscriptions(self) -> list[str]:
        return self.subscribed

    def unwatch(self, _: object) -> None:
        self.unwatched = True


class Process:
    """Takes a listener."""

    def __init__(self) -> None:
        self.listeners: list[Any] = []

    def listen(self, queue: Any, device: str, suffix: str, **options: Any) -> Any:
        assert options == {"initial_value": True, "every": True}
        self.listeners.append(queue)
        return queue

    def unlisten(self, listener: Any) -> None:
        self.listeners.remove(listener)


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
def tap(shown: Shown) -> Tap:
    process: Any = Process()
    wakes: list[None] = []
    some: Any = shown
    return Tap(some, process, 10_000, lambda: wakes.append(None), 0.0)


def put(tap: Tap, *values: int) -> None:
    for value in values:
        reading = Reading(value, NO_ALARM, 0, value)
        tap.put((SEvent.Changes, "D", {"count": reading}, value))


def test_each_one_in_order(tap: Tap, shown: Shown) -> None:
    put(tap, *range(100))
    tap.drain(0.0)
    assert shown.pushed == list(range(100)) and tap.merged == 0


def test_it_takes_over_once_the_process_says_so(tap: Tap, shown: Shown) -> None:
    """Before that, changes come merged and are pushed; none may be left out between the two."""
    tap.drain(0.0)
    before = tap.active
    tap.put((SEvent.Value, "D", object(), 3))
    put(tap, 4)
    tap.drain(0.0)
    assert (before, tap.active) == (False, True) and shown.pushed == [4]


def test_a_stall_of_a_third_of_a_second_at_a_thousand_a_second_loses_nothing(tap: Tap, shown: Shown) -> None:
    number, now = 0, 0.0
    for _ in range(10):
        now += 0.35
        put(tap, *range(number, number + 350))
        number += 350
        tap.drain(now)
        tap.tick(now)
    assert shown.pushed == list(range(number)) and not tap.waits


def test_a_flood_is_merged_the_newest_wins_and_is_told_once_more(tap: Tap, shown: Shown) -> None:
    now, number = 0.0, 0
    for _ in range(1000):  # 100 000 a second
        now += 0.001
        put(tap, *range(number, number + 100))
        number += 100
        tap.drain(now)
    while tap.waits:
        now += 0.01
        tap.tick(now)
        assert now < 3
    assert shown.pushed == sorted(set(shown.pushed)) and shown.pushed[-1] == number - 1
    assert len(shown.pushed) <= BURST + RATE * 1.1
    assert shown.again == 1 and len(shown.pushed) + tap.merged == number
    tap.tick(now + QUIET)
    assert shown.again == 1


def test_the_newest_is_held_while_there_is_no_trust(tap: Tap, shown: Shown) -> None:
    put(tap, *range(int(BURST)))
    tap.drain(0.0)
    put(tap, 10_000)
    tap.drain(0.0)
    assert shown.pushed[-1] == BURST - 1 and tap.waits
    tap.tick(1.5 / RATE)
    assert shown.pushed[-1] == 10_000


def test_the_bound_holds_and_what_is_dropped_is_counted(shown: Shown) -> None:
    """Rule 6: the oldest go."""
    some: Any = shown
    process: Any = Process()
    tap = Tap(some, process, 10, lambda: None, 0.0)
    put(tap, *range(25))
    tap.put((SEvent.Overrun, "D", "count", 5))
    tap.drain(0.0)
    assert shown.pushed == list(range(15, 25)) and tap.merged == 20


def test_it_ends_when_nobody_is_subscribed_any_more(tap: Tap, shown: Shown) -> None:
    ended = []
    for now, subscribed in (2.0, ["change"]), (2.5, []), (3.5, []):  # it looks once a second
        shown.subscribed = subscribed
        tap.tick(now)
        ended.append(shown.unwatched)
    assert ended == [False, False, True]
    process: Any = tap._process
    tap.close()
    assert process.listeners == []
