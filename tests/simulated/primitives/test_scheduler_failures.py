"""The ways in which a run of the simulation fails, and what is left of it."""

from __future__ import annotations

from typing import Any

import pytest

from macduff.primitives import Lock, simulated
from macduff.primitives.simulation import SimulationFailed


def test_a_task_that_raises_fails_the_run() -> None:
    """Rule 29: a raising task fails the run; the message has the seed."""
    sim = simulated(17)

    def body() -> None:
        sim.sleep(1)
        raise LookupError("planted")

    def main() -> None:
        sim.spawn(body, "the bad one")
        sim.sleep(5)

    with pytest.raises(
        SimulationFailed, match=r"seed 17: the bad one raised LookupError: planted\n.*seed=17"
    ) as failed:
        sim.run(main)
    assert isinstance(failed.value.__cause__, LookupError) and failed.value.seed == 17
    assert sim.time == 1.0 and sim.left == [
        f"main: sleeps, at test_scheduler_failures.py:{main.__code__.co_firstlineno + 2} in {main.__qualname__}"
    ]


class Severe(BaseException):
    """Not an Exception."""


@pytest.mark.parametrize("error", [Severe("x"), SystemExit(1), AssertionError("x")])
def test_every_exception_counts_as_raising(error: BaseException) -> None:
    sim = simulated(1)

    def body() -> None:
        raise error

    def main() -> None:
        sim.spawn(body, "body")
        sim.sleep(1)

    with pytest.raises(SimulationFailed) as failed:
        sim.run(main)
    assert failed.value.__cause__ is error


def test_an_interrupt_is_not_wrapped() -> None:
    sim = simulated(1)

    def main() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sim.run(main)


def test_a_deadlock_shows_who_waits_for_whom() -> None:
    """Issue: a deadlock shows who waits for whom."""
    found = []
    for seed in range(200):
        sim = simulated(seed)
        x, y, reply = Lock(sim, "lock of x"), Lock(sim, "lock of y"), sim.flag()
        reply.reason = "the reply of scan"

        def both(first: Lock, second: Lock) -> None:
            with first, second:
                pass

        def main(sim: Any = sim, x: Lock = x, y: Lock = y, reply: Any = reply) -> None:
            sim.spawn(lambda: both(x, y), "up")
            sim.spawn(lambda: both(y, x), "down")
            task = sim.spawn(lambda: sim.sleep(1), "other")
            task.join()
            assert x.holder, "they passed each other"
            reply.wait()

        with pytest.raises(SimulationFailed) as failed:
            sim.run(main)
        if "deadlock:" in str(failed.value):
            found.append(str(failed.value))
    assert 10 < len(found) < 190
    for text in found:
        assert "up: waits for lock of y, held by down, at test_scheduler_failures.py" in text
        assert "down: waits for lock of x, held by up, at test_scheduler_failures.py" in text
        assert "main: waits for the reply of scan, at test_scheduler_failures.py" in text
        assert "other" not in text


def test_spinning_is_found() -> None:
    """Rule 29: a limit on steps without time passing."""
    sim = simulated(1, step_limit=1000)

    def spin() -> None:
        while True:
            sim.preempt()

    def main() -> None:
        sim.spawn(spin, "spin")
        sim.sleep(10)

    with pytest.raises(SimulationFailed, match=r"no time has passed in 1000 steps.*in .*spin"):
        sim.run(main)
    assert 1000 <= sim.points < 1010


def test_steps_with_time_passing_are_not_limited() -> None:
    sim = simulated(1, step_limit=50)

    def main() -> None:
        for _ in range(100):
            sim.sleep(0.001)

    sim.run(main)
    assert sim.points >= 100


def test_a_run_that_never_ends_is_found() -> None:
    sim = simulated(1, time_limit=60.0)

    def main() -> None:
        sim.spawn(lambda: [sim.sleep(1) for _ in range(1000)], "ticker")  # type: ignore[func-returns-value]  # run for what it does
        sim.flag().wait()

    with pytest.raises(SimulationFailed, match=r"expected an end within 60.0 simulated seconds(.|\n)*main: waits for"):
        sim.run(main)


def test_what_is_left_is_killed_and_reported() -> None:
    sim = simulated(1)
    ends: list[str] = []
    flag = sim.flag()
    flag.reason = "work"

    def waits() -> None:
        try:
            flag.wait()
        finally:
            ends.append(f"waits {sim.local.call}")
            sim.flag().set()

    def obstinate() -> None:
        sim.local.call = "mine"
        while True:
            try:
                flag.wait()
            except BaseException:
                ends.append("not yet")

    def noisy() -> None:
        try:
            sim.sleep(100)
        finally:
            raise ValueError("in finally")

    def main() -> str:
        for body in (waits, obstinate, noisy):
            sim.spawn(body, body.__name__)
        sim.sleep(1)
        sim.spawn(waits, "too late")
        return "result"

    assert sim.run(main) == "result"
    assert ends.count("waits None") == 1 and ends.count("not yet") > 100
    assert [line.split(",")[0] for line in sim.left] == [
        "waits: waits for work", "obstinate: waits for work", "noisy: sleeps", "too late: has not begun",
        "noisy raised ValueError: in finally when it was ended", "obstinate does not end when it is told to",
    ]  # fmt: skip
