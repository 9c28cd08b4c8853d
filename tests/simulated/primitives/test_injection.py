"""Injection at every point, then seeds; planted defects show what it finds (rule 30)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest

from macduff.errors import TooMany
from macduff.primitives import Lock, Pool, Queue, simulated
from macduff.primitives.simulation import Simulated, SimulationFailed, explore, same_twice

World = tuple[Callable[[], object], Mapping[str, Callable[[], object]]]


def test_an_operation_runs_exactly_at_its_point() -> None:
    for at in range(1, 21):
        sim = simulated(2, switching=0.0, drift=0.0)
        seen: list[int] = []
        progress: list[int] = []

        def main(sim: Simulated = sim, progress: list[int] = progress) -> None:
            for number in range(20):
                sim.preempt()
                progress.append(number)

        sim.inject(at, lambda seen=seen, progress=progress: seen.append(len(progress)))  # type: ignore[misc]  # mypy knows no type of a default
        sim.run(main)
        assert seen == [at - 1] and list(sim.injected) == [at]


def test_up_to_the_point_it_is_the_reference_run() -> None:
    def world(inject: dict[int, Callable[[], object]]) -> Simulated:
        sim = simulated(11, inject=inject)
        queue: Queue[int] = Queue(sim)

        def main() -> None:
            sim.spawn(lambda: [queue.put(n) for n in range(10)], "putter")  # type: ignore[func-returns-value]  # run for what it does
            for _ in range(10):
                queue.get()

        sim.run(main)
        return sim

    reference = world({})
    for at in range(1, reference.points + 1):
        injected = world({at: lambda: None})
        until = [entry for entry in reference.trace if entry[1] < at]
        assert injected.trace[: len(until)] == until


def test_a_point_that_is_never_reached_is_not_said_to_be_injected() -> None:
    sim = simulated(1, inject={10_000: lambda: None})
    sim.run(sim.preempt)
    assert sim.injected == {}
    with pytest.raises(ValueError, match="expected the number of a point"):
        sim.inject(0, lambda: None)


def narrow(sim: Simulated) -> World:
    """A defect that only one of some hundred points can show: a check and an act with one operation in between."""
    state = {"open": True}

    def main() -> None:
        for number in range(300):
            sim.preempt()
            if number == 150:
                was_open = state["open"]
                sim.preempt()
                assert state["open"] or not was_open, "used after the check"

    def close() -> None:
        state["open"] = False

    return main, {"close": close}


def test_what_no_seed_finds_injection_finds() -> None:
    """Rule 30: seeds are not coverage; a token that is checked too early shows at one point of many."""
    assert explore(narrow, seeds=range(300), operations=()).seeds == 300
    with pytest.raises(SimulationFailed) as failed:
        explore(narrow)
    assert list(failed.value.injected.values()) == ["close"]
    (point,) = failed.value.injected
    assert f"replay it with simulated(seed=1, inject={{{point}: close}})" in str(failed.value)
    again = simulated(failed.value.seed)
    main, operations = narrow(again)
    again.inject(point, operations["close"])
    with pytest.raises(SimulationFailed, match="used after the check"):
        again.run(main)


def slow(sim: Simulated) -> World:
    """A defect that shows only when code takes time: a deadline between two steps that nothing separates."""

    def main() -> None:
        done, flag = [False], sim.flag()

        def watchdog() -> None:
            if not flag.wait(0.1):
                assert done[0], "gave up too early"

        task = sim.spawn(watchdog, "watchdog")
        sim.sleep(0.05)
        for _ in range(20):
            sim.preempt()
        done[0] = True
        flag.set()
        task.join()

    return main, {}


def test_what_no_other_time_finds_drifting_time_finds() -> None:
    """Rule 30: some defects are found only with drifting time."""
    explore(slow, seeds=range(200), drift=0.0)
    with pytest.raises(SimulationFailed, match="gave up too early"):
        explore(slow, seeds=range(200))


class LosingLock(Lock):
    """Planted: whoever times out leaves the queue without looking whether the lock was handed over meanwhile."""

    def _withdraw(self, waiter: Any) -> bool:
        with self._mutex:
            for waiting in (self._front, self._back):
                if waiter in waiting:
                    waiting.remove(waiter)
            return True


def lock_world(make: type[Lock]) -> Callable[[Simulated], World]:
    def build(sim: Simulated) -> World:
        lock, inside = make(sim, "the lock"), [0]

        def use(timeout: float | None) -> None:
            for _ in range(3):
                if lock.acquire(timeout):
                    inside[0] += 1
                    assert inside[0] == 1, "two at a time"
                    sim.sleep(0.01)
                    inside[0] -= 1
                    lock.release()

        def main() -> None:
            tasks = [sim.spawn(lambda t=t: use(t), f"user {t}") for t in (None, 0.01, 0.02)]  # type: ignore[misc]  # mypy knows no type of a default
            for task in tasks:
                assert task.join(10), "the lock was lost"
            assert lock.acquire(10), "the lock was lost"

        return main, {"another": lambda: use(0.01)}

    return build


class ForgetfulQueue(Queue[int]):
    """Planted: a get that times out does not look whether an item was handed to it."""

    def _wait(self, getter: Any, timeout: float | None) -> int:
        if not getter.flag.wait(timeout):
            with self._mutex:
                self._withdraw(getter)
            raise TimeoutError
        item: int = getter.items.pop()
        return item


class SharedFlagQueue(Queue[int]):
    """Planted: one flag for all getters, cleared by whoever wakes."""

    def __init__(self, backend: Any) -> None:
        super().__init__(backend)
        self._flag = backend.flag()
        self._all: deque[int] = deque()

    def put(self, item: int) -> None:
        self._all.append(item)
        self._flag.set()

    def get(self, timeout: float | None = None) -> int:
        while not self._all:
            if not self._flag.wait(timeout):
                raise TimeoutError
            self._flag.clear()
        return self._all.popleft()


def queue_world(make: Callable[[Any], Queue[int]], timeout: float | None) -> Callable[[Simulated], World]:
    def build(sim: Simulated) -> World:
        queue, taken = make(sim), []
        given = list(range(6))

        def take(count: int) -> None:
            while count:
                try:
                    taken.append(queue.get(timeout))
                except TimeoutError:
                    assert len(taken) < len(given), "waits for an item that was lost"
                    assert sim.time < 5, "an item was lost"
                    continue
                count -= 1

        def main() -> None:
            tasks = [sim.spawn(lambda: take(3), f"taker {number}") for number in range(2)]
            for item in given:
                queue.put(item)
                if timeout is not None:
                    sim.sleep(timeout)
            for task in tasks:
                assert task.join(20), "an item waits and nobody takes it"
            assert sorted(taken) == given

        return main, {"a third taker": lambda: take(0)}

    return build


def pool_world(sim: Simulated) -> World:
    """Workers come and go at the very times at which jobs come."""
    pool, ran = Pool(sim, 8, "pool"), []

    def jobs(base: int) -> None:
        for number in range(4):
            done = sim.flag()

            def body(number: int = number, done: Any = done) -> None:
                ran.append(base + number)
                done.set()

            pool.run(body, f"job {base + number}")
            assert done.wait(100), "a job was lost"
            sim.sleep(10.0)

    def main() -> None:
        tasks = [sim.spawn(lambda base=base: jobs(base), f"giver {base}") for base in (0, 10)]  # type: ignore[misc]  # mypy knows no type of a default
        for task in tasks:
            task.join()
        assert sorted(set(ran)) == [0, 1, 2, 3, 10, 11, 12, 13] and pool.close(5) == []

    def another() -> None:
        with suppress(TooMany):  # the pool may be closed already
            pool.run(lambda: sim.sleep(0.01), "another")

    return main, {"another": another}


DEFECTS = {
    "losing lock": lock_world(LosingLock),
    "forgetful queue": queue_world(ForgetfulQueue, 0.01),
    "shared flag": queue_world(SharedFlagQueue, None),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_planted_defects_are_found(defect: str) -> None:
    """Rule 30: planted defects prove that it finds what it should."""
    with pytest.raises(SimulationFailed):
        explore(DEFECTS[defect], references=(1, 2), seeds=range(400))


OURS = {
    "lock": lock_world(Lock),
    "queue, get with time-out": queue_world(Queue, 0.01),
    "queue": queue_world(Queue, None),
    "pool": pool_world,
}


@pytest.mark.parametrize("what", OURS)
def test_nothing_is_found_in_ours(what: str) -> None:
    """Rule 30: every operation at every point of the reference runs, then seeds."""
    explored = explore(OURS[what], references=(1, 2), seeds=range(100, 250))
    assert explored.seeds == 150 and list(explored.references) == [1, 2]
    assert explored.injected and explored.runs > 160
    assert str(explored).startswith(f"{explored.runs} runs: points ")
    print(explored)


def test_replays_are_the_same() -> None:
    """Rule 29: seeds run twice give whole traces that are equal."""
    for scenario in OURS.values():
        for seed in range(25):
            same_twice(scenario, seed)


def test_a_run_that_is_not_the_same_twice_is_found() -> None:
    runs = iter(range(100))

    def build(sim: Simulated) -> World:
        extra = next(runs)

        def main() -> None:
            for _ in range(5 + extra):
                sim.spawn(lambda: None, f"task {extra}").join()

        return main, {}

    with pytest.raises(AssertionError, match="of the trace: expected"):
        same_twice(build, 1)
