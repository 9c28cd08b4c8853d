"""The way to a device over EPICS PVAccess: its PVs as its PVI lists them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from ...client.describe import AttributeState
from ...client.model import AttributeInfo, DeviceInfo, MethodInfo
from ...convert.names import pvi_member, pvi_name
from ...errors import BadValue, MacduffError, Unreachable
from ...sources.facts import Facts, improved
from ...sources.pva.calling import call, remote
from ...sources.pva.decode import decoder
from ...sources.pva.encode import encode
from ...sources.pva.facts import vtype_for
from ...sources.pva.library import PVA, Client, PvaThread, pva_at
from ...sources.pva.link import Link as PvLink
from ...sources.pva.native import Native, alarm_of, time_of
from ...sources.pva.putting import during, put
from ...sources.pva.pvi import Entry, Found, Left, entries_of, found_of, inspect, tree
from ...values import Alarm, Reading, VAction, VType
from .threaded import Feed, ThreadLink, on
from .words import signature_arguments

__all__ = ["PvaLink"]


@dataclass(frozen=True)
class _Pvs:
    """What a member is there. shown, taken: the PVs of value and set point; of a method only `shown`."""

    shown: Found
    taken: Found | None = None


class _Teller:
    """Tells a feed what a PV says."""

    def __init__(self, feed: Feed | None) -> None:
        self._feed = feed

    def facts(self, native: Native, facts: Facts) -> VType[Any]:
        return improved(vtype_for(native), facts, facts)

    def described(self) -> None:
        """Documents describe it when they are asked to."""

    def value(self, value: Any, alarm: Alarm, time: int | None) -> None:
        if self._feed is not None:
            self._feed.tell(Reading(value, alarm, time or 0, 0))

    def lost(self, reason: str) -> None:
        if self._feed is not None:
            self._feed.lost(reason)


class PvaLink(ThreadLink[Client]):
    """A device over PVAccess. One of its PVs is followed all the time, which tells when its server goes."""

    def __init__(self, thread: PvaThread, info: DeviceInfo, pvs: dict[str, _Pvs], guard: PvLink) -> None:
        super().__init__(thread, info)
        self._pvs = pvs
        self._guard = guard

    @classmethod
    async def open(cls, address: str, timeout: float) -> PvaLink:
        """The device that `address` names; ValueError without one, a MacduffError when it is not reached."""
        server, device = _parsed(address)
        thread = (pva_at(server) if server else PVA).acquire()
        try:
            return await on(thread, cls._found(thread, device, address, timeout))
        except BaseException as error:
            thread.release()
            if isinstance(error, TimeoutError):
                raise Unreachable(f"{pvi_name(device)}: expected a PV, found none within {timeout:g} s") from None
            if isinstance(error, Exception) and not isinstance(error, MacduffError):
                raise remote(error, address) from error
            raise

    @classmethod
    async def _found(cls, thread: PvaThread, device: str, address: str, timeout: float) -> PvaLink:
        pvi = pvi_name(device)
        raw = await asyncio.wait_for(thread.resource.context.get(pvi), timeout)
        list(entries_of(pvi, raw))  # BadValue when it is none
        left = Left()
        entries = await tree(thread, pvi, raw, timeout, left)
        called = raw["rpc"].todict() if "rpc" in list(raw) else {}
        entries += [Entry(name, {"x": pv}) for name, pv in called.items()]
        names = [pv for entry in entries for pv in dict.fromkeys((entry.shown or entry.roles["x"], entry.taken)) if pv]
        found = dict(zip(names, await asyncio.gather(*(_inspected(thread, pv, timeout) for pv in names)), strict=True))
        pvs: dict[str, _Pvs] = {}
        for entry in entries:
            shown, taken = found[entry.shown or entry.roles["x"]], found.get(entry.taken)
            if shown is not None:
                pvs[_own_name(entry.name)] = _Pvs(shown, taken)
        guard = PvLink(thread, pvi if not pvs else next(iter(pvs.values())).shown.native.pv, _Teller(None))
        guard.start()
        methods = {_own_name(entry.name) for entry in entries if "x" in entry.roles}
        return cls(thread, _info(device, raw, pvs, methods), pvs, guard)

    # on the thread of PVAccess

    async def _state(self, attribute: str) -> AttributeState:
        pvs = self._pvs[attribute]
        shown = await self._got(pvs.shown.native.pv)
        taken = shown if pvs.taken is None else await self._got(pvs.taken.native.pv)
        found, asked = found_of(pvs.shown.native.pv, shown), found_of(pvs.shown.native.pv, taken)
        vtype = improved(vtype_for(found.native), found.facts, asked.facts)
        reading = Reading(decoder(vtype, found.native)(shown), alarm_of(shown), time_of(shown) or 0, 0)
        setpoint = reading.value if taken is shown else decoder(vtype, asked.native)(taken)
        return AttributeState(replace(self._info.attributes[attribute], vtype=vtype), reading, setpoint)

    async def _got(self, pv: str) -> Any:
        thread = self._running()
        try:
            return await during(thread.resource.context.get(pv), pv, "get", self._guard.disconnected, None)
        except (MacduffError, TimeoutError):
            raise
        except Exception as error:
            raise remote(error, pv) from error

    async def _put(self, attribute: str, value: Any) -> None:
        pvs, info = self._pvs[attribute], self._info.attributes[attribute]
        assert pvs.taken is not None  # or it is no signal that is put
        native = pvs.taken.native
        await self._press(native, encode(info.vtype, value, native))

    async def _press(self, native: Native, members: dict[str, Any]) -> None:
        try:
            await put(self._running(), native.pv, members, self._guard.disconnected, wait=True, timeout=None)
        except Exception as error:
            raise remote(error, native.pv) from error

    async def _call(self, method: str, arguments: dict[str, Any]) -> Any:
        found = self._pvs[method].shown
        if not found.signature:  # no method of ours, but a record that is processed
            await self._press(found.native, encode(VAction(), None, found.native))
            return None
        try:
            return await call(self._running(), found.native.pv, arguments, self._guard.disconnected)
        except Exception as error:
            raise remote(error, found.native.pv) from error

    def _follow(self, attribute: str, feed: Feed) -> Callable[[], None]:
        link = PvLink(self._running(), self._pvs[attribute].shown.native.pv, _Teller(feed))
        link.start()
        return link.close

    def _end(self) -> None:
        self._guard.close()


def _parsed(address: str) -> tuple[str, str]:
    """Server ("host:port", or "" for whoever answers) and device of "pva://DET" or "pva://host:port/DET"."""
    server, slash, device = address.partition("://")[2].rpartition("/")
    parts = urlsplit(f"pva://{server}")
    if not device or (slash and (not parts.hostname or parts.path)):
        expected = '"pva://DET" or "pva://127.0.0.1:5075/DET"'
        raise ValueError(f"MacduffDevice: expected the name of a device at the end, as in {expected}, got {address!r}")
    return f"{parts.hostname}:{parts.port or 5075}" if slash else "", device.removesuffix(":")


async def _inspected(thread: PvaThread, pv: str, timeout: float) -> Found | None:
    """What a PV is; None for one that is not there, or nothing that we have."""
    try:
        return await inspect(thread, pv, timeout)
    except (TimeoutError, BadValue):
        return None


def _own_name(listed: str) -> str:
    """The member's name on its device: a PVI has `stop_` for `stop`."""
    plain = listed.removesuffix("_")
    return plain if plain != listed and pvi_member(plain) == listed else listed


def _info(device: str, raw: Any, pvs: dict[str, _Pvs], called: set[str]) -> DeviceInfo:
    methods: dict[str, MethodInfo] = {}
    for name in [name for name in pvs if name in called]:
        found = pvs[name].shown
        takes, required = signature_arguments(found.signature) if found.signature else ({}, ())
        text = found.description.removesuffix(found.signature).strip()
        methods[name] = MethodInfo(name, description=text, tags=found.tags, takes=takes, required=required)
    parameters = methods["configure"].takes if "configure" in methods else {}
    attributes: dict[str, AttributeInfo] = {}
    for name in [name for name in pvs if name not in methods]:
        shown, taken = pvs[name].shown, pvs[name].taken
        facts = (taken or shown).facts
        attributes[name] = AttributeInfo(
            name, improved(vtype_for(shown.native), shown.facts, facts), description=shown.description, tags=shown.tags,
            writeable=taken is not None, writable=taken is not None, parameter=name in parameters,
        )  # fmt: skip
    about = raw.get("display.description", "")
    return DeviceInfo(device, description=about, attributes=attributes, methods=methods, fields=tuple(pvs))
