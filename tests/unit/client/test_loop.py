"""The threads of a synchronous client end without leaving anybody waiting."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest

from macduff.client.loop import CallbackThread, LoopThread


def test_what_was_accepted_before_the_end_is_run() -> None:
    loop = LoopThread("a loop")
    ran = threading.Event()
    late: list[asyncio.Future[None]] = []

    async def wait() -> str:
        late.append(asyncio.get_running_loop().create_future())
        await late[0]
        return "done"

    async def last() -> None:
        """In the loop's last turn somebody asks for more."""
        loop.soon(ran.set)
        loop.soon(lambda: late[0].set_result(None))

    future = loop.submit(wait())
    while not late:
        loop.submit(asyncio.sleep(0)).result(5)
    loop.finish(last)
    assert ran.is_set()
    assert future.result(0) == "done"
    with pytest.raises(RuntimeError, match="the loop has ended"):
        loop.soon(ran.set)
    with pytest.raises(RuntimeError, match="the loop has ended"):
        loop.submit(wait())


def test_who_never_ends_is_cancelled() -> None:
    loop = LoopThread("a loop")

    async def nothing() -> None:
        pass

    future = loop.submit(asyncio.sleep(3600))
    loop.finish(nothing)
    assert future.cancelled()


def test_a_blocking_call_on_the_loop_s_own_thread_is_refused() -> None:
    loop = LoopThread("a loop")

    async def inside() -> str:
        with pytest.raises(RuntimeError, match="would wait for itself for ever"):
            loop.submit(asyncio.sleep(0))
        return "refused"

    async def nothing() -> None:
        pass

    assert loop.submit(inside()).result(5) == "refused"
    loop.finish(nothing)


def test_callbacks_that_wait_are_called_before_the_end() -> None:
    callbacks = CallbackThread("callbacks")
    ran: list[int] = []
    for number in range(3):
        callbacks.soon(partial(ran.append, number))
    assert callbacks.stop(5)
    assert ran == [0, 1, 2]
    callbacks.soon(lambda: ran.append(3))
    assert ran == [0, 1, 2]


def test_a_callback_that_does_not_end_is_told() -> None:
    callbacks = CallbackThread("callbacks")
    gate = threading.Event()
    callbacks.soon(lambda: gate.wait(5))
    assert not callbacks.stop(0.01)
    gate.set()
    assert callbacks.stop(5)
