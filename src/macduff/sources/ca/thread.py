"""The one thread of all Channel Access: an asyncio loop that lives as long as there are PVs."""

from __future__ import annotations

import asyncio
import atexit
import functools
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import Any

from . import library

__all__ = ["CaThread"]

SWEEP = 5.0
"""Seconds between looks at what aioca gives up without telling."""


END = 3.0
"""Seconds that the thread has for its end when the program exits."""


@functools.cache
def _wait_at_exit() -> None:
    """Once: at the program's exit the thread ends before libca does, whether or not its PVs were closed."""
    atexit.register(_end)


def _end() -> None:
    current, last = CaThread._current, CaThread._last
    if last is None or not last.is_alive():
        return
    if current is not None:
        current.loop.call_soon_threadsafe(current.loop.stop)
    last.join(END)


class CaThread:
    """Runs coroutines on the loop of Channel Access. Get it with `acquire`, give it back with `release`."""

    _lock = threading.Lock()
    _current: CaThread | None = None
    _last: threading.Thread | None = None

    def __init__(self, before: threading.Thread | None) -> None:
        self.aioca: ModuleType = library.load()
        _wait_at_exit()
        self.loop = asyncio.new_event_loop()
        self._before = before
        self._users = 0
        self._pvs: Counter[str] = Counter()
        self.completing: Counter[str] = Counter()
        """Puts that wait for the end of the record's processing, by PV."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweepers: dict[Callable[[], None], None] = {}
        self.thread = threading.Thread(target=self._run, name="macduff ca", daemon=True)

    @classmethod
    def acquire(cls) -> CaThread:
        """The running one, else a new one. Never waits, except for the first import of aioca."""
        with cls._lock:
            if cls._current is None:
                new = cls(cls._last)
                cls._current, cls._last = new, new.thread
                new.thread.start()
            cls._current._users += 1
            return cls._current

    def release(self) -> None:
        """Given back by everybody, it ends and libca with it. Never waits."""
        with CaThread._lock:
            self._users -= 1
            if self._users:
                return
            if CaThread._current is self:
                CaThread._current = None
        self.loop.call_soon_threadsafe(self.loop.stop)

    def call(self, function: Callable[..., object], *args: Any) -> None:
        """Have a function called on the loop; any thread, while the thread is acquired."""
        self.loop.call_soon_threadsafe(function, *args)

    # on the loop

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine until it ends or the thread does."""
        task = self.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def hold(self, pv: str, sweep: Callable[[], None]) -> None:
        """Somebody uses the channel of a PV; `sweep` is called every few seconds."""
        library.begin()
        self._pvs[pv] += 1
        self._sweepers[sweep] = None

    def drop(self, pv: str, sweep: Callable[[], None]) -> None:
        """Used no more; the last user's channel is closed."""
        self._sweepers.pop(sweep, None)
        self._pvs[pv] -= 1
        if self._pvs[pv] <= 0:
            del self._pvs[pv]
            library.close_channel(self.loop, pv)

    def _sweep(self) -> None:
        for sweep in tuple(self._sweepers):
            sweep()
        self.loop.call_later(SWEEP, self._sweep)

    def _run(self) -> None:
        if self._before is not None:
            self._before.join()  # libca has one context; the thread before may be closing it
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.call_soon(self._sweep)
            self.loop.run_forever()
            self.loop.run_until_complete(self._finish())
        finally:
            asyncio.set_event_loop(None)
            self.loop.close()

    async def _finish(self) -> None:
        await asyncio.sleep(0)  # what was asked for in the last moment
        await self._end_tasks()
        library.release(self.loop)
        await self._end_tasks()  # aioca's own

    async def _end_tasks(self) -> None:
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.wait(others)
            await asyncio.sleep(0)  # what is called at their ends
