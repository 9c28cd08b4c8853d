"""What is asked of one device at the same time goes as one call: a point of a plan costs one, however many signals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from ...sources.tango.library import load
from .proxies import ask_device

__all__ = ["configuration", "read"]

_Call = Callable[[Sequence[str]], Sequence[Any]]


class _Asked:
    """The names that were asked for in this turn of the loop, with the call that answers for all of them."""

    def __init__(self, key: tuple[int, int, str], proxy: Any, call: _Call) -> None:
        self.key, self.proxy, self.call = key, proxy, call
        self.waiting: dict[str, asyncio.Future[Any]] = {}


_ASKED: dict[tuple[int, int, str], _Asked] = {}
"""By loop, proxy and what is asked; an entry lasts for one turn of its loop."""


async def read(proxy: Any, name: str) -> Any:
    """A tango.DeviceAttribute; DevFailed if it cannot be read."""
    return await _together(proxy, "read", name, lambda names: _read(proxy, names))


async def configuration(proxy: Any, name: str) -> Any:
    """A tango.AttributeInfoEx; DevFailed if there is no such attribute."""
    return await _together(proxy, "configuration", name, lambda names: _configurations(proxy, names))


async def _together(proxy: Any, what: str, name: str, call: _Call) -> Any:
    loop = asyncio.get_running_loop()
    key = (id(loop), id(proxy), what)
    asked = _ASKED.get(key)
    if asked is None:
        asked = _ASKED[key] = _Asked(key, proxy, call)
        loop.call_soon(_begin, asked)
    if name not in asked.waiting:
        asked.waiting[name] = loop.create_future()
    return await asyncio.shield(asked.waiting[name])  # who is cancelled takes nothing from the others


_RUNNING: set[asyncio.Task[None]] = set()


def _begin(asked: _Asked) -> None:
    del _ASKED[asked.key]
    task = asyncio.create_task(_answer(asked), name="asking a Tango device")
    _RUNNING.add(task)
    task.add_done_callback(_RUNNING.discard)


async def _answer(asked: _Asked) -> None:
    names = list(asked.waiting)
    try:
        answers = await ask_device(asked.proxy, asked.call, names)
    except BaseException as error:
        for future in asked.waiting.values():
            _fail(future, error)
        if isinstance(error, asyncio.CancelledError):
            raise
        return
    for future, answer in zip(asked.waiting.values(), answers, strict=True):
        if future.done():
            continue
        if isinstance(answer, Exception):
            _fail(future, answer)
        else:
            future.set_result(answer)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if future.done():
        return
    if isinstance(error, asyncio.CancelledError):
        future.cancel()
        return
    future.set_exception(error)
    future.exception()  # who was cancelled meanwhile does not ask for it


# in a thread


def _read(proxy: Any, names: Sequence[str]) -> list[Any]:
    if len(names) == 1:
        return [proxy.read_attribute(names[0])]
    failed: Any = load().DevFailed
    return [failed(*value.get_err_stack()) if value.has_failed else value for value in proxy.read_attributes(names)]


def _configurations(proxy: Any, names: Sequence[str]) -> list[Any]:
    failed: Any = load().DevFailed
    try:
        return list(proxy.get_attribute_config_ex(list(names)))
    except failed:  # one bad name fails all of them
        return [_configuration(proxy, name, failed) for name in names]


def _configuration(proxy: Any, name: str, failed: Any) -> Any:
    try:
        return proxy.get_attribute_config_ex([name])[0]
    except failed as error:
        return error
