"""The default backend: everything is an OS thread."""

from __future__ import annotations

import _thread
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from typing import Any

from .atoms import Task
from .endings import Ending, report_error

__all__ = ["RealClock", "ThreadFlag", "ThreadLocal", "Threads", "start_thread", "thread_name"]

_new_lock = _thread.allocate_lock
_LONGEST = threading.TIMEOUT_MAX


class RealClock:
    """The clocks of the machine."""

    monotonic = staticmethod(time.monotonic)
    time_ns = staticmethod(time.time_ns)


class ThreadLocal(threading.local):
    """`.call` of each thread, None at first. (A cothread of 2.20 is a thread to Python in this, and has its own.)"""

    call: Any = None


class ThreadFlag:
    """A flag of raw locks: each wait sleeps on one of its own, and `set` releases them.

    Nothing in it is ever held, so `set` is safe in a finalizer or a signal handler too. It rests on deque's operations
    being atomic: whoever waits appends its lock and looks again; whoever sets, sets and then takes locks out.
    """

    __slots__ = ("_is_set", "_waiting", "owner", "reason")

    def __init__(self) -> None:
        self._is_set = False
        self._waiting: deque[_thread.LockType] = deque()
        self.reason = ""
        self.owner: Callable[[], str] | None = None

    def is_set(self) -> bool:
        return self._is_set

    def clear(self) -> None:
        self._is_set = False

    def set(self) -> None:
        self._is_set = True
        waiting = self._waiting
        while waiting:
            try:
                lock = waiting.popleft()
            except IndexError:  # another thread sets it too
                return
            lock.release()

    def wait(self, timeout: float | None = None) -> bool:
        if self._is_set:
            return True
        if timeout is None:
            timeout = -1.0
        elif timeout <= 0.0:
            return False
        elif timeout > _LONGEST:
            timeout = _LONGEST
        lock = _new_lock()
        lock.acquire()
        waiting = self._waiting
        waiting.append(lock)
        try:
            if self.is_set():  # the set may have come before the append
                self._withdraw(lock)
                return True
            if lock.acquire(True, timeout):
                return True
        except BaseException:
            self._withdraw(lock)
            raise
        return not self._withdraw(lock)  # a set may have come after the time-out

    def _withdraw(self, lock: _thread.LockType) -> bool:
        """Take the lock out of those that wait; False when a set has done so already."""
        try:
            self._waiting.remove(lock)
        except ValueError:
            return False
        return True

    def __repr__(self) -> str:
        return f"<flag {self.reason!r}, {'set' if self._is_set else 'not set'}>"


def _run(target: Callable[[], object], done: ThreadFlag) -> None:
    try:
        target()
    except BaseException as error:
        report_error(error)
    finally:
        done.set()


def start_thread(target: Callable[[], object], name: str, stop: Callable[[], object] | None) -> Ending:
    """An OS thread as a Task. RuntimeError when the system has no more threads.

    It is a daemon, since a thread that hangs in a driver must not keep the interpreter from ending.
    """
    done = ThreadFlag()
    done.reason = f"the end of {name}"
    thread = threading.Thread(target=_run, args=(target, done), name=name, daemon=True)
    thread.start()
    return ThreadTask(name, done, stop, thread)


class ThreadTask(Ending):
    """An OS thread."""

    def __init__(
        self, name: str, done: ThreadFlag, stop: Callable[[], object] | None, thread: threading.Thread
    ) -> None:
        super().__init__(name, done, stop, lambda: thread.ident == _thread.get_ident())
        self.thread = thread

    def join(self, timeout: float | None = None) -> bool:
        """Until the thread itself is gone, not only its target, so that nobody finds a thread left."""
        if self._is_self():
            return super().join(timeout)
        self.thread.join(timeout if timeout is None else max(0.0, timeout))
        return not self.thread.is_alive()

    @property
    def alive(self) -> bool:
        return self.thread.is_alive()


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
        return start_thread(target, name, stop)

    service = spawn
    flag = staticmethod(ThreadFlag)
    mutex = staticmethod(threading.Lock)
    sleep = staticmethod(time.sleep)
    identity = staticmethod(_thread.get_ident)
    name_of = staticmethod(thread_name)

    def __repr__(self) -> str:
        return "<backend threads>"
