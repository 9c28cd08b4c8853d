"""One Tango device that is followed: found, asked whether it is there, its attributes read where no events come."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

from .library import Calls, TangoThread, is_away, text_of
from .link import AttributeLink, Subscription, no_configuration

__all__ = ["Followed", "Watcher"]

LOG = logging.getLogger("macduff.sources")
PING = 2.0
"""Seconds between two questions whether a device is there."""
RETRY = 1.0
"""Seconds after which a device that cannot be reached is tried again."""
CONNECTIONS = 5
"""That omniORB may keep to one server."""
_QUESTIONS = frozenset("ping info read_attributes get_attribute_config_ex".split())


class Watcher(Protocol):
    """Somebody who wants to know whether the device is there; all on the thread of Tango."""

    def found(self) -> None: ...
    def lost(self, reason: str) -> None: ...


class Followed:
    """All on the thread of Tango; its calls wait elsewhere. Made by `followed`, ends when nobody uses it."""

    def __init__(self, thread: TangoThread, name: str) -> None:
        self.name = name
        self.tango: Any = thread.resource.tango
        self.up = False
        self.reason = "never connected"
        self._thread = thread
        self._calls: Calls = thread.resource
        self._loop = asyncio.get_running_loop()
        self._links: dict[AttributeLink, None] = {}
        self._watchers: dict[Watcher, None] = {}
        self._woken = asyncio.Event()
        self._proxy: Any = None
        self._askers: dict[float | None, Any] = {}
        self._contact = 0.0
        self._task = thread.spawn(self._follow())

    @staticmethod
    def of(thread: TangoThread, name: str) -> Followed:
        """The device of that name, whoever else follows it."""
        devices = thread.resource.devices
        if name.lower() not in devices:
            devices[name.lower()] = Followed(thread, name)
        device: Followed = devices[name.lower()]
        return device

    def add(self, user: AttributeLink | Watcher) -> None:
        if isinstance(user, AttributeLink):
            self._links[user] = None
        else:
            self._watchers[user] = None
            if self.up:
                user.found()
        self.wake()

    def remove(self, user: AttributeLink | Watcher) -> None:
        if isinstance(user, AttributeLink):
            self._links.pop(user, None)
            user.close()
            self.unsubscribe(user.subscriptions)
        else:
            self._watchers.pop(user, None)
        if not self._links and not self._watchers:
            self.close()

    def close(self) -> None:
        """Nobody uses it any more."""
        self._calls.devices.pop(self.name.lower(), None)
        self._task.cancel()
        for link in self._links:
            link.close()
            self.unsubscribe(link.subscriptions)

    def wake(self) -> None:
        """There is something to do."""
        self._woken.set()

    # what is asked of it

    async def ask(self, function: str, *args: Any, timeout: float | None = None) -> Any:
        """Call a function of the device's proxy, such as `write_attribute`; timeout in seconds, else Tango's 3."""
        return await self._calls.ask(self._asked, function, args, timeout)

    def _asked(self, function: str, args: tuple[Any, ...], timeout: float | None) -> Any:
        """Questions that change nothing are asked again where a connection had ended, as `_reach` does."""
        for left in reversed(range(CONNECTIONS + 1)):
            try:
                return getattr(self._asker(timeout), function)(*args)
            except self.tango.DevFailed as error:
                if not left or function not in _QUESTIONS or not is_away(error):
                    raise
                self._askers.pop(timeout, None)
        raise AssertionError("not reached")

    def _asker(self, timeout: float | None) -> Any:
        proxy = self._askers.get(timeout)
        if proxy is None:
            proxy = self.tango.DeviceProxy(self.name)
            if timeout is not None:
                proxy.set_timeout_millis(max(1, round(timeout * 1000)))
            self._askers[timeout] = proxy
        return proxy

    async def subscribe(self, kind: str, callback: Callable[[Any], None], member: str = "") -> Subscription:
        """Have events told on the loop; as Tango's AsyncRead, so that it works for a device that is not there yet."""
        made: Subscription = await self._calls.follow(self._subscribe, self._proxy, kind, callback, member)
        return made

    def _subscribe(self, proxy: Any, kind: str, callback: Callable[[Any], None], member: str) -> Subscription:
        loop, tango = self._loop, self.tango

        def told(event: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop was closed a moment ago
                loop.call_soon_threadsafe(callback, event)

        what = [member] if member else []
        number = proxy.subscribe_event(*what, getattr(tango.EventType, kind), told, tango.EventSubMode.AsyncRead)
        return proxy, int(number)

    def unsubscribe(self, subscriptions: list[Subscription]) -> None:
        """Never waits."""
        if subscriptions:
            self._calls.later(_unsubscribe, list(subscriptions))
            subscriptions.clear()

    # following

    async def _follow(self) -> None:
        while True:
            try:
                pause = await self._turn()
            except self.tango.DevFailed as error:
                self._lost(f"{self.name}: cannot be reached: {text_of(error)}")
                pause = RETRY
            except Exception as error:  # the thread is everybody's: nothing may end it, and nothing may go unseen
                LOG.exception("%s: begun anew after an error", self.name)
                self._lost(f"{self.name}: {type(error).__name__}: {error}")
                pause = RETRY
            if not self.up:
                await asyncio.sleep(pause)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), pause)

    async def _turn(self) -> float:
        """Whatever is to be done now; seconds until there is something again. DevFailed: it cannot be reached."""
        if not self.up:
            self._proxy = await self._calls.follow(self._reach)
            self._found()
        self._woken.clear()
        now = time.monotonic()
        await self._describe([link for link in self._links if link.native is None and link.is_due(now)])
        now = time.monotonic()
        due = [link for link in self._links if link.native is not None and link.is_due(now)]
        if due:
            await self._read(due)
        elif now - self._contact >= PING:
            await self._calls.follow(self._proxy.ping)
            self._contact = time.monotonic()
        now = time.monotonic()
        return max(0.0, min([self._contact + PING, *(link.due for link in self._links)]) - now)

    def _reach(self) -> Any:
        """A new proxy, for one that failed would not try again within 1 s. Elsewhere; raises what the last ping did.

        omniORB keeps several connections to a server. When that ended each of them fails once, whoever takes it, so
        that a server that is there again is found only after as many attempts.
        """
        for left in reversed(range(CONNECTIONS + 1)):
            proxy = self.tango.DeviceProxy(self.name)
            proxy.set_transparency_reconnection(False)  # so that a server that was away for a moment is noticed
            try:
                proxy.ping()
                return proxy
            except self.tango.DevFailed as error:
                if not left or not any("COMM_FAILURE" in failure.desc for failure in error.args):
                    raise
        raise AssertionError("not reached")

    def _found(self) -> None:
        self.up, self._contact = True, time.monotonic()
        for watcher in list(self._watchers):
            watcher.found()

    def _lost(self, reason: str) -> None:
        was, self.up, self.reason = self.up, False, reason
        self._askers.clear()
        for link in list(self._links):
            link.disconnected(reason)
        if was or self._contact == 0.0:
            for watcher in list(self._watchers):
                watcher.lost(reason)
        self._contact = self._contact or -1.0

    async def _describe(self, links: list[AttributeLink]) -> None:
        """Learn what attributes are; subscribe to them."""
        for link in links:
            try:
                info = (await self._calls.follow(self._proxy.get_attribute_config_ex, [link.member]))[0]
            except self.tango.DevFailed as error:
                if is_away(error):
                    raise
                no_configuration(link, self.name, error)
                continue
            link.learn(info)
            if link.events and not link.subscriptions and link in self._links:
                link.subscriptions.append(await self.subscribe("ATTR_CONF_EVENT", link.configuration, link.member))
                link.subscriptions.append(await self.subscribe("CHANGE_EVENT", link.event, link.member))
                if link not in self._links:  # closed meanwhile
                    self.unsubscribe(link.subscriptions)

    async def _read(self, links: list[AttributeLink]) -> None:
        began = time.monotonic()
        names = list({link.member.lower(): link.member for link in links}.values())
        try:
            values = await self._calls.follow(self._proxy.read_attributes, names)
        except self.tango.DevFailed as error:
            if is_away(error):
                raise
            for link in links:
                link.failed(f"{self.name}/{link.member}: {text_of(error)}")
            return
        self._contact = time.monotonic()
        read = {name.lower(): value for name, value in zip(names, values, strict=True)}
        for link in links:
            if link.native is not None:
                link.take(read[link.member.lower()], began)


def _unsubscribe(subscriptions: list[Subscription]) -> None:
    for proxy, number in subscriptions:
        with contextlib.suppress(Exception):  # the server is gone: nothing to tell it
            proxy.unsubscribe_event(number)
