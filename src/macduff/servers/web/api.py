"""Devices over plain HTTP (rule 36): GET reads, PUT writes an attribute, POST calls a method."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web

from macduff.core import Outcome
from macduff.errors import BadValue, MacduffError, NotFound, TimedOut
from macduff.limits import Limits
from macduff.protocol.convert import parameters_of, put_value
from macduff.protocol.dialect import MACDUFF
from macduff.protocol.model import DeviceModel, MethodModel
from macduff.protocol.server import Hub
from macduff.protocol.structure import is_action, is_attribute

from .answers import HEADERS, answer, refusal
from .host import ProcessHost, Reply
from .outcomes import Outcomes

__all__ = ["PROCESS", "Api", "address_of"]

PROCESS = ".process"
"""The Process in an address: browsers take /api/. for /api."""

_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})


def address_of(device: str) -> str:
    """A device's name as it stands in an address."""
    return PROCESS if device == "." else device


class Api:
    """The handlers of /api. They run on the server's loop and wait for the Process without blocking it."""

    def __init__(self, hub: Hub, host: ProcessHost, limits: Limits, *, read_only: bool) -> None:
        self._hub = hub
        self._host = host
        self._limits = limits
        self._read_only = read_only
        self._outcomes = Outcomes(limits.outcomes)

    def routes(self) -> list[web.RouteDef]:
        """What answers to what."""
        return [
            web.get("/api", self.list),
            web.get("/api/openapi.json", self.describe),
            web.get(r"/api/outcomes/{id:\d+-[0-9a-f]+}", self.outcome),
            web.get("/api/{device}", self.get),
            web.get("/api/{device}/{path:.+}", self.get),
            web.put("/api/{device}/{attribute}", self.put),
            web.post("/api/{device}/{method}", self.post),
        ]

    # reading

    async def list(self, request: web.Request) -> web.Response:
        """The devices with state and health."""
        devices = [
            {
                "name": device.name,
                "label": device.label,
                "description": device.description,
                **{name: _plain(device, name) for name in ("state", "health")},
                "href": f"/api/{device.name}",
            }
            for device in self._host.devices().values()
        ]
        return answer({"devices": devices, "process": f"/api/{PROCESS}", "openapi": "/api/openapi.json"})

    async def get(self, request: web.Request) -> web.Response:
        """A device, an attribute or method, or a part of one; `/value` of an attribute is the bare value."""
        device = self._device(request)
        parts = [part for part in request.match_info.get("path", "").split("/") if part]
        if len(parts) == 2 and parts[1] == "value":
            field = device.fields.get(parts[0])
            if field is not None and is_attribute(field) and not is_action(field):
                return answer(field.vtype.to_json(field.reading.value))
        body = self._hub.get([device.name, *parts], MACDUFF)
        return web.Response(body=body.encode(), headers=HEADERS, content_type="application/json")

    async def describe(self, request: web.Request) -> web.Response:
        """The OpenAPI description, made in a thread of its own: it may be large."""
        from importlib.metadata import version

        from .openapi import describe  # only who asks for it pays for it

        devices = [(address_of(name), device) for name, device in self._host.devices().items()]
        process = self._host.find(".")
        if process is not None:
            devices.insert(0, (PROCESS, process))
        made = await asyncio.to_thread(lambda: msgspec.json.encode(
            describe(devices, version("macduff"), read_only=self._read_only)
        ))  # fmt: skip
        return web.Response(body=made, headers=HEADERS, content_type="application/json")

    async def outcome(self, request: web.Request) -> web.Response:
        """How a call ended: what its POST would have been answered with, or 202 while it runs."""
        name = request.match_info["id"]
        entry = self._outcomes.find(name)
        if entry is None:
            kept = self._limits.outcomes
            raise NotFound(f"/api/outcomes/{name}: expected one of the last {kept} outcomes, which are kept, got none")
        if entry.status is None:
            return _running(name)
        return web.Response(body=entry.body, status=entry.status, headers=HEADERS, content_type="application/json")

    # writing

    async def put(self, request: web.Request) -> web.Response:
        """Put an attribute; the body is the value. Answered when it is done."""
        device, name = self._device(request), request.match_info["attribute"]
        readback = _flag(request, "readback", False)
        field = device.fields.get(name)
        empty = field is not None and is_action(field)
        value = put_value(device, name, await self._body(request, None if empty else ...), MACDUFF)
        ended: asyncio.Future[web.Response] = asyncio.get_running_loop().create_future()
        reply = Reply(lambda outcome: _settle(ended, _response(None, outcome)))
        self._host.put(device.name, {name: value}, reply, readback=readback, origin=peer_of(request))
        return await self._within(ended, f"{device.name}.{name}", "put")

    async def post(self, request: web.Request) -> web.Response:
        """Call a method; the body is an object of arguments, or nothing. `?wait=false`: answered at once."""
        device, name = self._device(request), request.match_info["method"]
        wait = _flag(request, "wait", True)
        abort = _flag(request, "abort_on_disconnect", False)
        method = _method_of(device, name)
        given = await self._body(request, {})
        if not isinstance(given, dict):
            raise BadValue.of(f"{device.name}.{name}", "an object with the arguments by name", given)
        ended: asyncio.Future[web.Response] = asyncio.get_running_loop().create_future()
        outcome_id, entry = self._outcomes.open(f"{device.name}.{name}")

        def done(outcome: Outcome) -> None:
            response = _response(method, outcome)
            entry.settle(response)
            _settle(ended, response)

        reply = Reply(done)
        try:
            self._ask(device, name, method, given, reply, peer_of(request))
        except MacduffError:
            self._outcomes.drop(outcome_id)
            raise
        if not wait:
            return _running(outcome_id)
        try:
            response = await self._within(ended, f"{device.name}.{name}", "call", outcome_id)
        except asyncio.CancelledError:  # the client has gone
            if abort:
                self._host.abandon(reply)
            raise
        if ended.done():
            self._outcomes.drop(outcome_id)
        return response

    def _ask(
        self, device: DeviceModel, name: str, method: MethodModel | None, given: dict[str, Any], reply: Reply, peer: str
    ) -> None:
        """Begin a call; of a button, its put."""
        if method is not None:
            values = parameters_of(device, method, given, MACDUFF)
            self._host.call(device.name, name, values, reply, origin=peer)
        elif given:
            raise BadValue(f"{device.name}.{name}: expected no arguments, got {', '.join(given)}", device=device.name)
        else:
            self._host.put(device.name, {name: None}, reply, origin=peer)

    async def _within(
        self, ended: asyncio.Future[web.Response], what: str, kind: str, outcome_id: str = ""
    ) -> web.Response:
        """The answer, or 504 when it takes longer than anybody should wait; what was begun goes on."""
        wait = self._limits.http_wait
        try:
            async with asyncio.timeout(wait):
                return await asyncio.shield(ended)
        except TimeoutError:
            where = f"/api/outcomes/{outcome_id}"
            more = f"; {where} will have its outcome" if outcome_id else ""
            error = TimedOut(f"{what}: expected its end within {wait:g} s; the {kind} goes on{more}")
            return refusal(error, Location=where) if outcome_id else refusal(error)

    # parts of requests

    def _device(self, request: web.Request) -> DeviceModel:
        name = request.match_info["device"]
        return self._hub.device("." if name == PROCESS else name)

    async def _body(self, request: web.Request, empty: Any) -> Any:
        """The JSON body; `empty` stands for none, and ... means that there must be one."""
        body = await request.read()
        if not body and empty is not ...:
            return empty
        try:
            value = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise BadValue(f"body: expected a value as JSON, got what cannot be parsed ({error})") from None
        _check_depth(value, self._limits.message_depth)
        return value


def peer_of(request: web.BaseRequest) -> str:
    """Who asks, for logs: address and port."""
    transport = request.transport
    found = transport.get_extra_info("peername") if transport is not None else None
    return f"{found[0]}:{found[1]}" if isinstance(found, Sequence) and len(found) > 1 else "nobody"


def _plain(device: DeviceModel, name: str) -> Any:
    field: Any = device.fields.get(name)
    return "" if field is None else field.vtype.to_json(field.reading.value)


def _method_of(device: DeviceModel, name: str) -> MethodModel | None:
    """The method of that name, None for a button."""
    field = device.fields.get(name)
    if field is None:
        methods = ", ".join(other for other, found in device.fields.items() if not is_attribute(found)) or "none"
        message = f"{device.name}.{name}: expected one of its methods ({methods}), got none of that name"
        raise NotFound(message, device=device.name, member=name)
    if is_action(field):
        return None
    if is_attribute(field):
        message = f"{device.name}.{name}: expected a method to call, got an attribute; PUT it instead"
        raise BadValue(message, device=device.name, member=name)
    return field  # type: ignore[return-value]


def _response(method: MethodModel | None, outcome: Outcome) -> web.Response:
    if outcome.error is not None:
        return refusal(outcome.error)
    if method is None or not method.returns:
        return answer(None)
    returns = method.returns
    if method.unpacked:
        return answer(next(iter(returns.values())).to_json(outcome.value))
    return answer({name: vtype.to_json(outcome.value[name]) for name, vtype in returns.items()})


def _settle(future: asyncio.Future[web.Response], response: web.Response) -> None:
    if not future.done():
        future.set_result(response)


def _running(outcome_id: str) -> web.Response:
    where = f"/api/outcomes/{outcome_id}"
    return answer({"outcome": where}, 202, Location=where, **{"Retry-After": "1"})


def _flag(request: web.Request, name: str, default: bool) -> bool:
    given = request.query.get(name)
    if given is None:
        return default
    if given.lower() in _TRUE or given.lower() in _FALSE:
        return given.lower() in _TRUE
    raise BadValue.of(f"?{name}", "true or false", given)


def _check_depth(value: Any, most: int) -> None:
    level = [value]
    for _ in range(most + 1):
        level = [
            inner
            for item in level
            if isinstance(item, (list, dict))
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise BadValue(f"body: expected at most {most} levels of nesting, got more")
