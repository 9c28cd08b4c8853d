"""The loop for coroutines that blocking code waits for."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from macduff.primitives import CoroutineRunner


class Ends:
    """Collects how coroutines ended."""

    def __init__(self) -> None:
        self.found: list[tuple[Any, BaseException | None]] = []
        self.event = threading.Event()

    def __call__(self, value: Any, error: BaseException | None) -> None:
        self.found.append((value, error))
        self.event.set()


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def fail() -> None:
    raise LookupError("planted")


async def forever() -> None:
    await asyncio.Event().wait()


def test_value_and_error_are_told_apart() -> None:
    runner, value, error = CoroutineRunner("loop"), Ends(), Ends()
    assert not any(thread.name == "loop" for thread in threading.enumerate())
    runner.run(double(21), value)
    runner.run(fail(), error)
    assert value.event.wait(10) and value.found == [(42, None)]
    assert error.event.wait(10) and isinstance(error.found[0][1], LookupError)
    assert runner.close() and runner.close()


def test_they_run_side_by_side_and_can_be_cancelled() -> None:
    runner, slow, quick = CoroutineRunner("loop"), Ends(), Ends()
    cancel = runner.run(forever(), slow)
    runner.run(double(1), quick)
    assert quick.event.wait(10) and not slow.found
    cancel()
    assert slow.event.wait(10) and isinstance(slow.found[0][1], asyncio.CancelledError)
    cancel()
    assert runner.close()


def test_close_cancels_what_runs_and_refuses_more() -> None:
    runner, ends = CoroutineRunner("loop"), Ends()
    runner.run(forever(), ends)
    assert runner.close()
    assert ends.event.wait(10) and isinstance(ends.found[0][1], asyncio.CancelledError)
    with pytest.raises(RuntimeError, match="expected a runner that is open"):
        runner.run(double(1), ends)
    assert CoroutineRunner("never used").close()
