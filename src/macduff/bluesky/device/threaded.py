"""What links whose protocol has a thread of its own have in common: ways to it and back, and what is followed."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Generic, TypeVar

from ...client.describe import AttributeState
from ...client.model import AttributeInfo, DeviceInfo
from ...core.putting import confirms
from ...errors import BadValue, NotFound, TimedOut, Unreachable
from ...sources.shared import Running
from ...values import Alarm, AlarmStatus, Reading, Severity, VArray, values_equal

__all__ = ["Feed", "ThreadLink"]

R = TypeVar("R")
T = TypeVar("T")
FIRST = 10.0
"""Seconds for the first reading of what is followed, and for a single one."""

Told = Callable[[Reading], object]


class Feed:
    """An attribute that is followed. `tell` and `lost` from any thread, the rest on Bluesky's loop."""

    def __init__(self) -> None:
        self.end: Callable[[], None] = lambda: None
        """Follow it no longer."""
        self.first = asyncio.Event()
        self.callbacks: dict[object, Told] = {}
        self.last: Reading | None = None
        self._loop = asyncio.get_running_loop()
        self.began = self._loop.time()
        """When its first reading came; until then when it was made."""

    def tell(self, reading: Reading) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed a moment ago
            self._loop.call_soon_threadsafe(self._take, reading)

    def lost(self, reason: str) -> None:
        """It is what it was, INVALID."""
        last = self.last
        if last is not None:
            self.tell(last._replace(alarm=Alarm(Severity.INVALID, AlarmStatus.CLIENT, reason)))

    def _take(self, reading: Reading) -> None:
        last = self.last
        if last is not None and _same(last, reading):
            return
        if last is None:
            self.began = self._loop.time()
        self.last = reading
        self.first.set()
        for callback in list(self.callbacks.values()):
            callback(reading)


def _same(a: Reading, b: Reading) -> bool:
    """Whether both are one, told twice: on subscribing some protocols do."""
    return a.time == b.time and a.alarm == b.alarm and values_equal(a.value, b.value)


class _Subscription:
    def __init__(self, close: Callable[[], None]) -> None:
        self.close = close


class ThreadLink(ABC, Generic[R]):
    """A Link by a thread of `macduff.sources`, which it shares with others that use the same protocol."""

    settled = 0.0
    """Seconds after its first reading from which on each reading of what is followed comes."""

    def __init__(self, thread: Running[R], info: DeviceInfo) -> None:
        self._thread: Running[R] | None = thread
        self._info = info
        self._feeds: dict[str, Feed] = {}

    @property
    def info(self) -> DeviceInfo:
        return self._info

    def _running(self) -> Running[R]:
        if self._thread is None:
            raise Unreachable(f"{self._info.name}: expected a device that is connected, got one that was let go of")
        return self._thread

    # what the protocol does, on its thread

    @abstractmethod
    async def _state(self, attribute: str) -> AttributeState:
        """Description, reading and set point."""

    @abstractmethod
    async def _put(self, attribute: str, value: Any) -> None:
        """Put a value, and wait until that is complete."""

    @abstractmethod
    async def _call(self, method: str, arguments: dict[str, Any]) -> Any:
        """Call, and wait for the result."""

    @abstractmethod
    def _follow(self, attribute: str, feed: Feed) -> Callable[[], None]:
        """Tell a feed each reading; what ends that."""

    # on Bluesky's loop

    async def state(self, attribute: str) -> AttributeState:
        self._known(attribute)
        return await on(self._running(), self._limited(attribute))

    async def _limited(self, attribute: str) -> AttributeState:
        try:
            async with asyncio.timeout(FIRST):
                return await self._state(attribute)
        except TimeoutError:
            where = f"{self._info.name}.{attribute}"
            raise TimedOut(f"{where}: expected a reading within {FIRST:g} s, got none") from None

    async def put(self, attribute: str, value: Any, readback: bool = False) -> None:
        info = self._known(attribute)
        checked = info.vtype.validate(value, f"{self._info.name}.{attribute}")
        if not readback:
            await on(self._running(), self._put(attribute, checked))
            return
        there, confirmed = asyncio.Event(), confirms(info, checked)

        def told(reading: Reading) -> None:
            if confirmed(reading.value):
                there.set()

        await on(self._running(), self._put(attribute, checked))
        subscription = await self.subscribe(attribute, told, every=False)
        try:
            await there.wait()
        finally:
            subscription.close()

    async def call(self, method: str, args: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        takes = self._info.methods[method].takes
        if len(args) > len(takes):
            raise BadValue(f"{self._info.name}.{method}: expected at most {len(takes)} arguments, got {len(args)}")
        return await on(
            self._running(), self._call(method, {**dict(zip(takes, args, strict=False)), **parameters})
        )  # fmt: skip

    async def subscribe(self, attribute: str, callback: Told, every: bool) -> _Subscription:
        vtype = self._known(attribute).vtype
        feed = self.feed(attribute)
        try:
            async with asyncio.timeout(FIRST):
                await feed.first.wait()
        except TimeoutError:
            where = f"{self._info.name}.{attribute}"
            raise TimedOut(f"{where}: expected a reading within {FIRST:g} s, got none") from None
        if every:
            await asyncio.sleep(max(0.0, feed.began + self.settled - asyncio.get_running_loop().time()))
        assert feed.last is not None
        key = object()
        feed.callbacks[key] = callback
        callback(feed.last)

        def close() -> None:
            feed.callbacks.pop(key, None)
            if isinstance(vtype, VArray) and not feed.callbacks and self._feeds.get(attribute) is feed:
                del self._feeds[attribute]  # others stay: who asked once asks again, and they cost little
                feed.end()

        return _Subscription(close)

    def feed(self, attribute: str) -> Feed:
        """Begin to follow, if nobody does."""
        feed = self._feeds.get(attribute)
        if feed is not None:
            return feed
        feed = self._feeds[attribute] = Feed()
        thread = self._running()
        ends: list[Callable[[], None]] = []

        def end() -> None:
            for function in ends:
                function()

        thread.call(lambda: ends.append(self._follow(attribute, feed)))
        feed.end = lambda: thread.call(end)
        return feed

    async def close(self) -> None:
        thread, self._thread = self._thread, None
        if thread is None:
            return
        feeds, self._feeds = self._feeds, {}
        for feed in feeds.values():
            feed.end()
        thread.call(self._end)
        thread.release()

    def _end(self) -> None:
        """Let go of what the link itself has; on the protocol's thread."""

    def _known(self, attribute: str) -> AttributeInfo:
        info = self._info.attributes.get(attribute)
        if info is None:
            raise NotFound(f"{self._info.name}.{attribute}: expected an attribute of the device, got none of that name")
        return info


async def on(thread: Running[Any], work: Coroutine[Any, Any, T]) -> T:
    """Have something done on a protocol's thread; who is cancelled meanwhile stops waiting, and so does that."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, thread.loop))
