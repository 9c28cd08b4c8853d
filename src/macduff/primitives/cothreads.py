"""The backend in which methods run as cothreads, all in one OS thread; services are OS threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

from .atoms import Task
from .cothread_host import Host, get_host
from .endings import Ending, report_error
from .threads import RealClock, ThreadFlag, ThreadLocal, start_thread

__all__ = ["CothreadFlag", "Cothreads"]


class _Who:
    """A cothread or thread, by identity."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class CothreadLocal(ThreadLocal):
    """Each cothread of cothread 2.20 has a Python thread state, so a threading.local, of its own."""

    who: _Who | None = None


class _Waker:
    """In the place of a thread's raw lock: a cothread sleeps on it, anybody may release it."""

    __slots__ = ("_event", "_host")

    def __init__(self, host: Host) -> None:
        self._host = host
        self._event = host.cothread.Event()

    def release(self) -> None:
        if self._host.here:
            self._event.Signal()
        else:
            self._host.callback(self._event.Signal)

    def sleep(self, _: bool, timeout: float) -> bool:
        """Whether it was released within `timeout` seconds (negative: no end).

        cothread counts by the clock on the wall, which may be put forward: so look again.
        """
        if timeout < 0:
            self._event.Wait()
            return True
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            try:
                self._event.Wait(left)
            except self._host.cothread.Timedout:
                continue
            return True
        return False


class CothreadFlag(ThreadFlag):
    """A flag for which both cothreads and OS threads can wait."""

    __slots__ = ("_host",)

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host

    def wait(self, timeout: float | None = None) -> bool:
        host = self._host
        if not host.here:
            return super().wait(timeout)
        mark = self._mark  # before the look
        if self._is_set:
            return True
        if timeout is not None and timeout <= 0.0:
            return False
        waker = _Waker(host)
        return self._wait(mark, timeout, waker, waker.sleep)


class Cothreads:
    """Methods run as cothreads; one that does not wait keeps all others from running."""

    name = "cothread"
    capabilities = frozenset({"os-threads"})
    preemptible = False
    preempt = None

    def __init__(self) -> None:
        self._host = get_host()
        self.clock = RealClock()
        self.local = CothreadLocal()

    mutex = staticmethod(threading.Lock)

    def flag(self) -> CothreadFlag:
        return CothreadFlag(self._host)

    def spawn(self, target: Callable[[], object], name: str, stop: Callable[[], object] | None = None) -> Task:
        host, local = self._host, self.local
        who = _Who(name)
        done = self.flag()
        done.reason = f"the end of {name}"

        def run() -> None:
            local.who = who
            try:
                target()
            except BaseException as error:
                error.add_note(f"in the cothread {name}")
                report_error(error)
            finally:
                done.set()

        if host.here:
            host.cothread.Spawn(run)
        else:
            host.callback(host.cothread.Spawn, run)
        return Ending(name, done, stop, lambda: local.who is who, self._finalize(stop))

    def service(self, target: Callable[[], object], name: str, stop: Callable[[], object] | None = None) -> Task:
        return start_thread(target, name, stop, self.flag(), self._finalize(stop))

    def _finalize(self, stop: Callable[[], object] | None) -> Callable[[], object] | None:
        """A finalizer may run in the midst of cothread's scheduler: have it done a little later."""
        host = self._host
        return None if stop is None else lambda: host.callback(stop)

    def sleep(self, seconds: float) -> None:
        if self._host.here:
            _Waker(self._host).sleep(True, max(seconds, 0.0))
        else:
            time.sleep(seconds)

    def identity(self) -> Hashable:
        local = self.local
        who = local.who
        if who is None:
            who = local.who = _Who(threading.current_thread().name)
        return who

    def name_of(self, identity: Hashable) -> str:
        return identity.name if isinstance(identity, _Who) else str(identity)

    def __repr__(self) -> str:
        return "<backend cothread>"
