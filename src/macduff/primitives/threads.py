"""The default backend: everything is an OS thread."""

from __future__ import annotations

import _thread
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, Protocol

from .atoms import Task
from .endings import Ending, report_error

__all__ = [
    "HEARD_WITHIN",
    "RealClock",
    "ThreadFlag",
    "ThreadLocal",
    "Threads",
    "hears_signals",
    "start_thread",
    "thread_name",
]

_new_lock = _thread.allocate_lock
_LONGEST = threading.TIMEOUT_MAX

HEARD_WITHIN = 0.2
"""Seconds after which a waiting main thread has heard a signal that did not wake it."""


def hears_signals() -> bool:
    """Whether this is the thread that Python runs the handlers of signals in."""
    return threading.current_thread() is threading.main_thread()


class RealClock:
    """The clocks of the machine."""

    monotonic = staticmethod(time.monotonic)
    time_ns = staticmethod(time.time_ns)


class ThreadLocal(threading.local):
    """`.call` of each thread, None at first. (A cothread of 2.20 is a thread to Python in this, and has its own.)"""

    call: Any = None


class Releasable(Protocol):
    """What wakes one who waits: a raw lock, or what stands for it."""

    def release(self) -> None: ...


class ThreadFlag:
    """A flag of raw locks: each wait sleeps on one of its own, and `set` releases them.

    Nothing in it is ever held, so `set` is safe in a finalizer or a signal handler too. It rests on deque's operations
    being atomic. Each set leaves a new mark, by which a wait knows that it was set meanwhile, and that it was not when
    a set which began before the wait took it out late.
    """

    __slots__ = ("_is_set", "_mark", "_waiting", "owner", "reason")

    def __init__(self) -> None:
        self._is_set = False
        self._mark: object = None
        self._waiting: deque[Releasable] = deque()
        self.reason = ""
        self.owner: Callable[[], str] | None = None

    def is_set(self) -> bool:
        return self._is_set

    def clear(self) -> None:
        self._is_set = False

    def set(self) -> None:
        waiting = self._waiting
        if self._is_set and not waiting:
            return
        self._mark = object()
        self._is_set = True
        while waiting:
            try:
                waker = waiting.popleft()
            except IndexError:  # another thread sets it too
                return
            waker.release()

    def wait(self, timeout: float | None = None) -> bool:
        mark = self._mark  # before the look
        if self._is_set:
            return True
        if timeout is not None and not timeout > 0.0:
            return False
        lock = _new_lock()
        lock.acquire()
        return self._wait(mark, timeout, lock, partial(_acquire_and_hear, lock) if hears_signals() else lock.acquire)

    def _wait(
        self, mark: object, timeout: float | None, waker: Releasable, sleep: Callable[[bool, float], bool]
    ) -> bool:
        """Sleep until the waker is released by a set that left another mark. sleep(True, seconds): -1 for no end."""
        left = -1.0 if timeout is None else min(timeout, _LONGEST)
        deadline = time.monotonic() + left
        while True:
            self._waiting.append(waker)
            try:
                if self._set_since(mark):
                    self._withdraw(waker)
                    return True
                in_time = sleep(True, left)
            except BaseException:
                self._withdraw(waker)
                raise
            if not in_time and self._withdraw(waker):
                return False
            was_set = self._set_since(mark)
            if was_set or not in_time:
                return was_set
            if timeout is not None:
                left = max(0.0, deadline - time.monotonic())

    def _set_since(self, mark: object) -> bool:
        return self._mark is not mark or self._is_set

    def _withdraw(self, waker: Releasable) -> bool:
        """Take it out of those that wait; False when a set has done so already."""
        try:
            self._waiting.remove(waker)
        except ValueError:
            return False
        return True

    def __repr__(self) -> str:
        return f"<flag {self.reason!r}, {'set' if self._is_set else 'not set'}>"


def _acquire_and_hear(lock: _thread.LockType, blocking: bool, timeout: float) -> bool:
    """`lock.acquire`, awake now and then for a signal that came just before the sleep or to another thread."""
    if 0.0 <= timeout <= HEARD_WITHIN:
        return lock.acquire(blocking, timeout)
    end = time.monotonic() + timeout if timeout >= 0.0 else math.inf
    while not lock.acquire(blocking, max(0.0, min(HEARD_WITHIN, end - time.monotonic()))):
        if time.monotonic() >= end:
            return False
    return True


def _run(target: Callable[[], object], done: ThreadFlag) -> None:
    try:
        target()
    except BaseException as error:
        report_error(error)
    finally:
        done.set()


def start_thread(
    target: Callable[[], object],
    name: str,
    stop: Callable[[], object] | None,
    done: ThreadFlag,
    finalize: Callable[[], object] | None = None,
) -> ThreadTask:
    """An OS thread as a Task. RuntimeError when the system has no more threads.

    It is a daemon, since a thread that hangs in a driver must not keep the interpreter from ending.
    """
    done.reason = f"the end of {name}"
    thread = threading.Thread(target=_run, args=(target, done), name=name, daemon=True)
    thread.start()
    return ThreadTask(thread, done, stop, finalize)


class ThreadTask(Ending):
    """An OS thread."""

    def __init__(
        self,
        thread: threading.Thread,
        done: ThreadFlag,
        stop: Callable[[], object] | None,
        finalize: Callable[[], object] | None,
    ) -> None:
        super().__init__(thread.name, done, stop, lambda: thread.ident == _thread.get_ident(), finalize)
        self._thread = thread

    def join(self, timeout: float | None = None) -> bool:
        """Until the thread itself is gone, not only its target, so that nobody finds a thread left."""
        if not super().join(timeout):
            return False
        self._thread.join()
        return True


def thread_name(identity: Hashable) -> str:
    """The name of the OS thread with that ident."""
    for thread in threading.enumerate():
        if thread.ident == identity:
            return thread.name
    return f"thread {identity}, which has ended"


class Threads:
    """OS threads for methods and services alike."""

    name = "threads"
    capabilities = frozenset({"preemptive", "watchdog", "os-threads", "replaceable"})
    preemptible = True
    preempt = None

    def __init__(self) -> None:
        self.clock = RealClock()
        self.local = ThreadLocal()

    def spawn(self, target: Callable[[], object], name: str, stop: Callable[[], object] | None = None) -> Task:
        return start_thread(target, name, stop, ThreadFlag())

    service = spawn
    flag = staticmethod(ThreadFlag)
    mutex = staticmethod(threading.Lock)
    sleep = staticmethod(time.sleep)
    identity = staticmethod(_thread.get_ident)
    name_of = staticmethod(thread_name)

    def __repr__(self) -> str:
        return "<backend threads>"
