"""The proxies of Tango devices: one a device and loop, of PyTango's asyncio mode, with an executor of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import WeakKeyDictionary

from ophyd_async.core import NotConnectedError

from ...sources.tango.library import load, text_of
from .reaching import fresh, persist

__all__ = ["ask", "ask_device", "get_events_proxy", "get_proxy", "later"]

THREADS = 256
"""Calls of Tango that may wait for devices at the same time, for each loop; a thread begins when it is needed."""


class _Calls:
    """What one loop has: threads in which calls of Tango wait, and the proxies.

    PyTango's own executor belongs to the first loop that used it, and its 20 threads to everybody.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        from tango.asyncio_executor import AsyncioExecutor

        self.pool = ThreadPoolExecutor(THREADS, "macduff bluesky tango")
        self.executor: Any = AsyncioExecutor(loop, self.pool)
        self.proxies: dict[tuple[str, str], asyncio.Future[Any]] = {}
        self.end = _end_with_loop(self.pool)


_CALLS: WeakKeyDictionary[asyncio.AbstractEventLoop, _Calls] = WeakKeyDictionary()


async def _end_with_loop(pool: ThreadPoolExecutor) -> AsyncGenerator[None]:
    """A loop that ends closes the generators that were begun in it; so the threads end with it."""
    try:
        yield
    finally:
        pool.shutdown(wait=False)


async def _calls() -> _Calls:
    loop = asyncio.get_running_loop()
    calls = _CALLS.get(loop)
    if calls is None:
        load()
        calls = _CALLS[loop] = _Calls(loop)
        await anext(calls.end)
    return calls


async def ask(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function that blocks, such as one of a proxy's, where it may; in whatever loop this is awaited."""
    return await (await _calls()).executor.delegate(function, *args)


async def ask_device(proxy: Any, function: Callable[..., Any], *args: Any) -> Any:
    """The same for what asks the proxy's device: what fails because its server was started anew is done again."""
    return await ask(persist, proxy, function, *args)


def later(function: Callable[..., Any], *args: Any) -> None:
    """Have it called without waiting for it, or for its errors; in a loop where something was asked before."""
    _CALLS[asyncio.get_running_loop()].pool.submit(function, *args)


async def get_proxy(dev_name: str) -> Any:
    """The device's proxy in this loop, which all share; NotConnectedError when it cannot be reached."""
    return await _shared(dev_name, "Asyncio")


async def get_events_proxy(dev_name: str) -> Any:
    """The one that subscribes to its events, which blocks.

    A proxy of the asyncio mode gives what comes after the end of a subscription to a coroutine that nobody awaits.
    """
    return await _shared(dev_name, "Synchronous")


async def _shared(dev_name: str, mode: str) -> Any:
    calls = await _calls()
    key = (dev_name.lower(), mode)
    if key not in calls.proxies:
        calls.proxies[key] = asyncio.ensure_future(_make(dev_name, mode, calls))
        calls.proxies[key].add_done_callback(lambda made: _forget(calls, key, made))
    return await asyncio.shield(calls.proxies[key])


def _forget(calls: _Calls, key: tuple[str, str], made: asyncio.Future[Any]) -> None:
    """One that could not be made is made again when it is asked for again."""
    if made.cancelled() or made.exception() is not None:
        calls.proxies.pop(key, None)


async def _make(dev_name: str, mode: str, calls: _Calls) -> Any:
    tango: Any = load()
    green = getattr(tango.GreenMode, mode)
    try:
        return await calls.executor.delegate(lambda: fresh(dev_name, green_mode=green, asyncio_executor=calls.executor))
    except tango.DevFailed as error:
        raise NotConnectedError(f"{dev_name}: cannot be reached: {text_of(error)}") from error
