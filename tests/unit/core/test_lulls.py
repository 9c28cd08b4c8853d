"""Listeners that bear with being told once in a period: what may wait for its end, and what never does."""

from __future__ import annotations

import math
from typing import Any

import pytest

from macduff import Attribute, Child, Device, Process, VDouble, VInt, publish_method
from tests.support.play import BACKENDS, Client, Inbox, play

backends = pytest.mark.parametrize("backend", BACKENDS)

LONG = 1e5
"""A period (s) that no test sees the end of."""


class Gauge(Device):
    """Waits in all the ways that there are for what its hardware says."""

    level = Attribute(VDouble(), 0.0)
    other = Attribute(VInt(), 0)

    @publish_method
    def watched(self) -> float:
        """The next level."""
        with self.watch(self.level) as watch:
            self.status.update("waits")
            return watch.next(20.0)

    @publish_method
    def awaited(self) -> float:
        """Level 3."""
        self.status.update("waits")
        return self.level.wait_for(3.0, 20.0)

    @publish_method
    def reported(self) -> str:
        """The names of what changed."""
        return " ".join(self.report_wait("waits", 20.0))

    @publish_method
    def marks(self, count: int) -> int:
        """Begin many waits that are over at once; how many segments waited at most."""
        most = 0
        for number in range(count):
            self.level.update(float(number))
            self.level.wait_for(float(number), 20.0)
            self.wait(0.001)
            most = max(most, len(self._unpublished))
        return most

    @publish_method(busy="allow")
    def nothing(self) -> None:
        """Only a reply."""


class Parent(Device):
    """Waits for what its child's hardware says."""

    gauge = Child(Gauge)

    @publish_method
    def reported(self) -> str:
        """The names of what changed."""
        return " ".join(self.report_wait("waits", 20.0))

    @publish_method
    def level(self) -> float:
        """The child's."""
        return self.gauge.level.value


def values(items: list[Any], name: str = "level") -> list[Any]:
    return [item[2][name].value for item in items if item[0].name == "Changes" and name in item[2]]


class Lab:
    """A gauge and its parent; `inbox` hears the gauge with a period."""

    def __init__(self, process: Process, period: float = LONG) -> None:
        self.process, self.client = process, Client(process)
        self.gauge = Gauge("G")
        process.add(self.gauge)
        process.add(Parent("P", gauge=self.gauge))
        self.inbox, self.listener = self.listens("G", period)
        if period == LONG:
            self.gauge.level.update(1.0)
            self.inbox.until(lambda items: values(items) == [1.0])  # at once; what comes now has to wait

    def listens(self, device: str, period: float, **options: Any) -> tuple[Inbox, Any]:
        inbox = Inbox(self.process)
        listener = self.process.listen(inbox, device, initial_value=True, **options)
        self.process.pace(listener, period)
        inbox.until(lambda items: len(items) == 1)
        return inbox, listener

    def update(self, level: float) -> int:
        """Have the gauge at that level; how often the Process was woken for it."""
        wake, woken = self.gauge._wake, list[None]()

        def counted() -> None:
            woken.append(None)
            wake()

        self.gauge._wake = counted
        self.gauge.level.update(level)
        self.gauge._wake = wake
        return len(woken)

    def reply(self) -> None:
        assert self.client.call("G", "nothing").kind() == "ok"


@backends
def test_what_changes_meanwhile_waits_newest_wins_and_wakes_nobody(backend: str) -> None:
    def scenario(process: Process) -> None:
        lab = Lab(process)
        assert [lab.update(level) for level in (2.0, 3.0, 4.0)] == [0, 0, 0]
        lab.gauge.update(level=5.0, other=1)
        assert values(lab.inbox.items) == [1.0]
        lab.reply()
        assert values(lab.inbox.items) == [1.0, 5.0], "a reply lets go what waits before it"
        assert values(lab.inbox.items, "other") == [1]
        sequences = [item[3] for item in lab.inbox.items]
        assert sequences == sorted(sequences)

    play(backend, scenario)


@backends
def test_marks_do_not_pile_up(backend: str) -> None:
    """Rule 6: each of them closes a segment, and nobody asks for what is in it before the lull ends."""

    def scenario(process: Process) -> None:
        lab = Lab(process)
        assert lab.client.call("G", "marks", count=200).result() < 100
        assert values(lab.inbox.items)[-1] == 199.0

    play(backend, scenario, seeds=range(3))


@backends
def test_the_history_has_the_process_woken_in_a_lull_too(backend: str) -> None:
    def scenario(process: Process) -> None:
        lab = Lab(process)
        lab.reply()
        process._keeper._asked = False
        lab.gauge._segment = None
        lab.gauge.level._keep = lambda now: True  # as the first reading since the last sweep does
        assert lab.update(2.0) == 1

    play(backend, scenario, seeds=range(3))


def test_a_listener_that_raises_costs_nobody_the_reply() -> None:
    class Torn(Inbox):
        def put(self, item: Any) -> None:
            if item[0].name == "Changes":
                raise RuntimeError("torn")
            super().put(item)

    def scenario(process: Process) -> None:
        lab = Lab(process)
        process.listen(Torn(process), "G", initial_value=True)
        for _ in range(3):
            lab.gauge.level.update(2.0)
            lab.reply()

    play("threads", scenario)


@pytest.mark.parametrize("period", [-1.0, 1e-305, 0.0009, math.inf, math.nan])
def test_what_is_no_period(period: float) -> None:
    with Process() as process:
        process.add(Gauge("G"))
        listener = process.listen(Inbox(process), "G")
        with pytest.raises(ValueError, match=r"pace: expected 0, or seconds from 0.001 on, got"):
            process.pace(listener, period)


@backends
def test_the_last_of_the_process_itself_is_told_at_its_end(backend: str) -> None:
    heard: list[Inbox] = []

    def scenario(process: Process) -> None:
        lab = Lab(process)
        inbox, _ = lab.listens(".", LONG)
        heard.append(inbox)
        process.add(Gauge("LATER"))
        process.add(Gauge("LAST"))

    play(backend, scenario, seeds=range(3))
    for inbox in heard:
        assert "LAST" in values(inbox.items, "blocks")[-1]["mri"]


@backends
def test_a_lull_ends(backend: str) -> None:
    def scenario(process: Process) -> None:
        lab = Lab(process, 0.01)
        for level in range(1, 50):
            lab.gauge.level.update(float(level))
            process.backend.sleep(0.001)
        found = values(lab.inbox.until(lambda items: values(items)[-1:] == [49.0]))
        assert found == sorted(set(found))
        process.backend.sleep(0.05)  # a lull in which nothing came
        lab.gauge.level.update(50.0)
        lab.inbox.until(lambda items: values(items)[-1] == 50.0)

    play(backend, scenario)


def test_how_often_one_is_told() -> None:
    """At the ends of periods of the clock, so that all devices are told of together."""

    def scenario(process: Process) -> None:
        lab, told = Lab(process, 0.1), list[float]()
        put = lab.inbox.put

        def timed(item: Any) -> None:
            told.append(process.backend.clock.monotonic())
            put(item)

        lab.inbox.put = timed  # type: ignore[method-assign]  # also notes the time
        began = process.backend.clock.monotonic()
        for level in range(1000):
            lab.gauge.level.update(float(level))
            process.backend.sleep(0.001)
        lasted = process.backend.clock.monotonic() - began
        assert 9 <= len(told) <= lasted / 0.1 + 2
        assert all(abs(time / 0.1 - round(time / 0.1)) < 0.05 for time in told[1:]), told

    play("simulated", scenario)


@backends
@pytest.mark.parametrize(("method", "expected"), [("watched", 3.0), ("awaited", 3.0), ("reported", "level")])
def test_calls_of_the_device_are_woken_at_once(backend: str, method: str, expected: Any) -> None:
    def scenario(process: Process) -> None:
        lab = Lab(process)
        lab.gauge.level.update(2.0)  # waits, and so does what is changed now
        call = lab.client.call("G", method)
        while lab.gauge.status.value != "waits":
            process.backend.sleep(0.01)
        process.backend.sleep(0.05)
        assert lab.update(3.0) == 1
        assert call.result() == expected

    play(backend, scenario)


@backends
def test_calls_of_the_parent_are_woken_at_once(backend: str) -> None:
    def scenario(process: Process) -> None:
        lab = Lab(process)
        lab.gauge.level.update(2.0)
        call = lab.client.call("P", "reported")
        parent: Any = process.devices["P"]
        while parent.status.value != "waits":
            process.backend.sleep(0.01)
        process.backend.sleep(0.05)
        assert lab.update(3.0) == 1
        assert call.result() == "gauge.level"

    play(backend, scenario)


@backends
def test_what_a_child_changed_comes_before_the_reply_of_a_parent_who_saw_it(backend: str) -> None:
    """Rule 5."""

    def scenario(process: Process) -> None:
        lab = Lab(process)
        lab.gauge.level.update(7.0)
        replied, heard = process.backend.flag(), list[Any]()

        def done(outcome: Any) -> None:
            heard.extend((outcome.value, values(lab.inbox.items)))
            replied.set()

        process.request_call("P", "level", {}, done)
        assert replied.wait(20.0)
        assert heard == [7.0, [1.0, 7.0]]

    play(backend, scenario)


@backends
def test_one_who_is_told_at_once_decides_for_all(backend: str) -> None:
    def scenario(process: Process) -> None:
        lab = Lab(process)
        lab.gauge.level.update(2.0)
        eager, listener = lab.listens("G", 0.0)
        lab.inbox.until(lambda items: values(items) == [1.0, 2.0])
        assert values(eager.items) == [], "it was in its first value"
        for level in (3.0, 4.0):
            lab.gauge.level.update(level)
            for inbox in (lab.inbox, eager):
                inbox.until(lambda items: values(items)[-1:] == [lab.gauge.level.value])
        process.unlisten(listener)
        lab.gauge.level.update(5.0)
        lab.inbox.until(lambda items: values(items)[-1] == 5.0)
        lab.gauge.level.update(6.0)
        process.backend.sleep(0.05)
        assert values(lab.inbox.items)[-1] == 5.0, "it is alone again, and has borne with less"

    play(backend, scenario)


@backends
def test_each_change_means_each(backend: str) -> None:
    def scenario(process: Process) -> None:
        lab = Lab(process)
        each, _ = lab.listens("G", LONG, every=True)
        for level in (2.0, 3.0, 4.0):
            lab.gauge.level.update(level)
        each.until(lambda items: values(items) == [2.0, 3.0, 4.0])

    play(backend, scenario)


@backends
@pytest.mark.parametrize("period", [0.0, 0.02])
def test_a_shorter_period_lets_go_what_waits(backend: str, period: float) -> None:
    def scenario(process: Process) -> None:
        lab = Lab(process)
        lab.gauge.level.update(2.0)
        process.pace(lab.listener, period)
        lab.inbox.until(lambda items: values(items) == [1.0, 2.0])
        lab.gauge.level.update(3.0)
        lab.inbox.until(lambda items: values(items) == [1.0, 2.0, 3.0])

    play(backend, scenario)


@backends
def test_the_last_changes_come_before_the_removal(backend: str) -> None:
    def scenario(process: Process) -> None:
        lab = Lab(process)
        lab.gauge.level.update(2.0)
        process.remove("P")
        process.remove("G")
        items = lab.inbox.until(lambda items: items[-1][0].name == "Removed")
        assert values(items) == [1.0, 2.0]

    play(backend, scenario)


@backends
def test_a_first_value_has_what_waits_and_nothing_older_follows(backend: str) -> None:
    def scenario(process: Process) -> None:
        lab = Lab(process)
        lab.gauge.level.update(2.0)
        second, _ = lab.listens("G", LONG)
        assert second.items[0][2].level.value == 2.0
        lab.inbox.until(lambda items: values(items) == [1.0, 2.0])
        lab.gauge.level.update(3.0)
        lab.reply()
        assert values(second.items) == [3.0]
        assert all(item[3] > second.items[0][3] for item in second.items[1:])

    play(backend, scenario)
