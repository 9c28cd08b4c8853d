"""While a simulation runs, what would block the whole of it or escape it is refused to its tasks, and only to them."""

from __future__ import annotations

import _thread
import select
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .scheduler import Scheduler

__all__ = ["refusing", "running_here"]

_SLEEP = "use self.wait(seconds) in a device, backend.sleep elsewhere"
_THREAD = "use backend.spawn or backend.service"
_SOCKET = "simulate the source of the data instead (simulate=True)"
_WAIT = "use backend.flag, Queue or Lock"

_REFUSED: tuple[tuple[Any, str, str, str], ...] = (
    (time, "sleep", "time.sleep", _SLEEP),
    (threading.Thread, "start", "threading.Thread.start", _THREAD),
    (threading.Thread, "join", "threading.Thread.join", _WAIT),
    (_thread, "start_new_thread", "_thread.start_new_thread", _THREAD),
    (threading.Condition, "wait", "a wait of threading (Condition, Event, Queue or Semaphore)", _WAIT),
    (subprocess.Popen, "__init__", "a child process", _SOCKET),
    *((select, name, f"select.{name}", _SOCKET) for name in ("select", "poll", "epoll") if hasattr(select, name)),
    *(
        (socket.socket, name, "a socket", _SOCKET)
        for name in (
            "__init__", "accept", "bind", "connect", "connect_ex", "listen", "recv", "recv_into", "recvfrom",
            "recvfrom_into", "recvmsg", "send", "sendall", "sendmsg", "sendto",
        )
        if hasattr(socket.socket, name)
    ),
)  # fmt: skip

_guard = threading.Lock()
_schedulers: dict[int, Scheduler] = {}
_undo: list[Callable[[], None]] = []
_new_lock = threading.Lock


def running_here() -> Scheduler | None:
    """The simulation that runs in this OS thread."""
    return _schedulers.get(_thread.get_ident())


def _refuse(what: str, advice: str) -> None:
    scheduler = _schedulers.get(_thread.get_ident())
    if scheduler is not None:
        scheduler.refuse(what, advice)


class _CheckedLock:
    """A standard lock made by a simulated task: to wait for it would be to hang, so that is refused."""

    def __init__(self) -> None:
        self._lock = _new_lock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if self._lock.acquire(False):
            return True
        if blocking:
            _refuse("to wait for a threading.Lock that another simulated task holds", "use backend.mutex or Lock")
            return self._lock.acquire(True, timeout)
        return False

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lock, name)


def _make_lock() -> Any:
    return _new_lock() if running_here() is None else _CheckedLock()


def _replace(owner: Any, name: str, new: Any) -> None:
    inherited = name not in vars(owner)
    old = getattr(owner, name)
    setattr(owner, name, new)
    _undo.append(lambda: delattr(owner, name) if inherited else setattr(owner, name, old))


def _guarded(owner: Any, name: str, what: str, advice: str) -> None:
    original = getattr(owner, name)

    def refusing_call(*args: Any, **kwargs: Any) -> Any:
        _refuse(what, advice)
        return original(*args, **kwargs)

    _replace(owner, name, refusing_call)


def _patch() -> None:
    for owner, name, what, advice in _REFUSED:
        _guarded(owner, name, what, advice)
    _replace(threading, "Lock", _make_lock)


def _unpatch() -> None:
    while _undo:
        _undo.pop()()


@contextmanager
def refusing(scheduler: Scheduler) -> Iterator[None]:
    """For the length of a run. RuntimeError when another simulation runs in this thread."""
    ident = _thread.get_ident()
    with _guard:
        if ident in _schedulers:
            raise RuntimeError("sim.run: expected no other simulation to run in this thread, got one inside another")
        if not _schedulers:
            _patch()
        _schedulers[ident] = scheduler
    try:
        yield
    finally:
        with _guard:
            del _schedulers[ident]
            if not _schedulers:
                _unpatch()
