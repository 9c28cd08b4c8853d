"""Locks, the same on every backend."""

from __future__ import annotations

import pytest

from macduff.primitives import Backend, Lock, Task


def queue_up(backend: Backend, lock: Lock, order: list[str], names: list[tuple[str, bool]]) -> list[Task]:
    """Tasks that ask for the lock one after the other, each noted when it has it."""

    def body(name: str, front: bool) -> None:
        assert lock.acquire(10, front=front)
        order.append(name)
        lock.release()

    tasks = []
    for name, front in names:
        waiting = lock.waiting
        tasks.append(backend.spawn(lambda name=name, front=front: body(name, front), name))  # type: ignore[misc]  # mypy knows no type of a default
        while lock.waiting == waiting:
            backend.sleep(0.001)
    return tasks


def test_one_holder_at_a_time(backend: Backend) -> None:
    lock, inside, most = Lock(backend, "the lock"), [0], [0]

    def body() -> None:
        for _ in range(10):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                backend.sleep(0 if backend.name != "simulated" else 0.001)
                inside[0] -= 1

    tasks = [backend.spawn(body, f"task {number}") for number in range(3)] + [backend.service(body, "service")]
    assert all(task.join(20) for task in tasks)
    assert most == [1] and lock.holder == ""


def test_served_in_order_with_resuming_waiters_first(backend: Backend) -> None:
    """Rule 8: resuming waiters are served first, in order."""
    lock = Lock(backend, "the lock")
    order: list[str] = []
    lock.acquire()
    tasks = queue_up(backend, lock, order, [("a", False), ("b", False), ("x", True), ("c", False), ("y", True)])
    assert lock.waiting == 5
    lock.release()
    assert all(task.join(10) for task in tasks)
    assert order == ["x", "y", "a", "b", "c"]


def test_nobody_barges_in_on_the_way(backend: Backend) -> None:
    """The lock is handed over: who releases and asks again at once comes last."""
    lock = Lock(backend, "the lock")
    order: list[str] = []
    lock.acquire()
    tasks = queue_up(backend, lock, order, [("a", False), ("b", False)])
    lock.release()
    assert not lock.acquire(timeout=0)
    assert lock.acquire(10)
    order.append("again")
    lock.release()
    assert all(task.join(10) for task in tasks)
    assert order == ["a", "b", "again"]


def test_time_out_leaves_the_queue(backend: Backend) -> None:
    lock, results = Lock(backend, "the lock"), []
    lock.acquire()
    task = backend.spawn(lambda: results.append(lock.acquire(0.02)), "hasty")
    assert task.join(10) and results == [False] and lock.waiting == 0
    lock.release()
    assert lock.acquire(0)
    lock.release()


def test_reentrance_teaches(backend: Backend) -> None:
    lock = Lock(backend, "lock of motor")
    with lock:
        for timeout in (None, 0, 1.0):
            with pytest.raises(RuntimeError, match="lock of motor: expected a task that does not hold this lock"):
                lock.acquire(timeout)
    assert lock.acquire(0)
    lock.release()
    with pytest.raises(RuntimeError, match="expected a lock that is held, got one that is free"):
        lock.release()
    with lock:
        pass


def test_the_holder_has_a_name(backend: Backend) -> None:
    lock, hold, held = Lock(backend, "the lock"), backend.flag(), backend.flag()

    def body() -> None:
        with lock:
            held.set()
            hold.wait(10)

    for start in (backend.spawn, backend.service):
        hold.clear()
        held.clear()
        with start(body, "the one who holds", stop=hold.set):
            assert held.wait(10)
            assert lock.holder == "the one who holds" and "held by the one who holds" in repr(lock)
        assert lock.holder == ""


def test_another_task_may_release_on_the_holders_behalf(backend: Backend) -> None:
    """Rule 22: quarantine takes the lock from a call that does not obey."""
    lock, stuck = Lock(backend, "the lock"), backend.flag()
    order: list[str] = []
    holder = backend.spawn(lambda: (lock.acquire(), stuck.wait(10)), "stuck")
    while not lock.holder:
        backend.sleep(0.001)
    waiters = queue_up(backend, lock, order, [("next", False)])
    lock.release()
    assert waiters[0].join(10) and order == ["next"]
    stuck.set()
    assert holder.join(10)


def test_time_out_and_hand_over_at_the_same_moment(backend: Backend) -> None:
    """Whoever was given the lock has it, though its time ran out meanwhile; whoever was not leaves nothing behind."""
    lock, wins = Lock(backend, "the lock"), []

    def body() -> None:
        if lock.acquire(0.002):
            wins.append(1)
            lock.release()

    for _ in range(10):
        lock.acquire()
        task = backend.spawn(body, "body")
        backend.sleep(0.002)
        lock.release()
        assert task.join(10) and lock.waiting == 0 and lock.holder == ""
