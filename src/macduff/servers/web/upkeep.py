"""What the hub needs besides frames: a thread that encodes large arrays, and to be told the time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from macduff.protocol.large import Job
from macduff.protocol.server import Hub

__all__ = ["Upkeep"]

LOG = logging.getLogger("macduff.web")
T = TypeVar("T")


def _finish(job: Job, _: None) -> None:
    job.finish()


class Upkeep:
    """Runs the hub's jobs and wakes it when it wants to be. `flush` sends what has become ready."""

    def __init__(self, hub: Hub, flush: Callable[[], None]) -> None:
        self._hub = hub
        self._flush = flush
        self._loop = asyncio.get_running_loop()
        # One: they hold the interpreter's lock most of the time, two would be no faster.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="macduff web encoder")
        self._timer: asyncio.Handle | None = None
        self._when: float | None = None  # a handle of uvloop knows no time when that has come already
        self._closed = False

    def begin(self) -> None:
        """Begin what the hub has got to do; after everything that may have given it something."""
        for job in self._hub.jobs():
            self.later(job.run, partial(_finish, job))

    def time(self) -> None:
        """Tell the hub the time, and note when it wants to be told again; before and after what it is delivered."""
        when = self._hub.advance(self._loop.time())
        if when == self._when:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._when = when
        self._timer = None if when is None else self._loop.call_at(when, self._ring)

    def _ring(self) -> None:
        self._timer = self._when = None
        self.time()
        self._flush()

    def later(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        """Do something that takes long in the encoder's thread, and what depends on it on the loop."""

        def done(future: asyncio.Future[T]) -> None:
            if self._closed or future.cancelled():
                return
            try:
                then(future.result())
            except Exception:
                LOG.exception("the web server goes on without something that could not be encoded")
            self.time()
            self._flush()

        self._loop.run_in_executor(self._pool, work).add_done_callback(done)

    async def aside(self, work: Callable[[], T]) -> T:
        """The result of something that takes long."""
        return await self._loop.run_in_executor(self._pool, work)

    def close(self) -> None:
        """Wait for what runs, forget the rest."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
