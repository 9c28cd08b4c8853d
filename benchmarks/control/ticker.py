"""Something that happens at a rate which stdin says: "rate HZ" lines; the same for all servers."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

__all__ = ["Ticker"]


class Ticker:
    """Calls `act(count)` so many times a second, in a thread of its own; what is late is made up for."""

    def __init__(self, act: Callable[[int], object]) -> None:
        self._act = act
        self._rate = 0.0
        self._changed = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def follow_stdin(self) -> None:
        """Do as stdin says until it ends."""
        for line in sys.stdin:
            self._rate = float(line.split()[1])
            self._changed.set()

    def _run(self) -> None:
        count = 0
        while True:
            if not self._rate:
                self._changed.wait()
            self._changed.clear()
            began, done, rate = time.monotonic(), 0, self._rate
            while self._rate and not self._changed.is_set():
                due = int((time.monotonic() - began) * rate)
                while done < due:
                    done += 1
                    count += 1
                    self._act(count)
                self._changed.wait(1 / rate)
