"""Lines told beside the prompt, no more than one a second for the same thing: an alarm may come and go all the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["Notices"]

APART = 1.0
"""Seconds between two lines about the same path."""


class Notices:
    """Tells the first at once, and then the newest when its time has come. May be used from any thread."""

    def __init__(self, tell: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._clock = clock
        self._lock = threading.Lock()
        self._last: dict[str, float] = {}
        self._waiting: dict[str, tuple[threading.Timer, str]] = {}
        self._closed = False

    def tell(self, path: str, line: str) -> None:
        """Tell this line of the path, now or a little later; one that still waits gives way to it."""
        with self._lock:
            if self._closed:
                return
            if path in self._waiting:
                self._waiting[path] = (self._waiting[path][0], line)
                return
            left = self._last.get(path, -APART) + APART - self._clock()
            if left > 0:
                timer = threading.Timer(left, self._later, (path,))
                timer.daemon = True
                self._waiting[path] = (timer, line)
                timer.start()
                return
            self._last[path] = self._clock()
        self._tell(line)

    def _later(self, path: str) -> None:
        with self._lock:
            waiting = self._waiting.pop(path, None)
            self._last[path] = self._clock()
        if waiting is not None:
            self._tell(waiting[1])

    def forget(self, path: str) -> None:
        """Nothing more is told of it."""
        with self._lock:
            waiting = self._waiting.pop(path, None)
            self._last.pop(path, None)
        if waiting is not None:
            waiting[0].cancel()

    def close(self) -> None:
        """Nothing more is told."""
        with self._lock:
            self._closed = True
            waiting = [timer for timer, _ in self._waiting.values()]
            self._waiting.clear()
        for timer in waiting:
            timer.cancel()
            timer.join()
