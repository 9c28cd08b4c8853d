"""The flag of the threads backend under many threads: rests on no lock, so everything is in the order of its steps."""

from __future__ import annotations

import math
import signal
import sys
import threading
from collections.abc import Iterator

import pytest

from macduff.primitives.threads import ThreadFlag
from tests.support import eventually


@pytest.fixture(autouse=True)
def switching_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def test_no_wake_is_lost_with_many_setters_and_waiters() -> None:
    flag, waits, done = ThreadFlag(), [0, 0, 0], threading.Event()

    def wait(number: int) -> None:
        for _ in range(300):
            assert flag.wait(20)
            flag.clear()
            waits[number] += 1

    def set_often() -> None:
        while not done.is_set():
            flag.set()

    waiters = [threading.Thread(target=wait, args=(number,)) for number in range(3)]
    setters = [threading.Thread(target=set_often) for _ in range(2)]
    for thread in waiters + setters:
        thread.start()
    for thread in waiters:
        thread.join()
    done.set()
    for thread in setters:
        thread.join()
    assert waits == [300, 300, 300]


def test_no_wait_ends_without_a_set() -> None:
    """Each round sets once, and the one who waits may go on once."""
    ping, pong, tokens = ThreadFlag(), ThreadFlag(), [0]

    def other() -> None:
        for _ in range(3000):
            assert ping.wait(20)
            ping.clear()
            assert tokens[0] == 1
            tokens[0] = 0
            pong.set()

    thread = threading.Thread(target=other)
    thread.start()
    for _ in range(3000):
        tokens[0] = 1
        ping.set()
        assert pong.wait(20)
        pong.clear()
    thread.join()


class LateFlag(ThreadFlag):
    """A set that is held up between setting and waking; what threads do once in a million times."""

    def __init__(self) -> None:
        super().__init__()
        self.hold = threading.Event()
        self.held = threading.Event()

    def set_late(self) -> None:
        self._mark = object()
        self._is_set = True
        self.held.set()
        self.hold.wait(10)
        while self._waiting:
            self._waiting.popleft().release()


@pytest.mark.parametrize("timeout", [None, 0.05])
def test_a_late_set_does_not_wake_a_later_wait(timeout: float | None) -> None:
    flag, results = LateFlag(), []
    setter = threading.Thread(target=flag.set_late)
    setter.start()
    assert flag.held.wait(10)
    assert flag.wait()
    flag.clear()
    waiter = threading.Thread(target=lambda: results.append(flag.wait(timeout)))
    waiter.start()
    while not flag._waiting:
        pass
    flag.hold.set()
    setter.join()
    if timeout is None:
        while not flag._waiting:  # woken wrongly, it went back to wait
            pass
        assert not results
        flag.set()
    waiter.join()
    assert results == [timeout is None]


@pytest.mark.parametrize("timeout", [1e12, float("inf"), threading.TIMEOUT_MAX * 2])
def test_enormous_time_outs_are_waits_without_end(timeout: float) -> None:
    flag = ThreadFlag()
    timer = threading.Timer(0.01, flag.set)
    timer.start()
    assert flag.wait(timeout)
    timer.join()


def test_nothing_is_left_of_a_wait() -> None:
    flag = ThreadFlag()
    assert not flag.wait(0.001) and not flag._waiting
    flag.set()
    assert flag.wait(0.001) and not flag._waiting


@pytest.mark.parametrize("timeout", [None, 30.0])
def test_a_signal_that_wakes_another_thread_is_heard(timeout: float | None) -> None:
    flag = ThreadFlag()

    def interrupt() -> None:
        eventually(lambda: flag._waiting, "the main thread waits")
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt):
        thread.start()
        flag.wait(timeout)
    thread.join()
    assert not flag._waiting


def test_the_main_thread_waits_no_longer_than_it_may() -> None:
    for timeout in (0.5, 0.0, -1.0, math.nan):
        assert not ThreadFlag().wait(timeout)
