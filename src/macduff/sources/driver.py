"""The thread of one wire: connects, does what is on the agenda, and heals."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable

from ..errors import BadValue, MacduffError, TimedOut, Unreachable
from .agenda import Agenda, Job
from .polls import Poll
from .talk import Conversation, OutOfStep, Silence
from .waker import Ended, Waker

__all__ = ["Driver"]

LOG = logging.getLogger("macduff.sources")
PROVEN = 10.0
"""A connection that held for so many seconds was a good one, whatever ended it."""


class Driver:
    """Speaks with one instrument until it is stopped; one exchange strictly after another.

    After a time-out or nonsense the connection is given up and made anew, so that a late reply dies with it. The first
    time that is done at once; when it happens again and no reply came in between, the instrument counts as away: the
    values of its queries are INVALID, jobs are refused, and the pauses between attempts grow.
    """

    def __init__(self, name: str, agenda: Agenda, begin: Callable[[Waker, int], Conversation]) -> None:
        """begin: a new conversation, given the waker and the longest line in bytes; OSError when there is none."""
        self._name = name
        self._agenda = agenda
        self._begin = begin
        self._waker = Waker()
        self._talk: Conversation | None = None
        self._failures = 0
        self._there: bool | None = None
        self.thread = threading.Thread(target=self._run, name=f"macduff wire {name}", daemon=True)
        self.wake = self._waker.wake
        self.stop = self._waker.stop

    def _run(self) -> None:
        try:
            while True:
                try:
                    self._serve()
                except (Silence, OutOfStep) as error:
                    self._failed(str(error), gone=False)
                except OSError as error:
                    self._failed(_reason(error), gone=True)
                except Ended:
                    raise
                except Exception as error:  # a fault of ours must not end the thread unseen
                    LOG.exception("%s: the wire goes on after an error", self._name)
                    self._failed(f"{type(error).__name__}: {error}", gone=True)
        except Ended:
            pass
        finally:
            self._hang_up()
            self._waker.close()

    def _serve(self) -> None:
        """Connect and do what is to be done; ends only by raising."""
        if self._failures == 0:
            self._agenda.accept()
        talk = self._open()
        while True:
            talk.check_in_step()
            self._waker.check()
            task = self._agenda.take(time.monotonic())
            if task is None:
                talk.wait(min(self._agenda.next_due(), self._proven(talk)))
            elif isinstance(task, Poll):
                self._poll(talk, task)
            else:
                self._job(talk, task)

    def _open(self) -> Conversation:
        self._waker.check()
        try:
            self._talk = talk = self._begin(self._waker, self._agenda.limits.wire_line)
        except OSError as error:
            self._agenda.refuse(_reason(error))
            raise
        talk.settle()
        self._agenda.connected(time.monotonic())
        if self._there is None:
            self._is_there()
        return talk

    def _is_there(self) -> None:
        """It answers: logged once, not at each connection to an instrument that hangs."""
        if self._there is not True:
            self._there = True
            LOG.info("%s: connected", self._name)

    def _is_lost(self, reason: str) -> None:
        """It does not: logged once, until it answers again."""
        LOG.log(logging.DEBUG if self._there is False else logging.WARNING, "%s: lost: %s", self._name, reason)
        self._there = False

    def _proven(self, talk: Conversation) -> float:
        """When a connection, after a lost one, counts as a good one although no reply came on it."""
        if self._there:
            return math.inf
        if time.monotonic() >= talk.since + PROVEN:
            self._is_there()
            return math.inf
        return talk.since + PROVEN

    def _failed(self, reason: str, gone: bool) -> None:
        """Give the connection up. gone: it broke, so that no value can be trusted now."""
        talk = self._talk
        if talk is not None and time.monotonic() - talk.since > PROVEN:
            self._failures = 0
        self._failures += 1
        self._hang_up()
        self._is_lost(reason)
        if gone or self._failures > 1:
            self._agenda.lost(f"{self._name}: {reason}")
        if self._failures > 1:
            self._agenda.refuse(reason)
        if self._failures > 1 or talk is None:
            limits = self._agenda.limits
            pause = limits.wire_reconnect_first * 2.0 ** min(max(self._failures - 2, 0), 10)
            self._waker.pause(min(pause, limits.wire_reconnect_most))

    def _hang_up(self) -> None:
        if self._talk is not None:
            self._talk.close()
            self._talk = None

    def _good(self) -> None:
        """A reply came: the instrument is there."""
        if self._failures > 1:
            self._agenda.recovered(time.monotonic())
        self._failures = 0
        self._is_there()

    def _poll(self, talk: Conversation, poll: Poll) -> None:
        try:
            poll.answered(talk.ask(poll.query, poll.timeout))
        except (Silence, OutOfStep) as error:
            self._agenda.failed(poll, time.monotonic())
            poll.failed(_as_error(error, self._name, poll.query))
            raise
        except BadValue as error:
            self._agenda.failed(poll, time.monotonic())
            poll.failed(error)
            raise OutOfStep(str(error)) from None
        self._agenda.answered(poll, time.monotonic())
        self._good()

    def _job(self, talk: Conversation, job: Job) -> None:
        replies: list[str] = []
        text = ""
        try:
            for text, replied in job.steps:
                if replied:
                    replies.append(talk.ask(text, job.timeout))
                else:
                    talk.send(text, job.timeout)
        except (Silence, OutOfStep, Ended, OSError) as error:
            job.done(replies, _as_error(error, self._name, text))
            raise
        if replies:
            self._good()
        try:
            job.done(replies, None)
        except BadValue as error:
            raise OutOfStep(str(error)) from None


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__


def _as_error(error: Exception, where: str, text: str) -> MacduffError:
    """The error of an exchange; the sentences of Silence and OutOfStep name its line themselves."""
    if isinstance(error, Silence):
        return TimedOut(f"{where}: {error}")
    if isinstance(error, OutOfStep):
        return BadValue(f"{where}: {error}")
    reason = _reason(error) if isinstance(error, OSError) else str(error)
    return Unreachable(f"{where}: expected a connection for {text[:40]!r}, got none: {reason}")
