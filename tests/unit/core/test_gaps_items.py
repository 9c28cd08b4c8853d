"""What listeners and watchers are told, and in which order, sentence by sentence (rules 4 to 6)."""

from __future__ import annotations

import pytest

from macduff import Attribute, Device, Overrun, Process, VInt, publish_method
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
            meter.wish.update(9)
        inbox.until(lambda items: bool(readings(inbox, "wish")))
        sequences = [item[3] for item in inbox.items]
        assert sequences == sorted(sequences)
        assert len(sequences) > 3
        if not every:
            assert len(set(sequences)) == len(sequences)

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
