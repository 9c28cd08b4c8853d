"""An asyncio loop in a thread of its own, for coroutines that blocking code waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio

__all__ = ["CoroutineRunner"]

T = TypeVar("T")


class CoroutineRunner:
    """Runs coroutines side by side and tells how each ended; the loop begins with the first. Not for simulations."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._mutex = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def run(
        self, coroutine: Coroutine[Any, Any, T], ended: Callable[[T | None, BaseException | None], None]
    ) -> Callable[[], None]:
        """Begin; `ended(value, error)` comes once, on the loop's thread, and must be quick. Returns what cancels it.

        A cancelled coroutine ends with CancelledError. RuntimeError when the runner is closed.
        """
        import asyncio

        loop = self._begin(coroutine)
        future = asyncio.run_coroutine_threadsafe(coroutine, loop)

        def done(_: object) -> None:
            if future.cancelled():
                ended(None, asyncio.CancelledError(f"a coroutine of {self.name} was cancelled"))
                return
            error = future.exception()
            ended(None if error is not None else future.result(), error)

        future.add_done_callback(done)

        def cancel() -> None:
            future.cancel()

        return cancel

    def _begin(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.AbstractEventLoop:
        import asyncio

        with self._mutex:
            if self._closed:
                coroutine.close()
                raise RuntimeError(f"{self.name}: expected a runner that is open, got one that is closed")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._serve, args=(self._loop,), name=self.name, daemon=True)
                self._thread.start()
            return self._loop

    @staticmethod
    def _serve(loop: asyncio.AbstractEventLoop) -> None:
        import asyncio

        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    def close(self, timeout: float | None = 5.0) -> bool:
        """Cancel what runs and end the thread; False when that took longer than `timeout` seconds."""
        with self._mutex:
            closed_before, self._closed = self._closed, True
            loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return True
        if not closed_before:
            loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout)
        return not thread.is_alive()
