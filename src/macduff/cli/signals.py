"""The signals that end a server: seen whatever the main thread is doing, and a second one ends the process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from . import exits

__all__ = ["Ending"]


class Ending:
    """The wish to end: by SIGINT, SIGTERM or SIGHUP; a second one ends the process on the spot.

    A handler in Python runs in the main thread alone, and a signal that comes in the moment before that begins to wait
    is handled when the wait is over: the first would do nothing, the second would not end at once. What Python writes
    to its wakeup file, however, is written whenever a signal comes; a thread reads it.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._wished = threading.Event()
        self._before: Mapping[signal.Signals, Any] | None = None

    def wait(self) -> None:
        """Wait until somebody wishes the end."""
        self._wished.wait()

    @property
    def wished(self) -> bool:
        return self.signal is not None

    @property
    def code(self) -> int:
        return exits.INTERRUPTED if self.signal is signal.SIGINT else exits.OK

    @contextmanager
    def handled(self) -> Iterator[Ending]:
        """Take the signals, except those that whoever started us ignores: nohup, a shell with a background job."""
        wishes = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        taken = [number for number in wishes if signal.getsignal(number) is not signal.SIG_IGN]
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        watcher = threading.Thread(target=self._watch, args=(reader, taken), name="macduff signals", daemon=True)
        watcher.start()
        wakeup = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, _noticed) for number in taken}
        os.register_at_fork(after_in_child=self._forget)
        try:
            yield self
        finally:
            self._forget(wakeup)
            os.close(writer)
            watcher.join()
            os.close(reader)

    def _watch(self, reader: int, taken: list[signal.Signals]) -> None:
        while numbers := os.read(reader, 64):  # nothing, once the other end is closed
            for number in numbers:
                if number in taken:
                    self._take(signal.Signals(number))

    def _take(self, number: signal.Signals) -> None:
        if self.signal is not None:
            os._exit(128 + number)
        self.signal = number
        self._wished.set()

    def _forget(self, wakeup: int = -1) -> None:
        """Signals mean what they meant before; also in a process forked from this, whose signals are its own."""
        before, self._before = self._before, None
        if before is None:
            return
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)


def _noticed(number: int, frame: FrameType | None) -> None:
    """Nothing: that there is a handler makes Python write to the wakeup file."""
