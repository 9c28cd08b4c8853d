"""The schedule of queries, the lines, the agenda: no clock, no I/O."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.errors import MacduffError, TooMany, Unreachable
from macduff.limits import Limits
from macduff.sources.agenda import Agenda, Job
from macduff.sources.framing import Lines
from macduff.sources.polls import Poll, Polls


def a_poll(query: str = "X?", period: float | None = 1.0, lost: list[str] | None = None) -> Poll:
    return Poll(query, period, None, lambda reply: None, lambda error: None, (lost if lost is not None else []).append)


def test_a_poll_without_a_period_is_asked_once() -> None:
    polls, poll = Polls(), a_poll(period=None)
    polls.add(poll, 10.0)
    assert polls.take(10.0) is poll
    poll.done(10.1)
    assert polls.take(1e9) is None
    assert polls.next_due() == math.inf
    polls.connected(20.0)
    assert polls.take(20.0) is poll


@given(st.lists(st.floats(0.0, 20.0), min_size=1, max_size=50))
def test_a_slow_instrument_builds_no_backlog(delays: list[float]) -> None:
    """After however slow an answer the next time is in the future, on the raster, and at most a period away."""
    poll, now = a_poll(period=0.5), 100.0
    poll.due = now
    for delay in delays:
        now = max(now, poll.due) + delay
        poll.done(now)
        assert now < poll.due <= now + 0.5 + 1e-6
        assert math.isclose((poll.due - 100.0) / 0.5, round((poll.due - 100.0) / 0.5), abs_tol=1e-6)


def test_the_one_due_for_longest_comes_first() -> None:
    polls, fast, slow = Polls(), a_poll("FAST?", 0.1), a_poll("SLOW?", 1.0)
    polls.add(fast, 0.2)
    polls.add(slow, 0.1)
    assert polls.take(0.05) is None
    assert polls.take(0.3) is slow
    slow.done(0.3)
    assert polls.take(0.3) is fast


def test_a_query_that_fails_is_asked_later_and_later() -> None:
    poll, pauses = a_poll(period=0.2), []
    for _ in range(8):
        poll.fault(0.0)
        pauses.append(poll.due)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_a_new_connection_asks_everything_but_what_failed() -> None:
    polls, good, bad = Polls(), a_poll("GOOD?", None), a_poll("BAD?", None)
    polls.add(good, 0.0)
    polls.add(bad, 0.0)
    good.done(1.0)
    bad.fault(1.0)
    polls.connected(1.5)
    assert (good.due, bad.due) == (1.5, 2.0)
    polls.recovered(1.6)
    assert (good.due, bad.due, bad.failures) == (1.5, 1.6, 0)


@given(st.lists(st.binary(max_size=8)), st.integers(1, 5))
def test_lines_are_the_same_however_they_are_split(lines: list[bytes], size: int) -> None:
    lines = [line.replace(b"\r", b"").replace(b"\n", b"") for line in lines]
    stream = b"".join(line + b"\r\n" for line in lines)
    reader, found = Lines(b"\r\n", 1000), []
    for start in range(0, len(stream), size):
        reader.feed(stream[start : start + size])
        while (line := reader.take()) is not None:
            found.append(line)
    assert found == lines
    assert reader.rest == b""


def test_a_line_that_never_ends_is_refused() -> None:
    reader = Lines(b"\n", 10)
    reader.feed(b"x" * 10)
    assert reader.take() is None
    reader.feed(b"x")
    with pytest.raises(ValueError, match="at most 10 bytes"):
        reader.take()


def a_job(ended: list[MacduffError | None]) -> Job:
    return Job([("X", False)], lambda replies, error: ended.append(error))


def test_jobs_go_first_but_a_due_poll_has_its_turn() -> None:
    agenda, poll = Agenda("wire"), a_poll()
    agenda.accept()
    agenda.add(poll, 0.0)
    jobs = [a_job([]) for _ in range(20)]
    for job in jobs:
        assert agenda.submit(job)
    taken = [agenda.take(1.0) for _ in range(9)]
    assert taken == [*jobs[:8], poll]
    assert agenda.take(1.0) is jobs[8]


def test_the_agenda_is_bounded_and_says_so() -> None:
    """Rule 6: every queue is bounded by a named policy, here: refuse."""
    agenda, ended = Agenda("10.0.0.1:5025", Limits(wire_jobs=2)), list[MacduffError | None]()
    agenda.accept()
    assert [agenda.submit(a_job(ended)) for _ in range(3)] == [True, True, False]
    assert isinstance(ended[0], TooMany) and len(ended) == 1


def test_what_waits_ends_when_the_connection_goes() -> None:
    agenda, ended, lost = Agenda("10.0.0.1:5025"), list[MacduffError | None](), list[str]()
    assert not agenda.submit(a_job(ended))
    agenda.accept()
    agenda.submit(a_job(ended))
    agenda.add(a_poll(lost=lost), 0.0)
    agenda.refuse("Connection refused")
    assert not agenda.submit(a_job(ended))
    agenda.lost("10.0.0.1:5025: Connection refused")
    assert [type(error) for error in ended] == [Unreachable] * 3
    assert "Connection refused" in str(ended[1]) and "10.0.0.1:5025" in str(ended[2])
    assert lost == ["10.0.0.1:5025: Connection refused"]
    agenda.connected(5.0)
    assert agenda.submit(a_job(ended)) and agenda.take(5.0) is not None
