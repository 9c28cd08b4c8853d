"""What listeners and watchers are told, and in which order, sentence by sentence (rules 4 to 6)."""

from __future__ import annotations

import pytest

from macduff import Process
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
