"""Signals stay the program's: Tango takes SIGINT, SIGTERM and others when it starts, and here they are given back."""

from __future__ import annotations

import ctypes
import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["kept_signals"]

_SIZE = 1024
"""More bytes than any system's struct sigaction has."""


@contextmanager
def kept_signals() -> Iterator[None]:
    """Whatever becomes of the handlers inside, afterwards they are as before; from any thread.

    Python's own `signal.signal` works in the main thread alone, hence the C library's sigaction.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    kept: dict[int, ctypes.Array[ctypes.c_char]] = {}
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        action = ctypes.create_string_buffer(_SIZE)
        if libc.sigaction(int(number), None, action) == 0:
            kept[int(number)] = action
    try:
        yield
    finally:
        for taken, action in kept.items():
            libc.sigaction(taken, action, None)
