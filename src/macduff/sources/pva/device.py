"""A whole device over PVAccess, wrapped with no class written: its attributes and methods are what its PVI lists."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ...core import Attribute, DState
from ...core.forwarded import ForwardedDevice, away, reshape, tell, usable
from ...core.method import MethodSpec
from ...errors import BadValue, DeviceFailed, MacduffError, NotFound, Unreachable
from ...values import NO_ALARM, Alarm, Severity, VAction, VEnum, VString, VType
from ..ca.facts import Facts, improved
from ..glue import Done, limits_of, members_of, problem
from ..pva_attribute import Pva
from ..wrapping import Requests, member_name, own_name, reading
from .encode import encode
from .facts import vtype_for
from .library import PVA, PvaThread, load
from .link import Link
from .native import Native
from .putting import put
from .pvi import Entry, Found, Left, entries_of, inspect, tree

__all__ = ["PvaDevice", "pva_device"]

LOG = logging.getLogger("macduff.sources")
RETRY = 5.0
"""Seconds after which what was not found is looked for again."""
_OWN = ("health", "state", "status")
NOT_YET = "not connected yet"
_STOPS = ("stop", "abort")
"""What abort sets off, the first that the device has."""


@dataclass(frozen=True)
class _Found(Pva):
    """A PV whose type nobody declared: it is what the PV's is, also when that comes back another."""

    follows: ClassVar[bool] = True


class PvaDevice(ForwardedDevice):
    """A device that lists its PVs in PREFIX:PVI, with all of them, wrapped with no class written.

    Devices within it are shown as part of it, their names before those of their members. timeout: seconds for a put or
    a method, else as long as it takes. abort sets off its stop, else its abort; reset its reset, where it has one.
    """

    def __init__(self, name: str, prefix: str, timeout: float | None = None) -> None:
        super().__init__(name)
        self._wrapped = self._home = _Wrapped(self, f"{prefix.removesuffix(':')}:PVI", timeout)

    def do_connect(self) -> None:
        """Begin to follow; the device may come later."""
        load()
        away(self, NOT_YET)
        problem(self, "there", Severity.INVALID, NOT_YET)
        self._wrapped.open()

    def do_close(self) -> None:
        """Follow no longer."""
        self._wrapped.close()


def pva_device(prefix: str, name: str = "", *, timeout: float | None = None) -> PvaDevice:
    """A device that lists its PVs in PREFIX:PVI as one of ours, to be added to a Process.

    name: its name here, else made from the prefix.
    """
    return PvaDevice(name or own_name(prefix), prefix, timeout)


class _Own:
    """health, state or status of a device that is macduff's there too: told to those of the device here."""

    def __init__(self, device: ForwardedDevice, name: str) -> None:
        self._device = device
        self._name = name

    def facts(self, native: Native, facts: Facts) -> VType[Any]:
        return VEnum(DState) if self._name == "state" else VString()

    def described(self) -> None:
        """It is as it was."""

    def value(self, value: Any, alarm: Alarm, time: int | None) -> None:
        stamp = self._device.clock.time_ns() if time is None else time
        if self._name == "health":
            severity = alarm.severity if alarm.severity or value == "OK" else Severity.MINOR
            problem(self._device, "its health", severity, "" if value == "OK" else str(value))
        else:
            tell(self._device, self._name, reading(value, alarm, stamp), value)

    def lost(self, reason: str) -> None:
        """The whole device says so."""


@dataclass(frozen=True)
class _Member:
    """What an entry is here."""

    entry: Entry
    found: Found


class _Wrapped:
    """The home of a wrapped device. `put`, `call`, `open` and `close` from any thread, the rest on PVAccess's."""

    def __init__(self, device: ForwardedDevice, pvi: str, timeout: float | None) -> None:
        self._device = device
        self.pv = pvi
        self._timeout = timeout
        self._thread: PvaThread | None = None
        self._subscription: Any = None
        self._context: Any = None
        self._requests = Requests(device)
        self._discovery: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._methods: dict[str, _Member] = {}
        self._verbs: dict[str, _Member] = {}
        self._entries: dict[str, Entry] = {}
        self._own: dict[str, tuple[str, Link]] = {}
        self._shape: object = None
        self._warned: set[str] = set()
        self._gone: asyncio.Event | None = None
        self._closed = False

    # any thread

    def open(self) -> None:
        if self._thread is None and not self._closed:
            self._thread = thread = PVA.acquire()
            thread.call(self._begin, thread)

    def close(self) -> None:
        self._closed = True
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.call(self._end, thread)
            thread.release()

    def put(self, values: Mapping[str, Any], readback: bool, done: Done) -> None:
        self._requests.put(self._thread, values, readback, done)

    def call(self, method: str, arguments: Mapping[str, Any], done: Done) -> None:
        what = f"{self._device.name}.{method}"
        if method == "abort":
            work = self._abort()
        else:
            work = self._set_off(self._named("reset") if method == "reset" else self._methods.get(method), what)
        self._requests.begin(self._thread, work, what, done)

    # the thread of PVAccess

    def _begin(self, thread: PvaThread) -> None:
        self._retry = None
        if self._thread is not None:
            self._gone = asyncio.Event()
            self._subscribe(thread)

    def _subscribe(self, thread: PvaThread) -> None:
        self._context = thread.resource.use()
        self._subscription = self._context.monitor(self.pv, self._came, notify_disconnect=True)

    def _unsubscribe(self, thread: PvaThread) -> None:
        if self._subscription is not None:
            self._subscription.close()
            thread.resource.leave(self._context)
            self._subscription = self._context = None

    def again(self) -> None:
        """Its server is looked for anew."""
        if self._subscription is not None and self._thread is not None:
            self._unsubscribe(self._thread)
            self._subscribe(self._thread)

    def _end(self, thread: PvaThread) -> None:
        self._stop_looking()
        thread.resource.found(self)
        self._unsubscribe(thread)
        for _, link in self._own.values():
            link.close()
        self._own = {}

    def _stop_looking(self) -> None:
        if self._discovery is not None:
            self._discovery.cancel()
        if self._retry is not None:
            self._retry.cancel()
        self._discovery = self._retry = None

    async def _came(self, event: Any) -> None:
        """The list of PVs, or why there is none. Must not raise: p4p would end the subscription."""
        if self._closed or self._subscription is None or self._thread is None:
            return
        try:
            self._stop_looking()
            if isinstance(event, load().Disconnected):
                if self._gone is not None and self._shape is not None:
                    self._gone.set()
                    self._lost(f"{self.pv}: disconnected")
                    self._thread.resource.seek(self)
            elif isinstance(event, Exception):
                self._unsubscribe(self._thread)
                self._lost(f"{self.pv}: {str(event) or type(event).__name__}")
                self._retry = self._thread.loop.call_later(RETRY, self._begin, self._thread)
            else:
                self._thread.resource.found(self)
                self._look(event)
        except Exception:
            LOG.exception("%s: its list of PVs is lost", self._device.name)

    def _lost(self, reason: str) -> None:
        if not self._closed:
            away(self._device, reason)
            problem(self._device, "its health")
            problem(self._device, "there", Severity.INVALID, reason)

    def _look(self, raw: Any) -> None:
        """Ask what the PVs are; ended by the next list."""
        thread = self._thread
        if thread is None or self._closed:
            return
        try:
            list(entries_of(self.pv, raw))
        except BadValue as error:
            self._lost(str(error))
            return
        self._discovery = thread.spawn(self._discover(thread, raw))

    async def _discover(self, thread: PvaThread, raw: Any) -> None:
        limit, left = limits_of(self._device).pva_open, Left()
        entries = await tree(thread, self.pv, raw, limit, left)
        pvs = list(dict.fromkeys(entry.shown or entry.roles["x"] for entry in entries))
        found = dict(zip(pvs, await asyncio.gather(*(self._inspect(thread, pv, limit) for pv in pvs)), strict=True))
        members = []
        for entry in entries:
            it = found[entry.shown or entry.roles["x"]]
            if isinstance(it, Found):
                members.append(_Member(entry, it))
            else:
                left.reasons[entry.name] = str(it)
                left.again = left.again or not isinstance(it, BadValue)
        if self._closed or self._subscription is None:
            return
        for name, reason in left.reasons.items():
            if name not in self._warned:
                self._warned.add(name)
                LOG.warning("%s: %s is left out: %s", self._device.name, name, reason)
        self._show(thread, members)
        if left.again:
            self._retry = thread.loop.call_later(RETRY, self._look, raw)

    async def _inspect(self, thread: PvaThread, pv: str, limit: float) -> Found | Exception:
        try:
            return await inspect(thread, pv, limit)
        except TimeoutError:
            return Unreachable(f"{pv}: expected a PV that is connected, found none within {limit:g} s")
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever its server refused with
            return error if isinstance(error, BadValue) else Unreachable(f"{pv}: {error}")

    def _show(self, thread: PvaThread, members: list[_Member]) -> None:
        taken = {name.lower() for name in members_of(self._device)}
        made: dict[str, Attribute[Any]] = {}
        entries: dict[str, Entry] = {}
        own: dict[str, str] = {}
        self._methods, self._verbs = {}, {}
        shape: list[object] = []
        for member in members:
            entry, native = member.entry, member.found.native
            if self._is_own(member):
                own[entry.name] = entry.shown
                continue
            if "x" in entry.roles and entry.name in ("abort", "reset"):  # the device here has these
                self._verbs[entry.name] = member
                continue
            name = member_name(entry.name, taken)
            taken.add(name.lower())
            entries[name] = entry
            if "x" in entry.roles:
                self._methods[name] = self._verbs[name] = member
            else:
                made[name] = self._attribute(member)
            shape.append((name, dict(entry.roles), member.found.description, native.kind == "image"))
        if shape != self._shape:
            self._reshape(made, entries)
            self._shape, self._entries = shape, entries
        self._follow_own(thread, own)
        told = {name: attribute.writable for name, attribute in made.items()} | dict.fromkeys(self._methods, True)
        if self._gone is not None:
            self._gone.clear()
        usable(self._device, {**told, "abort": True, "reset": self._named("reset") is not None})
        problem(self._device, "there")

    def _reshape(self, made: dict[str, Attribute[Any]], entries: dict[str, Entry]) -> None:
        methods = {
            name: MethodSpec(name, member.found.description, {}, (), {}, {}, False, busy="allow")
            for name, member in self._methods.items()
        }
        about = f"The device that {self.pv} lists."
        moved = {name for name, entry in self._entries.items() if name in entries and entries[name] != entry}
        if moved:  # the same name, other PVs: another attribute
            kept = {name: attribute for name, attribute in made.items() if name not in moved}
            reshape(self._device, kept, methods, label=self.pv.removesuffix(":PVI"), description=about)
        reshape(self._device, made, methods, label=self.pv.removesuffix(":PVI"), description=about)

    def _attribute(self, member: _Member) -> Attribute[Any]:
        entry, found = member.entry, member.found
        shown, taken = (pv.replace("{", "{{").replace("}", "}}") for pv in (entry.shown, entry.taken))
        source = _Found(taken or shown, shown if taken else None, timeout=self._timeout, read_only=not taken)
        vtype = improved(vtype_for(found.native), found.facts, found.facts)
        return Attribute(vtype, description=found.description, source=source)

    @staticmethod
    def _is_own(member: _Member) -> bool:
        """Whether it is health, state or status of a device that is macduff's there too."""
        name, native = member.entry.name, member.found.native
        if name not in _OWN or member.entry.taken or "x" in member.entry.roles:
            return False
        if name == "state":
            return native.kind == "enum" and set(native.labels) == {state.value for state in DState}
        return native.kind == "scalar" and native.code == "s"

    def _follow_own(self, thread: PvaThread, own: dict[str, str]) -> None:
        for name, (pv, link) in list(self._own.items()):
            if own.get(name) != pv:
                link.close()
                del self._own[name]
        for name, pv in own.items():
            if name not in self._own:
                link = Link(thread, pv, _Own(self._device, name))
                self._own[name] = (pv, link)
                link.start()
        now = self._device.clock.time_ns()
        if "state" not in own:
            tell(self._device, "state", reading(DState.Idle, NO_ALARM, now), DState.Idle)
        if "status" not in own:
            tell(self._device, "status", reading("", NO_ALARM, now), "")

    # what is asked of it

    def _named(self, wanted: str) -> _Member | None:
        return next((member for member in self._verbs.values() if member.entry.name.lower() == wanted), None)

    async def _set_off(self, member: _Member | None, what: str) -> None:
        thread, gone = self._thread, self._gone
        if thread is None or gone is None or gone.is_set():
            raise Unreachable(f"{what}: expected a device that is there, got one that is not")
        if member is None:
            raise NotFound(f"{what}: expected a method that the device has, got one that it has not")
        members = encode(VAction(), None, member.found.native)
        try:
            await put(thread, member.entry.roles["x"], members, gone, wait=True, timeout=self._timeout)
        except MacduffError:
            raise
        except Exception as error:
            raise DeviceFailed(f"{what}: {str(error) or type(error).__name__}") from error

    async def _abort(self) -> None:
        """What waits here ends, and the device is told to stop, if there is a way to tell it."""
        self._requests.abort()
        member = next((found for name in _STOPS if (found := self._named(name)) is not None), None)
        if member is not None:
            await self._set_off(member, f"{self._device.name}.abort")
