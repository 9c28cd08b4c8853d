"""The home of a device that is wrapped by its PVI: what it lists is followed, what is asked of it is put."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from ...core import DState
from ...core.forwarded import ForwardedDevice, away, reshape, tell, usable
from ...errors import BadValue, DeviceFailed, MacduffError, NotFound, Unreachable
from ...values import NO_ALARM, Severity, VAction
from ..glue import Done, binding_of, limits_of, problem
from ..wrapping import Requests, reading
from .binding import PvaBinding
from .encode import encode
from .library import PVA, PvaThread, load
from .link import Link
from .members import Member, Members, Own
from .putting import put
from .pvi import Found, Left, entries_of, inspect, tree

__all__ = ["Wrapped"]

LOG = logging.getLogger("macduff.sources")
RETRY = 5.0
"""Seconds after which what was not found is looked for again."""
_STOPS = ("stop", "abort")
"""What abort sets off, the first that the device has."""


class Wrapped:
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
        self._members = Members(device, (), timeout)
        self._own: dict[str, tuple[str, Link]] = {}
        self._known = False
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
            work = self._set_off(
                self._members.named("reset") if method == "reset" else self._members.methods.get(method), what
            )
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
                if self._gone is not None and self._known:
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
                members.append(Member(entry, it))
            else:
                left.reasons[entry.name] = str(it)
                left.again = left.again or not isinstance(it, BadValue)
        if self._closed or self._subscription is None:
            return
        for name, reason in left.reasons.items():
            if name not in self._warned:
                self._warned.add(name)
                LOG.warning("%s: %s is left out: %s", self._device.name, name, reason)
        self._show(thread, Members(self._device, members, self._timeout))
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

    def _show(self, thread: PvaThread, members: Members) -> None:
        before, self._members = self._members, members
        if not self._known or members.shape != before.shape:
            self._reshape(before, members)
        self._follow_own(thread, members.own)
        told = {name: attribute.writable for name, attribute in members.attributes.items()}
        told |= dict.fromkeys(members.methods, True)
        if self._gone is not None and self._gone.is_set():
            self._gone.clear()
            self._hear_again()
        self._known = True
        usable(self._device, {**told, "abort": True, "reset": members.named("reset") is not None})
        problem(self._device, "there")

    def _hear_again(self) -> None:
        """What was made INVALID with the list says its value again, if it was there all the time."""
        for attribute in self._device.attributes.values():
            binding = binding_of(attribute)
            if isinstance(binding, PvaBinding):
                binding.again()
        for _, link in self._own.values():
            link.again()

    def _reshape(self, before: Members, members: Members) -> None:
        methods, label, about = members.specs(), self.pv.removesuffix(":PVI"), f"The device that {self.pv} lists."
        made = members.attributes
        moved = {name for name, entry in before.entries.items() if members.entries.get(name, entry) != entry}
        if moved:  # the same name, other PVs: another attribute
            kept = {name: attribute for name, attribute in made.items() if name not in moved}
            reshape(self._device, kept, methods, label=label, description=about)
        reshape(self._device, made, methods, label=label, description=about)

    def _follow_own(self, thread: PvaThread, own: dict[str, str]) -> None:
        for name, (pv, link) in list(self._own.items()):
            if own.get(name) != pv:
                link.close()
                del self._own[name]
        for name, pv in own.items():
            if name not in self._own:
                link = Link(thread, pv, Own(self._device, name))
                self._own[name] = (pv, link)
                link.start()
        now = self._device.clock.time_ns()
        if "state" not in own:
            tell(self._device, "state", reading(DState.Idle, NO_ALARM, now), DState.Idle)
        if "status" not in own:
            tell(self._device, "status", reading("", NO_ALARM, now), "")

    # what is asked of it

    async def _set_off(self, member: Member | None, what: str) -> None:
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
        member = next((found for name in _STOPS if (found := self._members.named(name)) is not None), None)
        if member is not None:
            await self._set_off(member, f"{self._device.name}.abort")
