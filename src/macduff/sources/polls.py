"""Which query is due when: a monotonic schedule that never builds a backlog. No clock, no thread, no I/O."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from ..errors import MacduffError
from ..limits import DEFAULTS, Limits

__all__ = ["Poll", "Polls"]


class Poll:
    """A query that is asked when the connection comes up, after its command, and every `period` seconds if given.

    answered(reply) and failed(error) are called by the wire's thread; answered may raise BadValue.
    """

    def __init__(
        self,
        query: str,
        period: float | None,
        timeout: float | None,
        answered: Callable[[str], None],
        failed: Callable[[MacduffError], None],
        lost: Callable[[str], None],
    ) -> None:
        self.query = query
        self.period = period
        self.timeout = timeout
        self.answered = answered
        self.failed = failed
        self.lost = lost
        self.due = math.inf
        self.failures = 0

    def done(self, now: float) -> None:
        """It was answered at `now`: the next time on its own raster, those that were missed left out."""
        self.failures = 0
        if self.period is None:
            self.due = math.inf
            return
        if self.due is math.inf:
            self.due = now
        missed = math.floor((now - self.due) / self.period)
        self.due += max(1, missed + 1) * self.period

    def fault(self, now: float, limits: Limits = DEFAULTS) -> None:
        """It was not answered, or with nonsense: again later and later, so that it does not hold up the others."""
        self.failures += 1
        pause = max(self.period or 0.0, limits.wire_retry_first) * 2.0 ** min(self.failures - 1, 10)
        self.due = now + min(pause, limits.wire_retry_most)


class Polls:
    """All queries of one wire. Used under the wire's lock or by its thread alone."""

    def __init__(self) -> None:
        self._polls: dict[Poll, None] = {}  # in the order of their declaration

    def __len__(self) -> int:
        return len(self._polls)

    def __iter__(self) -> Iterator[Poll]:
        return iter(tuple(self._polls))

    def add(self, poll: Poll, now: float) -> None:
        self._polls[poll] = None
        poll.due = now

    def remove(self, poll: Poll) -> None:
        self._polls.pop(poll, None)

    def __contains__(self, poll: Poll) -> bool:
        return poll in self._polls

    def connected(self, now: float) -> None:
        """Everything is asked anew, except what failed and waits for its turn."""
        for poll in self._polls:
            if not poll.failures:
                poll.due = now

    def recovered(self, now: float) -> None:
        """The instrument answers again: what failed while it did not is asked at once."""
        for poll in self._polls:
            if poll.failures:
                poll.failures = 0
                poll.due = now

    def next_due(self) -> float:
        """When the next one is due; infinity when none is."""
        return min((poll.due for poll in self._polls), default=math.inf)

    def take(self, now: float) -> Poll | None:
        """The one that has been due for longest, if any is."""
        first = min(self._polls, key=lambda poll: poll.due, default=None)
        return first if first is not None and first.due <= now else None
