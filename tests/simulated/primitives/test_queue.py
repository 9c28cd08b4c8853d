"""Queues, the same on every backend."""

from __future__ import annotations

import pytest

from macduff.errors import TimedOut, TooMany
from macduff.primitives import Backend, Closed, Queue


def test_first_in_first_out(backend: Backend) -> None:
    queue: Queue[int] = Queue(backend)
    for number in range(5):
        queue.put(number)
    assert len(queue) == 5
    assert [queue.get() for _ in range(5)] == [0, 1, 2, 3, 4]
    assert len(queue) == 0 and queue


def test_get_times_out(backend: Backend) -> None:
    queue: Queue[int] = Queue(backend, name="of orders")
    with pytest.raises(TimedOut, match="queue of orders: expected an item, got none"):
        queue.get(0)
    begin = backend.clock.monotonic()
    with pytest.raises(TimedOut, match=r"within 0\.03 s"):
        queue.get(0.03)
    assert backend.clock.monotonic() - begin >= 0.0299
    queue.put(1)
    assert queue.get(0) == 1


def test_a_full_queue_refuses_and_never_blocks(backend: Backend) -> None:
    """Rule 6: every queue is bounded by a named policy; this one refuses."""
    queue: Queue[int] = Queue(backend, maxsize=2)
    queue.put(1)
    queue.put(2)
    with pytest.raises(TooMany, match="expected at most 2 items"):
        queue.put(3)
    assert queue.get() == 1
    queue.put(4)
    assert [queue.get(), queue.get()] == [2, 4]


def test_close_lets_what_is_in_it_out_and_counts_what_comes_later(backend: Backend) -> None:
    """Rule 6: every drop is counted and visible."""
    queue: Queue[int] = Queue(backend)
    queue.put(1)
    queue.close()
    queue.close()
    queue.put(2)
    assert queue.dropped == 1 and queue.closed
    assert list(queue) == [1]
    with pytest.raises(Closed):
        queue.get()


def test_close_wakes_all_getters(backend: Backend) -> None:
    queue: Queue[int] = Queue(backend)
    ends: list[str] = []

    def getter(timeout: float | None) -> None:
        try:
            queue.get(timeout)
        except Closed:
            ends.append("closed")

    tasks = [backend.spawn(lambda t=t: getter(t), "getter") for t in (None, 10.0)]  # type: ignore[misc]  # mypy knows no type of a default
    tasks.append(backend.service(lambda: getter(None), "getter"))
    backend.sleep(0.02)
    queue.close()
    assert all(task.join(10) for task in tasks)
    assert ends == ["closed"] * 3


def test_each_item_is_taken_once_and_in_order(backend: Backend) -> None:
    queue: Queue[tuple[int, int]] = Queue(backend)
    count = 12 if backend.name == "simulated" else 100
    taken: list[list[tuple[int, int]]] = [[] for _ in range(3)]

    def produce(who: int) -> None:
        for number in range(count):
            queue.put((who, number))

    def consume(into: list[tuple[int, int]]) -> None:
        for item in queue:
            into.append(item)

    makers = [backend.spawn(lambda who=who: produce(who), f"maker {who}") for who in range(2)]  # type: ignore[misc]  # mypy knows no type of a default
    makers.append(backend.service(lambda: produce(2), "maker 2"))
    takers = [backend.spawn(lambda into=into: consume(into), "taker") for into in taken]  # type: ignore[misc]  # mypy knows no type of a default
    assert all(task.join(10) for task in makers)
    queue.close()
    assert all(task.join(10) for task in takers)
    everything = [item for into in taken for item in into]
    assert sorted(everything) == [(who, number) for who in range(3) for number in range(count)]
    for into in taken:
        for who in range(3):
            numbers = [number for maker, number in into if maker == who]
            assert numbers == sorted(numbers)


def test_no_item_is_lost_to_a_get_that_times_out(backend: Backend) -> None:
    queue: Queue[int] = Queue(backend)
    taken: list[int] = []
    count = 10

    def consume() -> None:
        while len(taken) < count:
            try:
                taken.append(queue.get(0.003))
            except TimedOut:
                continue

    task = backend.spawn(consume, "consumer")
    for number in range(count):
        queue.put(number)
        backend.sleep(0.003)
    assert task.join(10)
    assert taken == list(range(count))
