"""What listeners and watchers are told, and in which order, sentence by sentence (rules 4 to 6)."""

from __future__ import annotations

import pytest

from macduff import Attribute, Device, Overrun, Process, VArray, VDouble, VInt, publish_method
from macduff.limits import Limits
from tests.support.play import BACKENDS, Inbox, play
from tests.unit.core.test_gaps_support import Kept, Meter, readings

backends = pytest.mark.parametrize("backend", BACKENDS)


@backends
@pytest.mark.parametrize("every", [False, True])
def test_sequences_of_items_do_not_go_back(backend: str, every: bool) -> None:
    """Rule 5: an item has the sequence of its last change, set points and the like included."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        inbox = Inbox(process)
        process.listen(inbox, "M", initial_value=True, every=every)
        inbox.until(lambda items: len(items) == 1)
        with Kept(process):
            meter.wish.ask(3)
            with meter._mutex:
                meter._segment = None  # what a watch, or the end of a call, does
            for value in range(5):
                meter.a.update(value)
            with meter._mutex:
                meter._segment = None
            meter.wish.ask(4)
            meter.b.update(1)
            meter.wish.ask(5)
            meter.wish.update(9)
        inbox.until(lambda items: bool(readings(inbox, "wish")))
        sequences = [item[3] for item in inbox.items]
        assert sequences == sorted(set(sequences))
        assert len(sequences) > 3

    play(backend, scenario, seeds=range(3))


class Hasty(Device):
    """Changes faster than its watcher looks, which takes the newest and goes on from there."""

    a = Attribute(VInt(), 0)
    b = Attribute(VInt(), 0)

    @publish_method
    def go(self, before: int, after: int) -> list[int]:
        """What a watcher is told after `latest`: -N for an Overrun of N."""
        with self.watch(self.a) as watch:
            with Kept(self._process_needed()):
                for value in range(1, before + 1):
                    self.a.update(value)
                assert watch.latest() == before
                for value in range(20):
                    self.b.update(value)
                for value in range(before + 1, before + after + 1):
                    self.a.update(value)
            told: list[int] = []
            while before + after not in told:
                try:
                    told.append(watch.next(timeout=5))
                except Overrun as error:
                    told.append(-int(str(error).split(" changes")[0].rpartition(" ")[2]))
            return told


@backends
@pytest.mark.parametrize(("before", "after", "lost"), [(25, 1, 0), (25, 10, 0), (25, 12, 2), (5, 10, 0), (5, 11, 1)])
def test_a_watcher_that_took_the_latest_lost_what_came_after_only(
    backend: str, before: int, after: int, lost: int
) -> None:
    """Rules 6, 10: what came before `latest` counts as seen, also what was lost of it; each later loss is told."""

    def scenario(process: Process) -> None:
        process.add(Hasty("H"))
        news = list(range(before + 1 + lost, before + after + 1))
        assert list(process.view("H").go(before, after)) == ([-lost, *news] if lost else news)

    play(backend, scenario, seeds=range(3), limits=Limits(every_changes=10))


def told_all(ends: Inbox, number: int) -> None:
    """Wait until the change of `end` to the number was told, and so everything before it."""
    ends.until(lambda _: [reading.value for reading in readings(ends, "end")][-1:] == [number])


class Scope(Device):
    """A number and an array."""

    level = Attribute(VDouble(), 0.0)
    trace = Attribute(VArray(VDouble()))
    end = Attribute(VInt(), 0)


@backends
def test_latest_on_a_value_sees_nothing_of_an_equal_one(backend: str) -> None:
    """Rule 4: and each that differs; NaN equals NaN; what was told first is what it is compared with."""

    def scenario(process: Process) -> None:
        scope = Scope("S")
        process.add(scope)
        inbox, ends = Inbox(process), Inbox(process)
        process.listen(inbox, "S", "level.value", initial_value=True)
        process.listen(ends, "S", "end", initial_value=True)
        ends.until(lambda items: bool(items))
        (first,) = inbox.until(lambda items: bool(items))
        for number, value in enumerate([0.0, 1.0, 1.0, float("nan"), float("nan"), 0.0, 0.0]):
            scope.update(level=value, end=number)
            told_all(ends, number)
        assert first[2].reading.value == 0.0  # not what came since
        told = [str(reading.value) for reading in readings(inbox, "level")]
        assert told == ["1.0", "nan", "0.0"]

    play(backend, scenario, seeds=range(5))


@backends
@pytest.mark.parametrize(("size", "told"), [(10, 1), (10**5, 4)])
def test_arrays_are_compared_unless_they_are_large(backend: str, size: int, told: int) -> None:
    """Rule 4: to compare large ones would cost the Process more than they are worth."""

    def scenario(process: Process) -> None:
        scope = Scope("S")
        process.add(scope)
        inbox, ends = Inbox(process), Inbox(process)
        process.listen(inbox, "S", "trace.value", initial_value=True)
        process.listen(ends, "S", "end", initial_value=True)
        ends.until(lambda items: bool(items))
        for number in range(4):
            scope.update(trace=[0.5] * size, end=number)
            told_all(ends, number)
        assert len(readings(inbox, "trace")) == told

    play(backend, scenario, seeds=range(2))
