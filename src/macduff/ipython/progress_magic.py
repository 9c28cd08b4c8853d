"""`progress`: the bar of a device that is busy, whoever began it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from macduff.client import RemoteDevice

from .magics import add
from .progress import Progress
from .progress_bars import Bar, bar_for
from .progress_following import PERIOD
from .progress_seen import Looker, now_text

if TYPE_CHECKING:
    from .session import Session, Undo

__all__ = ["install", "watch"]

RESTING = frozenset({"Idle", "Ready", "Aborted", "Fault"})
"""States in which nothing goes on by itself."""
QUICK = 1.0
"""Seconds that a device has to say how it is in the end."""


def install(session: Session) -> Undo:
    """The command."""

    def progress(line: str) -> None:
        """The bar of a device that is busy, until it is not, whoever began it: `progress DET`.

        Ctrl-C only stops looking. Calls of this shell show their bars by themselves.
        """
        name = line.strip()
        if not name:
            raise UsageError("progress: expected a device, such as `progress DET`")
        thing = session.shell.user_ns.get(name)
        known = name in session.client
        device = thing if isinstance(thing, RemoteDevice) and not known else session.client[name]
        print(watch(device, bar_for(session.shell, str(device))))

    return add(session, progress=progress)


def watch(device: RemoteDevice, bar: Bar | None) -> str:
    """Show the bar until the device is at rest, or until Ctrl-C; how it then is."""
    looker, pause = Looker(device), threading.Event()
    progress = Progress(time.monotonic())
    try:
        progress.look(looker.look(), time.monotonic())
        while progress.seen.state not in RESTING:
            if bar is not None:
                bar.show(progress, time.monotonic())
            pause.wait(PERIOD)
            progress.look(looker.look(), time.monotonic())
    except KeyboardInterrupt:
        return f"not looked at any longer: {now_text(device, QUICK)}"
    finally:
        if bar is not None:
            bar.close(progress, time.monotonic())
    return now_text(device, QUICK)
