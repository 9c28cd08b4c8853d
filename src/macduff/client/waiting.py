"""Waiting for a future so that Ctrl-C is heard."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from typing import Any, TypeVar

from macduff.primitives.threads import HEARD_WITHIN, hears_signals

__all__ = ["ended", "result_of"]

T = TypeVar("T")


def ended(future: concurrent.futures.Future[Any], timeout: float | None = None) -> bool:
    """Wait until it has ended; False after `timeout` seconds.

    The thread that hears signals wakes now and then meanwhile: a Ctrl-C that comes just before it begins to sleep, or
    whose signal the system gives to another thread, does not wake it.
    """
    longest = HEARD_WITHIN if hears_signals() else threading.TIMEOUT_MAX
    if timeout is not None and not timeout > 0:
        return future.done()
    end = None if timeout is None else time.monotonic() + timeout
    while not future.done():
        left = longest if end is None else min(longest, end - time.monotonic())
        try:
            concurrent.futures.Future.exception(future, max(0.0, left))
        except TimeoutError:
            if end is not None and time.monotonic() >= end:
                return future.done()
        except concurrent.futures.CancelledError:
            return True
    return True


def result_of(future: concurrent.futures.Future[T]) -> T:
    """Its result, waited for, or its error raised."""
    ended(future)
    return future.result(0)
