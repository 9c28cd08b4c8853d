"""Around each call that the shell waits for: its progress, and what Ctrl-C leaves to be said.

The client itself sends abort at the first Ctrl-C and waits until the device is at rest; a second one stops waiting.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from macduff.client import CallFuture, Client
from macduff.errors import MacduffError
from macduff.values.text import clean

from .plotting_meanwhile import keep_windows_alive
from .progress_bars import bar_for
from .progress_following import Following
from .progress_seen import Looker, now_text

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .session import Session, Undo

__all__ = ["Waiting", "install"]

QUICK = 1.0
"""Seconds that a device has to say how it is when nobody waits for it any more."""


def install(session: Session) -> Undo:
    """Into the client, and into each that a switch brings."""

    def switched(client: Client | None) -> None:
        if client is not None:
            client.around_calls(partial(Waiting, session.shell, client))

    return session.on_switch(switched)


class Waiting:
    """A context around one call; what it shows it shows only for calls of the shell's own thread."""

    def __init__(self, shell: InteractiveShell, client: Client, future: CallFuture[Any]) -> None:
        self._shell = shell
        self._client = client
        self._future = future
        self._following: Following | None = None

    def __enter__(self) -> Callable[[], object] | None:
        if threading.current_thread() is not threading.main_thread():
            return None
        self._show()
        return partial(keep_windows_alive, self._future)

    def _show(self) -> None:
        request = self._future.request
        bar = bar_for(self._shell, clean(request.what))
        if bar is None:
            return
        try:
            device = self._client.device(request.device)
        except MacduffError:  # it is gone: the call says so
            return
        self._following = Following(request.what, Looker(device, self._future).look, bar)
        self._following.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._following is not None:
            self._following.stop(last=self._future.done())
        if isinstance(error, KeyboardInterrupt):
            told = self._told(error)
            error._render_traceback_ = lambda: [told]  # type: ignore[attr-defined]  # what IPython shows instead

    def _told(self, error: KeyboardInterrupt) -> str:
        """How the call ended and how the device is: all that somebody at the keyboard wants of an interrupt."""
        notes = [clean(note) for note in getattr(error, "__notes__", [])]
        try:
            device = self._client.device(self._future.request.device)
            notes.append(now_text(device, QUICK))
        except MacduffError as reason:
            notes.append(clean(str(reason)))
        except KeyboardInterrupt:  # a third one
            print("not asked how it is", file=sys.stderr)
        return "Interrupted: " + "\n  ".join(notes)
