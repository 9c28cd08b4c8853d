"""What is real is refused to simulated tasks, and to nobody else (rule 29)."""

from __future__ import annotations

import _thread
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from macduff.primitives import simulated
from macduff.primitives.simulation import SimulationFailed

PAIR = socket.socketpair


def contended() -> None:
    lock = threading.Lock()
    with lock:
        lock.acquire()


REAL: dict[str, Callable[[], object]] = {
    "time.sleep": lambda: time.sleep(0.001),
    "threading.Thread.start": lambda: threading.Thread(target=int, name="x").start(),
    "threading.Thread.join": lambda: threading.main_thread().join(0.001),
    "_thread.start_new_thread": lambda: _thread.start_new_thread(int, ()),
    "a wait of threading": lambda: threading.Event().wait(0.001),
    "a socket": socket.socket,
    "a child process": lambda: subprocess.Popen([sys.executable, "-V"]),
    "select.select": lambda: select.select([], [], [], 0),
    "a threading.Lock that another": contended,
}


@pytest.mark.parametrize("what", REAL)
def test_refused_and_named(what: str) -> None:
    sim = simulated(4)
    reached = []

    def main() -> None:
        try:
            REAL[what]()
        except BaseException as error:
            assert type(error).__name__ == "GreenletExit"
            raise
        reached.append(1)

    with pytest.raises(SimulationFailed, match=rf"seed 4: main: expected nothing real .* got .*{what}"):
        sim.run(main)
    assert not reached


@pytest.mark.parametrize("name", ["recv", "send", "sendall", "accept", "connect", "recv_into", "bind"])
def test_a_socket_from_before_is_refused_too(name: str) -> None:
    one, other = PAIR()
    with one, other:
        sim = simulated(4)
        with pytest.raises(SimulationFailed, match="got a socket"):
            sim.run(lambda: getattr(one, name)(b""))
        one.sendall(b"works again")
        assert other.recv(100) == b"works again"


def test_everything_is_put_back() -> None:
    def state() -> list[object]:
        return [time.sleep, threading.Lock, threading.Thread.start, threading.Condition.wait, socket.socket.recv,
                "recv" in vars(socket.socket), subprocess.Popen.__init__, select.select]  # fmt: skip

    before = state()
    seen: list[list[object]] = []
    sim = simulated(1)
    sim.run(lambda: seen.append(state()))
    assert all(one is not other for one, other in zip(seen[0], before, strict=True) if other is not False)
    assert state() == before
    failing = simulated(1)
    with pytest.raises(SimulationFailed):
        failing.run(lambda: time.sleep(1))
    assert state() == before


def test_other_threads_are_not_refused_anything() -> None:
    """While a simulation runs in one thread, another sleeps, waits and talks as ever."""
    begin, go_on, done = threading.Event(), threading.Event(), []

    def outside() -> None:
        begin.wait(10)
        time.sleep(0.001)
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=lambda: done.append(1))
        thread.start()
        thread.join()
        assert not isinstance(threading.Lock(), type(None))
        go_on.set()

    thread = threading.Thread(target=outside)
    thread.start()
    sim = simulated(1, step_limit=10**9)

    def main() -> None:
        begin.set()
        while not go_on.is_set():
            sim.preempt()

    sim.run(main)
    thread.join()
    assert done == [1]


def test_an_uncontended_lock_works_as_ever() -> None:
    sim = simulated(1)

    def main() -> None:
        lock = threading.Lock()
        with lock:
            assert lock.locked() and not lock.acquire(False)
        assert lock.acquire(timeout=1)
        lock.release()
        assert not lock.locked()
        event = threading.Event()
        event.set()
        assert event.wait()

    sim.run(main)
