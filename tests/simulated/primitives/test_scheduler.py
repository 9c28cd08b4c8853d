"""The simulation itself: seeds, time, and what it takes."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from greenlet import greenlet

from macduff.primitives import Lock, Queue, simulated
from macduff.primitives.simulation import Simulated, SimulationFailed


def busy(sim: Simulated) -> Callable[[], list[int]]:
    """A main in which several tasks use everything there is."""
    queue: Queue[int] = Queue(sim)
    lock = Lock(sim, "the lock")

    def work(number: int) -> None:
        for turn in range(5):
            with lock:
                sim.preempt()
            sim.sleep(0.01 * (number + turn))
            queue.put(number)

    def main() -> list[int]:
        tasks = [sim.spawn(lambda number=number: work(number), f"worker {number}") for number in range(4)]  # type: ignore[misc]  # mypy knows no type of a default
        got = [queue.get() for _ in range(20)]
        for task in tasks:
            task.join()
        return got

    return main


def run(seed: int, **options: Any) -> tuple[Simulated, list[int]]:
    sim = simulated(seed, **options)
    return sim, sim.run(busy(sim))


def test_a_seed_gives_the_same_run_again() -> None:
    """Rule 29: a test runs seeds twice and compares whole traces."""
    for seed in range(60):
        (one, first), (other, second) = run(seed), run(seed)
        assert first == second and one.trace == other.trace and one.points == other.points and one.time == other.time
        assert len(one.trace) > 20


def test_seeds_give_different_runs() -> None:
    assert len({tuple(run(seed)[1]) for seed in range(60)}) > 20
    assert len({tuple(run(seed)[0].trace) for seed in range(60)}) == 60


def test_a_run_does_not_hang_on_the_order_of_a_set_or_on_the_collector() -> None:
    """Rule 29: the trace is the seed's, whatever the addresses of objects and the state of the heap."""
    first = run(7)[0].trace
    ballast = [[number] for number in range(10_000)]
    gc.collect()
    assert run(7)[0].trace == first
    del ballast


def test_every_operation_is_a_point() -> None:
    """Rule 29: it preempts at every operation."""
    sim = simulated(1, switching=0.0, drift=0.0)
    flag, mutex, lock, queue = sim.flag(), sim.mutex(), Lock(sim, "lock"), Queue[int](sim)
    counts: dict[str, int] = {}

    def enter() -> None:
        with mutex:
            pass

    def main() -> None:
        operations: dict[str, Callable[[], object]] = {
            "preempt": sim.preempt, "set": flag.set, "is_set": flag.is_set, "wait": flag.wait, "clear": flag.clear,
            "mutex": enter, "acquire": lock.acquire, "release": lock.release, "put": lambda: queue.put(1),
            "get": queue.get, "sleep": lambda: sim.sleep(0.1), "spawn": lambda: sim.spawn(lambda: None, "x"),
        }  # fmt: skip
        for name, operation in operations.items():
            before = sim.points
            operation()
            counts[name] = sim.points - before

    sim.run(main)
    assert min(counts.values()) >= 1, counts


def test_nobody_comes_in_between_while_a_mutex_is_held() -> None:
    sim = simulated(3, switching=1.0)
    mutex, inside = sim.mutex(), [0]

    def body() -> None:
        for _ in range(20):
            with mutex:
                inside[0] += 1
                sim.preempt()
                sim.flag().set()
                assert inside[0] == 1
                inside[0] -= 1

    def main() -> None:
        for task in [sim.spawn(body, "a"), sim.spawn(body, "b")]:
            task.join()

    sim.run(main)


@pytest.mark.parametrize("how", ["nested", "blocking"])
def test_a_mutex_is_for_what_neither_blocks_nor_nests(how: str) -> None:
    """Rule 2: under that mutex nothing else is locked."""
    sim = simulated(3)
    outer, inner, flag = sim.mutex(), sim.mutex(), sim.flag()

    def main() -> None:
        with outer:
            if how == "nested":
                with inner:
                    pass
            flag.wait()

    what = "a mutex is entered inside another" if how == "nested" else "main blocks while it holds a mutex"
    with pytest.raises(SimulationFailed, match=what):
        sim.run(main)


def test_time_passes_only_when_all_wait() -> None:
    sim = simulated(1, drift=0.0)
    times = []

    def main() -> None:
        begin, stamp = sim.clock.monotonic(), sim.clock.time_ns()
        for seconds in (0.1, 600.0, 1e-9):
            sim.sleep(seconds)
            times.append(sim.clock.time_ns() - stamp)
        assert sim.clock.monotonic() - begin == pytest.approx(600.1)

    sim.run(main)
    assert times == [100_000_000, 600_100_000_000, 600_100_000_001]


def test_deadlines_made_of_floats_end() -> None:
    """A loop that waits for what is left of its time must not wait for nothing for ever."""
    sim = simulated(1)

    def main() -> None:
        for seconds in (0.1, 0.3, 1.1, 123.456789, 1e-7):
            deadline, rounds = sim.clock.monotonic() + seconds, 0
            while (left := deadline - sim.clock.monotonic()) > 0:
                sim.flag().wait(left)
                rounds += 1
            assert rounds <= 3

    sim.run(main)


def drifted(seed: int, away: float) -> bool:
    """Whether a timer that is `away` seconds ahead went off although a task could go on."""
    sim = simulated(seed)
    fired: list[bool] = []

    def main() -> bool:
        task = sim.spawn(lambda: (sim.sleep(away), fired.append(True)), "timer")  # type: ignore[func-returns-value]  # run for what it does
        for _ in range(100):
            sim.preempt()
            if fired:
                return True
        task.join()
        return False

    return sim.run(main)


def test_time_drifts_though_tasks_are_ready() -> None:
    """Rule 29: with 2 % probability a step fires the next timer within 0.12 s, else half the races never happen."""
    counts = Counter(drifted(seed, 0.1) for seed in range(100))
    assert counts[True] > 50 and counts[False] > 2
    assert not any(drifted(seed, 0.13) for seed in range(100))


def test_no_greenlets_leak() -> None:
    for seed in range(20):
        run(seed)
    gc.collect()
    before = sum(isinstance(one, greenlet) for one in gc.get_objects())
    for seed in range(20):
        run(seed)
    gc.collect()
    assert sum(isinstance(one, greenlet) for one in gc.get_objects()) == before


def test_things_are_made_and_set_outside_but_only_tasks_wait() -> None:
    sim = simulated(1)
    flag, lock, queue = sim.flag(), Lock(sim, "lock"), Queue[int](sim)
    flag.set()
    queue.put(1)
    with lock:
        assert lock.holder == "outside the simulation"
    early = sim.spawn(lambda: queue.put(2), "early")
    assert flag.wait() and sim.points == 0
    flag.clear()
    with pytest.raises(RuntimeError, match=r"expected a simulated task to wait for a flag"):
        flag.wait()
    assert sim.run(lambda: [queue.get(), queue.get()]) == [1, 2]
    assert not early.alive


def test_one_run_each_and_not_inside_another() -> None:
    sim = simulated(1)
    sim.run(lambda: None)
    with pytest.raises(RuntimeError, match="expected to be called once"):
        sim.run(lambda: None)
    inner = simulated(2)
    outer = simulated(3)
    with pytest.raises(SimulationFailed, match=r"sim\.run: expected"):
        outer.run(lambda: inner.run(lambda: None))


def test_a_seed_is_found_when_none_is_given() -> None:
    sim = simulated()

    def main() -> None:
        raise ValueError

    with pytest.raises(SimulationFailed, match=f"^seed {sim.seed}: "):
        sim.run(main)
    assert simulated().seed != sim.seed


@pytest.mark.parametrize(("option", "value"), [("drift", 1.5), ("switching", -0.1)])
def test_options_are_looked_at(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{option}: expected a probability"):
        simulated(1, **{option: value})


def test_the_replay_has_the_options() -> None:
    sim = simulated(5, drift=0.5, step_limit=10)

    def main() -> None:
        raise ValueError

    with pytest.raises(SimulationFailed, match=r"simulated\(seed=5, drift=0.5, step_limit=10\)"):
        sim.run(main)
