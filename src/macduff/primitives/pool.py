"""Workers that run functions, reused, bounded in number, the same on every backend."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import TooMany
from .atoms import Backend, Flag, Task

__all__ = ["Pool"]

IDLE_TIME = 10.0
"""Seconds after which a worker with nothing to do ends."""


class _Worker:
    """One task of the pool; `function` is what it is to run next or runs now."""

    __slots__ = ("flag", "function", "name", "number", "task")

    def __init__(self, number: int, flag: Flag) -> None:
        self.number = number
        self.flag = flag
        self.function: Callable[[], object] | None = None
        self.name = ""
        self.task: Task | None = None


class Pool:
    """Runs each function at once, on an idle worker or a new one; never queues.

    limit: most workers at a time, each counted until its function has returned, not only told somebody that it is done;
    one that was given up (`replace_one`) counts no longer. An error that a function raises ends its worker and is
    reported as for any task.
    """

    def __init__(self, backend: Backend, limit: int, name: str) -> None:
        self.name = name
        self.limit = limit
        self._backend = backend
        self._mutex = backend.mutex()
        self._idle: list[_Worker] = []
        self._workers: dict[int, _Worker] = {}
        self._given_up = 0
        self._started = 0
        self._closing = False
        self._ended = backend.flag()

    def run(self, function: Callable[[], object], name: str = "") -> None:
        """Start it now; from any thread or task, never blocks. TooMany at the limit or once the pool is closed."""
        what = name or repr(function)
        with self._mutex:
            if self._closing:
                raise TooMany(f"{self.name}: expected an open pool for {what}, got one that is closed")
            if self._idle:
                worker, new = self._idle.pop(), False
            else:
                if len(self._workers) - self._given_up >= self.limit:
                    raise TooMany(f"{self.name}: expected at most {self.limit} at a time, got {what} too")
                worker, new = self._add(), True
            worker.function, worker.name = function, name
        if not new:
            worker.flag.set()
            return
        try:
            worker.task = self._backend.spawn(lambda: self._work(worker), f"{self.name} {worker.number}")
        except RuntimeError as error:  # the system has no more threads
            self._gone(worker)
            raise TooMany(f"{self.name}: expected one more worker for {what}: {error}") from error

    def _add(self) -> _Worker:
        self._started += 1
        worker = _Worker(self._started, self._backend.flag())
        worker.flag.reason = f"something to do for {self.name} {worker.number}"
        self._workers[worker.number] = worker
        return worker

    def _gone(self, worker: _Worker) -> None:
        with self._mutex:
            del self._workers[worker.number]
            last = self._closing and not self._workers
        if last:
            self._ended.set()

    def _work(self, worker: _Worker) -> None:
        """A worker's life."""
        local = self._backend.local
        try:
            while (function := worker.function) is not None:
                function()
                function = None
                local.call = None
                with self._mutex:  # idle from the moment at which it no longer runs
                    worker.function, worker.name = None, ""
                    if self._closing:
                        return
                    worker.flag.clear()
                    self._idle.append(worker)
                self._wait(worker)
        finally:
            worker.function, worker.name = None, ""
            self._gone(worker)

    def _wait(self, worker: _Worker) -> None:
        """Until the worker is to run something, or has had nothing to do for so long that it ends."""
        while True:
            woken = worker.flag.wait(IDLE_TIME)
            with self._mutex:
                if self._closing or worker.function is not None:
                    return
                if not woken:
                    self._idle.remove(worker)
                    return
                # Set late for a job that it found by itself when its time was up.
                worker.flag.clear()

    def replace_one(self) -> None:
        """Give up a worker that is stuck: one more may be started in its place."""
        with self._mutex:
            self._given_up += 1

    def returned_one(self) -> None:
        """A worker that was given up came back after all."""
        with self._mutex:
            self._given_up -= 1

    @property
    def running(self) -> list[str]:
        """The names of the functions that run now, in the order in which their workers were started."""
        with self._mutex:
            return [worker.name for worker in self._workers.values() if worker.function is not None]

    def close(self, timeout: float | None = None) -> list[str]:
        """Take nothing more, end the idle workers and wait at most `timeout` seconds for the others.

        Returns the names of the functions that still run. Safe to call again.
        """
        with self._mutex:
            self._closing = True
            idle, self._idle = self._idle, []
            workers = list(self._workers.values())
        self._ended.reason = f"the end of the workers of {self.name}"
        for worker in idle:
            worker.flag.set()
        if workers and self._ended.wait(timeout):
            for worker in workers:
                if worker.task is not None:
                    worker.task.join(timeout)
        return self.running

    def __repr__(self) -> str:
        return f"<pool {self.name}: {len(self._workers)} workers, {len(self._idle)} of them idle, limit {self.limit}>"
