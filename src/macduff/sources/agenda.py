"""What is to be done on a wire: exchanges in the order in which they were asked for, and queries that are due."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from ..errors import MacduffError, TooMany, Unreachable
from ..limits import DEFAULTS, Limits
from .polls import Poll, Polls

__all__ = ["Agenda", "Job", "Step"]

Step = tuple[str, bool]
"""A line to send, and whether a reply is read for it."""


class Job:
    """One or several lines that are sent together, nothing of anybody else's in between.

    done(replies, error) is called exactly once, by the wire's thread or by whoever asked; it may raise BadValue for
    replies that make no sense.
    """

    __slots__ = ("done", "steps", "timeout")

    def __init__(
        self,
        steps: Sequence[Step],
        done: Callable[[list[str], MacduffError | None], None],
        timeout: float | None = None,
    ) -> None:
        self.steps = tuple(steps)
        self.done = done
        self.timeout = timeout


class Agenda:
    """Jobs go before polls, but after `turns` jobs in a row a poll that is due has its turn. Thread-safe.

    name: of the wire, for errors. limits: how many jobs may wait; one more is refused.
    """

    turns = 8

    def __init__(self, name: str, limits: Limits = DEFAULTS) -> None:
        self.limits = limits
        self._name = name
        self._lock = threading.Lock()
        self._jobs: deque[Job] = deque()
        self._polls = Polls()
        self._refusal: str | None = "it was not opened (a simulated device opens none)"
        self._in_a_row = 0

    # by anybody

    def submit(self, job: Job) -> bool:
        """Take a job; when there is no connection, or too many wait, it ends with an error at once. True: taken."""
        with self._lock:
            error = self._refuse()
            if error is None:
                self._jobs.append(job)
                return True
        job.done([], error)
        return False

    def _refuse(self) -> MacduffError | None:
        if self._refusal is not None:
            return Unreachable(f"{self._name}: expected a connection, got none: {self._refusal}")
        if len(self._jobs) >= self.limits.wire_jobs:
            return TooMany(f"{self._name}: expected at most {self.limits.wire_jobs} exchanges to wait, got one more")
        return None

    def add(self, poll: Poll, now: float) -> None:
        """One more query, due at once."""
        with self._lock:
            self._polls.add(poll, now)

    def remove(self, poll: Poll) -> None:
        """It is asked no more."""
        with self._lock:
            self._polls.remove(poll)

    # by the wire

    def take(self, now: float) -> Job | Poll | None:
        """What to do now."""
        with self._lock:
            due = self._polls.take(now)
            if self._jobs and (due is None or self._in_a_row < self.turns):
                self._in_a_row += 1
                return self._jobs.popleft()
            self._in_a_row = 0
            return due

    def next_due(self) -> float:
        """When the next query is due, if no job comes first."""
        with self._lock:
            return self._polls.next_due()

    def answered(self, poll: Poll, now: float) -> None:
        with self._lock:
            poll.done(now)

    def failed(self, poll: Poll, now: float) -> None:
        with self._lock:
            poll.fault(now, self.limits)

    def recovered(self, now: float) -> None:
        with self._lock:
            self._polls.recovered(now)

    def accept(self) -> None:
        """Jobs may come: there is a connection, or the first attempt at one is being made."""
        with self._lock:
            self._refusal = None

    def connected(self, now: float) -> None:
        """A connection is up; every query is asked."""
        with self._lock:
            self._refusal = None
            self._polls.connected(now)

    def refuse(self, reason: str) -> None:
        """No connection: what waits ends with an error, what comes is refused."""
        with self._lock:
            self._refusal = reason
            jobs, self._jobs = list(self._jobs), deque()
        for job in jobs:
            job.done([], Unreachable(f"{self._name}: expected a connection, got none: {reason}"))

    def lost(self, reason: str) -> None:
        """Tell all queries that their values are not to be trusted."""
        with self._lock:
            polls = list(self._polls)
        for poll in polls:
            poll.lost(reason)
