"""The threads of a synchronous client: one runs the asyncio loop, one runs the user's callbacks."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import queue
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["CallbackThread", "LoopThread"]

T = TypeVar("T")
_log = logging.getLogger("macduff.client")
_GRACE = 1.0


class LoopThread:
    """An asyncio loop in a thread of its own, until `finish`. What it has accepted, it runs; then it refuses."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._lock = threading.Lock()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            with self._lock:
                self._ended = True
            self._loop.run_until_complete(_drained())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def soon(self, function: Callable[..., object], *args: object) -> None:
        """Run function(*args) on the loop, later; RuntimeError once it has ended."""
        with self._lock:
            if self._ended:
                raise RuntimeError("the loop has ended")
            self._loop.call_soon_threadsafe(function, *args)

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Run the coroutine on the loop; RuntimeError once it has ended. For any thread but the loop's own."""
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise RuntimeError("a blocking call in the client's own loop thread would wait for itself for ever")
        with self._lock:
            if not self._ended:
                return asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        coroutine.close()
        raise RuntimeError("the loop has ended")

    def finish(self, last: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Run `last()` on the loop, then end the loop and its thread; called once."""

        async def end() -> None:
            try:
                await last()
            except Exception:
                _log.exception("at the end of the client")
            finally:
                self._loop.stop()

        asyncio.run_coroutine_threadsafe(end(), self._loop)
        if threading.current_thread() is not self._thread:
            self._thread.join()


async def _drained() -> None:
    """Whatever was asked for before the end has its turn; nobody waits for ever for what never ran."""
    await asyncio.sleep(0)
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=_GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


class CallbackThread:
    """Runs the user's callbacks one after the other, so that they may block and may make blocking calls themselves.

    The thread starts with the first callback. A callback that raises is logged and stays subscribed.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._work: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def soon(self, function: Callable[[], object]) -> None:
        """Run the function on the callback thread, after those before it; dropped once stopped."""
        with self._lock:
            if self._stopped:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
        self._work.put(function)

    def _run(self) -> None:
        while (function := self._work.get()) is not None:
            try:
                function()
            except Exception:
                _log.exception("a callback of the client raised")

    def stop(self, timeout: float | None = None) -> bool:
        """End after the callbacks that wait now; False if they did not end within the timeout."""
        with self._lock:
            self._stopped = True
            thread = self._thread
        if thread is None:
            return True
        self._work.put(None)
        if thread is threading.current_thread():
            return True
        thread.join(timeout)
        return not thread.is_alive()
