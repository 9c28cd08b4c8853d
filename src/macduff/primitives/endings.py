"""How a task ends: what the backends' Task classes share."""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from .atoms import Flag

__all__ = ["Ending", "report_error"]


class Ending:
    """The outside of a task: its name, its end, and how to bring that about. What runs never refers to this object.

    done: set when the target has returned. stop: called at most once, see `atoms.Task`. is_self: whether the caller is
    the task itself. finalize: instead of `stop` when nothing refers to this any more.
    """

    def __init__(
        self,
        name: str,
        done: Flag,
        stop: Callable[[], object] | None,
        is_self: Callable[[], bool],
        finalize: Callable[[], object] | None = None,
    ) -> None:
        self.name = name
        self._done = done
        self._stop = stop
        self._is_self = is_self
        self._finalizer: Any = None
        if stop is not None:
            self._finalizer = weakref.finalize(self, finalize or stop)
            self._finalizer.atexit = False

    @property
    def alive(self) -> bool:
        return not self._done.is_set()

    def join(self, timeout: float | None = None) -> bool:
        if self._is_self():
            raise RuntimeError(f"{self.name}: expected another task to wait for its end, got itself")
        return self._done.wait(timeout)

    def close(self, timeout: float | None = 5.0) -> bool:
        if self._finalizer is not None and self._finalizer.detach() and self._stop is not None and self.alive:
            self._stop()
        return False if self._is_self() else self.join(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<task {self.name}, {'running' if self.alive else 'ended'}>"


def report_error(error: BaseException) -> None:
    """An error that nobody can be given any more: to threading.excepthook, as for any thread."""
    arguments = (type(error), error, error.__traceback__, threading.current_thread())
    if sys.is_finalizing():
        return
    threading.excepthook(threading.ExceptHookArgs(arguments))
