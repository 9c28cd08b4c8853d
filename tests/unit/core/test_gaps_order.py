"""Order, sentence by sentence (rule 5)."""

from __future__ import annotations

from typing import Any

import pytest

from macduff import Process
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.test_gaps_support import Kept, Meter, ended, readings

backends = pytest.mark.parametrize("backend", BACKENDS)


@backends
def test_the_first_decision_wins(backend: str) -> None:
    """Rule 5: what was decided before the end of a call was read is its reply, although the call returned a value."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        client = Client(process)
        decisions: list[tuple[str, dict[str, int]]] = [("abort", {}), ("give", {"value": 2})]
        for decision, arguments in decisions:
            with Kept(process):
                first = client.call("M", "give", value=1)
                again = Kept(process)  # comes right behind the acceptance of the call
            with again:
                ended(meter, process)
                assert not first.outcomes
                by = client.call("M", decision, **arguments)
            by.result()
            assert first.kind() in ("Aborted", "Superseded")

    play(backend, scenario, seeds=range(20))


@backends
def test_an_abort_overtakes_changes(backend: str) -> None:
    """Rule 5: abort travels in the control lane, which is drained first."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        inbox = Inbox(process)
        process.listen(inbox, "M", every=True, initial_value=True)
        inbox.until(lambda items: len(items) == 1)
        with Kept(process):
            meter.a.update(1)
            before = meter.a.reading.sequence
            call = Client(process).call("M", "abort")
        assert call.kind() == "ok"
        states = readings(inbox, "state")
        assert [reading.value.value for reading in states] == ["Aborting", "Idle"]
        assert states[0].sequence > before
        sequences = [item[3] for item in inbox.items]
        assert sequences == sorted(sequences)

    play(backend, scenario, seeds=range(8))


@backends
def test_a_late_listener_gets_nothing_older(backend: str) -> None:
    """Rule 5: what waits in the lane went to the others; the new one has it in its first value."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        old, new = Inbox(process), Inbox(process)
        process.listen(old, "M", initial_value=True)
        old.until(lambda items: len(items) == 1)
        with Kept(process):
            meter.update(a=1, b=1)
            process.listen(new, "M", initial_value=True)
            meter.update(a=2, b=2)
        meter.a.update(3)
        for inbox in (old, new):
            inbox.until(lambda items: bool(items) and items[-1][3] == meter.a.reading.sequence)
        (_, _, _, first) = new.items[0]
        assert new.items[0][0].name == "Value"
        assert all(reading.sequence > first for name in "ab" for reading in readings(new, name))
        assert readings(old, "a")[-1].value == 3

    play(backend, scenario, seeds=range(20))


@backends
def test_a_reply_is_behind_the_changes_it_made(backend: str) -> None:
    """Rule 5: of a method, and of a put that is nothing but a value, while the Process is behind."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        inbox = Inbox(process)
        process.listen(inbox, "M", initial_value=True)
        inbox.until(lambda items: len(items) == 1)
        seen: list[tuple[str, int]] = []
        flag = process.backend.flag()

        def done(outcome: Any) -> None:
            seen.append((str(outcome.value), len(inbox.items)))
            if len(seen) == 2:
                flag.set()

        with Kept(process):
            process.request_call("M", "count", {"to": 7}, done)
            process.request_put("M", {"wish": 3}, done)
        assert flag.wait(20)
        (put, call) = sorted(seen, key=lambda entry: entry[0] != "None")
        assert any("wish" in item[2] for item in inbox.items[1 : put[1]])
        assert any("a" in item[2] and item[2]["a"].value == 7 for item in inbox.items[1 : call[1]])
        assert [r.value.value for r in readings(inbox, "state")] == ["Running", "Idle"]

    play(backend, scenario, seeds=range(8))
