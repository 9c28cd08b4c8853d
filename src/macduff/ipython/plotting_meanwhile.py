"""Windows that go on while the shell's thread waits for a call: what one plots is what one runs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Any

from .plotting_plots import open_windows

__all__ = ["keep_windows_alive"]

SLICE = 0.05
"""Seconds between two looks at what the windows want."""


def keep_windows_alive(future: Future[Any]) -> None:
    """Until the call has ended, or there is no window (any more); KeyboardInterrupt at Ctrl-C."""
    if not open_windows():
        return
    with interrupts() as interrupted:
        while not future.done() and (windows := open_windows()):
            wait([future], SLICE)
            for plot in windows:
                plot.flush()
            if interrupted.is_set():
                raise KeyboardInterrupt


@contextmanager
def interrupts() -> Iterator[threading.Event]:
    """Set by Ctrl-C meanwhile, instead of a KeyboardInterrupt within a toolkit, which loses it or ends the program."""
    interrupted = threading.Event()
    before = signal.signal(signal.SIGINT, lambda number, frame: interrupted.set())
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before or signal.default_int_handler)
