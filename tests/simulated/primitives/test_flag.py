"""Flags and clocks, the same on every backend."""

from __future__ import annotations

import pytest

from macduff.primitives import Backend


def test_wait_ends_at_once_while_set(backend: Backend) -> None:
    flag = backend.flag()
    assert not flag.is_set()
    flag.set()
    assert flag.wait() and flag.wait(0) and flag.is_set()
    flag.clear()
    assert not flag.is_set() and not flag.wait(0) and not flag.wait(-1)


def test_time_out_is_told_apart_and_takes_its_time(backend: Backend) -> None:
    flag = backend.flag()
    begin = backend.clock.monotonic()
    assert not flag.wait(0.03)
    assert 0.03 <= backend.clock.monotonic() - begin + 1e-9 < 5


def test_one_set_wakes_all_who_wait(backend: Backend) -> None:
    flag, ready, woken = backend.flag(), [backend.flag() for _ in range(4)], []

    def waiter(number: int) -> None:
        ready[number].set()
        if flag.wait(10):
            woken.append(number)

    tasks = [backend.spawn(lambda number=number: waiter(number), f"waiter {number}") for number in range(4)]  # type: ignore[misc]  # mypy knows no type of a default
    for one in ready:
        assert one.wait(10)
    flag.set()
    assert all(task.join(10) for task in tasks)
    assert sorted(woken) == [0, 1, 2, 3]


def test_a_wait_that_began_ends_though_the_flag_is_cleared_at_once(backend: Backend) -> None:
    flag, begun, result = backend.flag(), backend.flag(), []

    def waiter() -> None:
        begun.set()
        result.append(flag.wait(0.2))

    task = backend.spawn(waiter, "waiter")
    assert begun.wait(10)
    backend.sleep(0.05)
    flag.set()
    flag.clear()
    assert task.join(10)
    assert result == [True]


def test_clear_look_wait_misses_nothing(backend: Backend) -> None:
    flag, lane = backend.flag(), [0]
    seen: list[int] = []
    rounds = 200 if backend.name != "simulated" else 20

    def reader() -> None:
        while not seen or seen[-1] < rounds:
            flag.clear()
            if not seen or lane[0] > seen[-1]:
                seen.append(lane[0])
                continue
            assert flag.wait(10), "a set was missed"

    task = backend.spawn(reader, "reader")
    for number in range(1, rounds + 1):
        lane[0] = number
        flag.set()
        if number % 7 == 0:
            backend.sleep(0)
    assert task.join(20)
    assert seen[-1] == rounds


def test_hand_off_between_two_never_wakes_without_a_set(backend: Backend) -> None:
    """A set that pops waiters late must not wake a wait that began after the clear."""
    ping, pong, rounds, counts = backend.flag(), backend.flag(), 300, [0, 0]
    if backend.name == "simulated":
        rounds = 20

    def other() -> None:
        for _ in range(rounds):
            assert ping.wait(10)
            ping.clear()
            counts[1] += 1
            assert counts[1] <= counts[0]
            pong.set()

    task = backend.spawn(other, "other")
    for _ in range(rounds):
        counts[0] += 1
        ping.set()
        assert pong.wait(10)
        pong.clear()
    assert task.join(10)
    assert counts == [rounds, rounds]


def test_flags_cross_between_services_and_tasks(backend: Backend) -> None:
    to_service, to_task, rounds = backend.flag(), backend.flag(), 30

    def service() -> None:
        for _ in range(rounds):
            assert to_service.wait(10)
            to_service.clear()
            to_task.set()

    with backend.service(service, "service") as task:
        for _ in range(rounds):
            to_service.set()
            assert to_task.wait(10)
            to_task.clear()
        assert task.join(10)


@pytest.mark.parametrize("who", ["task", "service"])
def test_sleep_blocks_the_caller_alone(backend: Backend, who: str) -> None:
    order: list[str] = []

    def slow() -> None:
        backend.sleep(0.15)
        order.append("slow")

    def quick() -> None:
        backend.sleep(0.01)
        order.append("quick")

    start = backend.spawn if who == "task" else backend.service
    tasks = [start(slow, "slow"), start(quick, "quick")]
    assert all(task.join(10) for task in tasks)
    assert order == ["quick", "slow"]


def test_clocks_go_forward_with_sleep(backend: Backend) -> None:
    monotonic, stamp = backend.clock.monotonic(), backend.clock.time_ns()
    backend.sleep(0.02)
    assert backend.clock.monotonic() - monotonic >= 0.0199
    assert backend.clock.time_ns() > stamp > 10**18
    assert type(stamp) is int


def test_a_mutex_keeps_a_section_whole(backend: Backend) -> None:
    mutex, pair, torn = backend.mutex(), [0, 0], []

    def write() -> None:
        for number in range(100):
            with mutex:
                pair[0] = number
                if backend.preempt is not None:
                    backend.preempt()
                pair[1] = number

    def read() -> None:
        for _ in range(100):
            with mutex:
                if pair[0] != pair[1]:
                    torn.append(tuple(pair))

    tasks = [backend.spawn(write, "write"), backend.spawn(read, "read"), backend.service(read, "read too")]
    assert all(task.join(10) for task in tasks)
    assert not torn
