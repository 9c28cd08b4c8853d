"""One thread with an asyncio loop for all sources of a kind: it is there as long as somebody uses it."""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

__all__ = ["Running", "Shared"]

LOG = logging.getLogger("macduff.sources")
R = TypeVar("R")
END = 3.0
"""Seconds that the thread has for its end when the program exits."""


class Shared(Generic[R]):
    """Makes the thread when it is first wanted.

    open() makes what all of them share, such as a client's context, in the thread of whoever is first; close(it) is
    the last thing that is run on the loop.
    """

    def __init__(self, name: str, open: Callable[[], R], close: Callable[[R], Coroutine[Any, Any, None]]) -> None:
        self.name = name
        self._open = open
        self._close = close
        self._lock = threading.Lock()
        self._current: Running[R] | None = None
        self._last: Running[R] | None = None

    def acquire(self) -> Running[R]:
        """The running one, else a new one; to be given back with `release`. Raises what `open` does."""
        with self._lock:
            if self._current is None:
                if self._last is None:
                    atexit.register(self._exit)
                self._current = self._last = Running(self, self._open())
                self._current.thread.start()
            self._current._users += 1
            return self._current

    def join(self, timeout: float) -> None:
        """Wait until the thread that was given back has ended."""
        last = self._last
        if last is not None and last is not self._current:
            last.thread.join(timeout)

    def _released(self, running: Running[R]) -> None:
        with self._lock:
            running._users -= 1
            if running._users:
                return
            if self._current is running:
                self._current = None
        running._stop()

    def _exit(self) -> None:
        """The program ends, whether or not what uses the thread was closed."""
        last = self._last
        if last is not None and last.thread.is_alive():
            last._stop()
            last.thread.join(END)


class Running(Generic[R]):
    """The thread. `call` and `release` from any thread, the rest on the loop."""

    def __init__(self, owner: Shared[R], resource: R) -> None:
        self.resource = resource
        self.loop = asyncio.new_event_loop()
        self._owner = owner
        self._users = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self.thread = threading.Thread(target=self._run, name=owner.name, daemon=True)

    def call(self, function: Callable[..., object], *args: Any) -> None:
        """Have a function called on the loop; RuntimeError when that has ended."""
        self.loop.call_soon_threadsafe(function, *args)

    def release(self) -> None:
        """Given back by everybody, it ends. Never waits."""
        self._owner._released(self)

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine until it ends or the thread does."""
        task = self.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
            self.loop.run_until_complete(self._finish())
        finally:
            asyncio.set_event_loop(None)
            self.loop.close()

    async def _finish(self) -> None:
        await asyncio.sleep(0)  # what was asked for in the last moment
        await self._end_tasks()
        try:
            await self._owner._close(self.resource)
        except Exception:
            LOG.exception("%s: at its end", self._owner.name)
        await self._end_tasks()

    async def _end_tasks(self) -> None:
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.wait(others)
            await asyncio.sleep(0)  # what is called at their ends
