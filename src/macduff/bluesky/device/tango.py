"""The way to a device over Tango: one of a macduff server with all that it means there, another as it is."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ...client.describe import AttributeState
from ...client.model import DeviceInfo
from ...core import DState
from ...errors import DeviceFailed, TimedOut, Unreachable, error_for
from ...sources.facts import Facts, improved
from ...sources.tango.device import OUR_STATES
from ...sources.tango.followed import Followed
from ...sources.tango.library import TANGO, Calls, TangoThread, as_error
from ...sources.tango.link import PERIOD, AttributeLink
from ...sources.tango.native import STATES, Native, alarm_of, native_of, time_of, vtype_for
from ...sources.tango.spelling import decoder, encode
from ...sources.wrapping import plain
from ...values import Alarm, Reading, VType
from .staging import AT_REST
from .tango_members import Asked, Members
from .threaded import Feed, ThreadLink, on

__all__ = ["TangoLink"]

_log = logging.getLogger("macduff.bluesky")
LOOK = 0.1
"""Seconds between two looks at a device whose call took longer than a Tango client waits."""
ASK = 0.5
"""Seconds after which the end of a call is asked for: after a restart of the server events take their time to come."""


class _Watch:
    """Whether the device is there. `changed` is set, and another, whenever that changes; on the thread of Tango."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.reason = ""

    def found(self) -> None:
        self._set("")

    def lost(self, reason: str) -> None:
        self._set(reason)

    def _set(self, reason: str) -> None:
        self.reason = reason
        before, self.changed = self.changed, asyncio.Event()
        before.set()


class _Teller:
    """Tells a feed what an attribute says."""

    def __init__(self, feed: Feed, of: Callable[[Any], Any]) -> None:
        self._feed, self._of = feed, of

    def facts(self, native: Native, facts: Facts) -> VType[Any]:
        return improved(vtype_for(native), facts, facts)

    def value(self, value: Any, setpoint: Any, alarm: Alarm, time: int, began: float) -> None:
        self._feed.tell(Reading(self._of(value), alarm, time, 0))

    def lost(self, reason: str) -> None:
        self._feed.lost(reason)


class _Result:
    """What NAME_result says; on the thread of Tango."""

    def __init__(self) -> None:
        self.told: Mapping[str, Any] = {}
        self.news = asyncio.Event()

    def facts(self, native: Native, facts: Facts) -> VType[Any]:
        return vtype_for(native)

    def value(self, value: Any, setpoint: Any, alarm: Alarm, time: int, began: float) -> None:
        self.take(value)

    def take(self, text: str) -> None:
        self.told = json.loads(text)
        self.news.set()

    def lost(self, reason: str) -> None:
        """The device as a whole says so."""

    def ended(self, number: int) -> bool:
        told = self.told.get("call", 0)
        return bool(told > number or (told == number and self.told["state"] != "running"))


class TangoLink(ThreadLink[Calls]):
    """A device over Tango. What tells of calls that do not wait is followed all the time."""

    settled = 0.1  # the first reading is asked for; events come when the server has heard of the subscription

    def __init__(self, thread: TangoThread, followed: Followed, watch: _Watch, members: Members, info: DeviceInfo):
        super().__init__(thread, info)
        self._followed = followed
        self._watch = watch
        self._members = members
        self._results: dict[str, _Result] = {}
        self._links: list[AttributeLink] = []
        for name, asked in members.commands.items():
            if asked.result:
                sink = self._results[name] = _Result()
                self._links.append(AttributeLink(followed, asked.result, sink, PERIOD, True))
        for link in self._links:
            followed.add(link)

    @classmethod
    async def open(cls, address: str, timeout: float) -> TangoLink:
        """The device that `address` names; ValueError for one that cannot be, a MacduffError when it is not reached."""
        plain = address.partition("#")[0].removeprefix("tango://").split("/")
        if len(plain) != 4 or not all(plain):
            expected = '"tango://127.0.0.1:10000/demo/macduff/det", with #dbase=no behind it without a database'
            raise ValueError(f"MacduffDevice: expected a device such as {expected}, got {address!r}")
        thread = TANGO.acquire()
        try:
            return await on(thread, cls._found(thread, address, plain[-1], timeout))
        except BaseException:
            thread.release()
            raise

    @classmethod
    async def _found(cls, thread: TangoThread, address: str, name: str, timeout: float) -> TangoLink:
        followed, watch = Followed.of(thread, address), _Watch()
        changed = watch.changed
        followed.add(watch)
        try:
            if not followed.up:
                async with asyncio.timeout(timeout):
                    await changed.wait()
            if watch.reason:
                raise Unreachable(watch.reason)
            attributes = await followed.ask("attribute_list_query_ex")
            commands = await followed.ask("command_list_query")
            about = await followed.ask("info")
            members = Members(followed.tango, address, attributes, commands)
            if members.left_out:
                _log.warning("%s: left out, of types that are none here: %s", address, ", ".join(members.left_out))
            info = members.info(name, f"A Tango device of class {about.dev_class}.")
            return cls(thread, followed, watch, members, info)
        except BaseException as error:
            followed.remove(watch)
            if isinstance(error, TimeoutError):
                raise Unreachable(f"{address}: expected a device within {timeout:g} s: {followed.reason}") from None
            if isinstance(error, followed.tango.DevFailed):
                raise as_error(error, address) from error
            raise

    # on the thread of Tango

    async def _ask(self, what: str, function: str, *args: Any) -> Any:
        where = f"{self._info.name}.{what}"
        if not self._followed.up:
            raise Unreachable(f"{where}: expected a device that is there: {self._followed.reason}")
        try:
            return await self._followed.ask(function, *args)
        except Exception as error:
            raise as_error(error, where) from error

    async def _state(self, attribute: str) -> AttributeState:
        member, info = self._members.members[attribute], self._info.attributes[attribute]
        raw = (await self._ask(attribute, "read_attributes", [member]))[0]
        if raw.has_failed:
            raise as_error(self._followed.tango.DevFailed(*raw.get_err_stack()), f"{self._info.name}.{attribute}")
        if attribute in ("state", "status"):
            value = self._told(attribute)(STATES[int(raw.value)] if member == "State" else raw.value)
            return AttributeState(info, Reading(value, Alarm(), time_of(raw.time), 0), value)
        about = (await self._ask(attribute, "get_attribute_config_ex", [member]))[0]
        info = replace(self._members.attribute_info(about), parameter=info.parameter)
        native = native_of(self._info.name, about, self._followed.tango)
        decode = decoder(info.vtype, native)
        value = decode(raw.value)
        reading = Reading(value, alarm_of(raw.quality, info.vtype, value), time_of(raw.time), 0)
        return AttributeState(info, reading, decode(raw.w_value) if native.writable else value)

    def _told(self, attribute: str) -> Callable[[Any], Any]:
        """Our state is the first word of the Status of our devices: there are more of them than Tango has."""
        if not self._members.ours:
            return (lambda state: OUR_STATES.get(state, DState.Idle).value) if attribute == "state" else str
        if attribute == "state":
            return lambda status: status.partition("\n")[0].partition(":")[0]
        return lambda status: status.partition("\n")[0].partition(": ")[2]

    async def _put(self, attribute: str, value: Any) -> None:
        member = self._members.members[attribute]
        about = (await self._ask(attribute, "get_attribute_config_ex", [member]))[0]
        native = native_of(self._info.name, about, self._followed.tango)
        raw = encode(self._members.attribute_info(about).vtype, value, native)
        await self._ask(attribute, "write_attribute", member, raw)

    async def _call(self, method: str, arguments: dict[str, Any]) -> Any:
        asked = self._members.commands[method]
        given = self._given(asked, method, arguments)
        await self._ask(method, "ping")  # a server that is there again is found by a question, which may be asked twice
        if not asked.result:
            try:
                returned = await self._ask(method, "command_inout", *given)
            except TimedOut:
                if not self._members.ours:
                    raise
                await self._at_rest(method)
                return None
            return asked.command.result(returned, f"{self._info.name}.{method}")
        result, changed = self._results[method], self._watch.changed
        result.told = {}  # of the server before this one, maybe
        number = await self._ask(method, "command_inout", *given)
        while not result.ended(number):
            if not await self._news(result.news, changed, method):
                result.take((await self._ask(method, "read_attribute", asked.result)).value)
        told = result.told
        if told["call"] == number and told["state"] == "failed":
            raise error_for(told["error"]["kind"], told["error"]["message"])
        return told.get("value") if told["call"] == number else None

    def _given(self, asked: Asked, method: str, arguments: dict[str, Any]) -> tuple[Any, ...]:
        command, where = asked.command, f"{self._info.name}.{method}"
        if asked.json:
            return command.name, json.dumps({name: plain(value) for name, value in arguments.items()})
        if command.types[0] == "DevVoid":
            return (command.name,)
        theirs = dict(zip(command.spec.takes, arguments.values(), strict=False))
        return command.name, command.argument(command.spec.bind(where, theirs), self._followed.tango, where)

    async def _news(self, news: asyncio.Event, changed: asyncio.Event, method: str) -> bool:
        """Wait for it; False when it does not come; Unreachable when the device went, though it may be back."""
        waits = [asyncio.ensure_future(event.wait()) for event in (news, changed)]
        try:
            await asyncio.wait(waits, timeout=ASK, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if changed.is_set():
            reason = self._watch.reason or "a device that went and came back"
            raise Unreachable(f"{self._info.name}.{method}: expected its end, got {reason}")
        came = news.is_set()
        news.clear()
        return came

    async def _at_rest(self, method: str) -> None:
        """A call that goes on behind its answer: it has ended when the device rests."""
        while (state := (await self._state("state")).reading.value) not in (*AT_REST, "Paused"):
            await asyncio.sleep(LOOK)
        if state in ("Aborted", "Fault"):
            raise DeviceFailed(f"{self._info.name}.{method}: expected its end, got {state}")

    def _follow(self, attribute: str, feed: Feed) -> Callable[[], None]:
        member = self._members.members[attribute]
        teller = _Teller(feed, self._told(attribute) if attribute in ("state", "status") else lambda value: value)
        link = AttributeLink(self._followed, member, teller, PERIOD, True)
        self._followed.add(link)
        return lambda: self._followed.remove(link)

    def _end(self) -> None:
        for link in self._links:
            self._followed.remove(link)
        self._followed.remove(self._watch)
