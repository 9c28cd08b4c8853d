"""Pools, the same on every backend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from macduff.errors import TooMany
from macduff.primitives import Backend, Flag, Pool
from macduff.primitives import pool as pool_module


@contextmanager
def pool_of(backend: Backend, limit: int) -> Iterator[Pool]:
    pool = Pool(backend, limit, "workers")
    try:
        yield pool
    finally:
        assert pool.close(10) == []


def test_runs_at_once_and_side_by_side(backend: Backend) -> None:
    flags = [backend.flag() for _ in range(3)]

    def body(number: int) -> None:
        flags[number].set()
        for flag in flags:
            assert flag.wait(10)

    with pool_of(backend, 3) as pool:
        for number in range(3):
            pool.run(lambda number=number: body(number), f"body {number}")  # type: ignore[misc]  # mypy knows no type of a default
        for flag in flags:
            assert flag.wait(10)


def test_workers_are_used_again(backend: Backend) -> None:
    with pool_of(backend, 8) as pool:
        who = set()
        for _ in range(5):
            done = backend.flag()

            def body(done: Flag = done) -> None:
                who.add(backend.identity())
                done.set()

            pool.run(body)
            assert done.wait(10)
            while pool.running:
                backend.sleep(0.001)
        assert len(who) == 1


def test_too_many_is_refused_and_nothing_is_queued(backend: Backend) -> None:
    go = backend.flag()
    with pool_of(backend, 2) as pool:
        pool.run(go.wait, "first")
        pool.run(go.wait, "second")
        with pytest.raises(TooMany, match="workers: expected at most 2 at a time, got third too"):
            pool.run(go.wait, "third")
        assert pool.running == ["first", "second"]
        go.set()


def test_a_worker_that_is_given_up_is_replaced(backend: Backend) -> None:
    """Rule 22: the thread of a quarantined call is replaced, and counts again when it comes back after all."""
    stuck, done = backend.flag(), backend.flag()
    with pool_of(backend, 1) as pool:
        pool.run(stuck.wait, "stuck")
        with pytest.raises(TooMany):
            pool.run(done.set, "other")
        pool.replace_one()
        pool.run(done.set, "other")
        assert done.wait(10)
        stuck.set()
        while pool.running:
            backend.sleep(0.001)
        pool.returned_one()
        done.clear()
        pool.run(done.set, "third")
        assert done.wait(10)


def test_close_names_what_still_runs_and_takes_nothing_more(backend: Backend) -> None:
    go = backend.flag()
    pool = Pool(backend, 2, "workers")
    pool.run(go.wait, "motor.move")
    assert pool.close(0.02) == ["motor.move"]
    with pytest.raises(TooMany, match="expected an open pool for late"):
        pool.run(go.set, "late")
    go.set()
    assert pool.close(10) == []


def test_idle_workers_end(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "IDLE_TIME", 0.02)
    pool = Pool(backend, 2, "workers")
    pool.run(lambda: None)
    for _ in range(500):
        if "0 workers" in repr(pool):
            break
        backend.sleep(0.01)
    assert "0 workers" in repr(pool)
    assert pool.close(10) == []


def test_a_job_that_comes_as_its_worker_gives_up_is_run(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "IDLE_TIME", 0.004)
    with pool_of(backend, 3) as pool:
        for _ in range(12):
            done = backend.flag()
            pool.run(done.set)
            assert done.wait(10)
            backend.sleep(0.004)


def test_the_call_of_one_job_is_not_the_next_ones(backend: Backend) -> None:
    """Rule 11: the current call is not inherited, not by the next job of the same worker either."""
    seen, local = [], backend.local

    def body(done: Flag) -> None:
        seen.append(local.call)
        local.call = "mine"
        done.set()

    with pool_of(backend, 1) as pool:
        for _ in range(3):
            done = backend.flag()
            pool.run(lambda done=done: body(done))  # type: ignore[misc]  # mypy knows no type of a default
            assert done.wait(10)
            while pool.running:
                backend.sleep(0.001)
    assert seen == [None, None, None]
