"""Looks after a call while the shell waits for it, in a thread beside it, and shows how far it is."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from macduff.errors import MacduffError

from .progress import Progress, Seen
from .progress_bars import Bar

__all__ = ["DELAY", "Following"]

_log = logging.getLogger("macduff.ipython")

DELAY = 0.5
"""Seconds that a call may take with nothing shown."""
PERIOD = 0.2
GRACE = 1.0
"""How long the end of a call waits for the end of a look; one that still waits for its server then ends by itself."""


class Following:
    """Shows a call from DELAY after `start` until `stop`. Whatever goes wrong here is not told: the call tells."""

    def __init__(self, what: str, look: Callable[[], Seen], bar: Bar) -> None:
        self.progress = Progress(time.monotonic())
        self._look = look
        self._bar = bar
        self._shown = False
        self._over = threading.Event()
        self._drawing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"macduff shell: progress of {what}", daemon=True)

    def start(self) -> None:
        """The call begins."""
        self._thread.start()

    def stop(self, last: bool = True) -> None:
        """It has ended; nothing is drawn later. last: look once more, where it was shown, so that the end is seen."""
        with self._drawing:
            self._over.set()
        if self._shown:
            try:
                if last:
                    with suppress(MacduffError):
                        self.progress.look(self._look(), time.monotonic())
            finally:  # Ctrl-C here too leaves the terminal as it was
                self._bar.close(self.progress, time.monotonic())
        self._thread.join(GRACE)

    def _run(self) -> None:
        try:
            left = DELAY
            while not self._over.wait(left):
                self._once()
                left = PERIOD
        except Exception:
            _log.debug("the progress of a call could not be shown", exc_info=True)

    def _once(self) -> None:
        try:
            seen = self._look()
        except MacduffError as error:  # the device is away: its call hears of that by itself
            seen = Seen(status=str(error))
        with self._drawing:
            if self._over.is_set():
                return
            now = time.monotonic()
            self.progress.look(seen, now)
            self._shown = True
            self._bar.show(self.progress, now)
