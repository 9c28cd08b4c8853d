"""The one OS thread in which cothread lives: its scheduler belongs for ever to the thread that imported it first."""

from __future__ import annotations

import _thread
import importlib
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["Host", "end_host", "get_host"]

NAME = "macduff cothreads"
PATIENCE = 10.0
"""Seconds within which cothread has to answer for the first time."""

_guard = threading.Lock()
_host: Host | None = None
_ended = False


class Host:
    """Where cothreads run. `callback(function, *args)` has it called there; from any thread, at any time.

    That is `cothread.Callback`, its documented way in: it appends to a deque and writes to a pipe, so it is safe in a
    finalizer too. `adopted`: cothread had been imported before, so its thread is the application's.
    """

    def __init__(self) -> None:
        self.adopted = sys.modules.get("cothread") is not None
        self.error: BaseException | None = None
        self.cothread: Any = None
        self.ident = 0
        self.thread: threading.Thread | None = None
        self._stop: Any = None
        self._answered = threading.Event()
        if self.adopted:
            cothread = importlib.import_module("cothread")
            self._take(cothread)
            self.callback(cothread.Spawn, self._probe)
        else:
            self.thread = threading.Thread(target=self._live, name=NAME, daemon=True)
            self.thread.start()

    def check(self) -> None:
        """Wait until cothread has answered. RuntimeError when it does not, ImportError when it cannot be used."""
        if self.here:
            if not self._answered.is_set():
                self.cothread.Spawn(self._probe).Wait(PATIENCE)
        elif not self._answered.wait(PATIENCE):
            raise RuntimeError(
                "cothread: expected its scheduler to run in the thread that first imported it, got no answer; in that "
                "thread call cothread.WaitForQuit(), or make the backend before anything imports cothread"
            )
        if self.error is not None:
            raise self.error

    def _take(self, cothread: Any) -> None:
        self.cothread = cothread
        self.ident = cothread.scheduler_thread_id
        self.callback: Callable[..., None] = cothread.Callback

    def _live(self) -> None:
        """Our own thread: import cothread, then give way to its cothreads until the end."""
        try:
            self._take(importlib.import_module("cothread"))
            self._stop = self.cothread.Event()
        except BaseException as error:
            self.error = error
            self._answered.set()
            return
        self.cothread.Spawn(self._probe)
        self._stop.Wait()

    def _probe(self) -> None:
        """See that each cothread has a threading.local of its own, on which `backend.local` rests."""
        local = threading.local()
        local.mine = True
        shared: list[bool] = []
        self.cothread.Spawn(lambda: shared.append(hasattr(local, "mine"))).Wait()
        if shared[0]:
            self.error = ImportError(
                "backend cothread: expected cothread 2.20 or later, whose cothreads do not share threading.local, got "
                f"{self.cothread.__version__}; pip install 'macduff[cothread]'"
            )
        self._answered.set()

    @property
    def here(self) -> bool:
        """Whether the caller runs in this thread."""
        return _thread.get_ident() == self.ident

    def end(self) -> None:
        """End our own thread, for good."""
        if self.thread is None or self._stop is None:
            return
        self.callback(self._stop.Signal)
        self.thread.join(PATIENCE)
        callback, self.callback = self.callback, _dropped
        for descriptor in (callback.wait, callback.signal):  # type: ignore[attr-defined]  # cothread's own pipe
            os.close(descriptor)


def _dropped(function: Callable[..., object], *args: object) -> None:
    """What is asked of cothreads after their end."""


def get_host() -> Host:
    """The thread of this process. ImportError when cothread cannot be had, RuntimeError when it does not run."""
    global _host
    with _guard:
        if _ended:
            raise RuntimeError("backend cothread: expected to be used before end_host(), which ends it for good")
        host = _host = _host or Host()
    try:
        host.check()
    except ModuleNotFoundError as error:
        raise ImportError(
            "backend cothread: expected the package cothread, which exists for Python up to 3.12: "
            f"pip install 'macduff[cothread]' ({error})"
        ) from error
    return host


def end_host() -> None:
    """End the thread of the cothreads; after that this process can have no cothreads any more."""
    global _host, _ended
    with _guard:
        host, _host = _host, None
        if host is not None:
            _ended = True
            host.end()
