"""Writing over HTTP: PUT an attribute, POST a method, ask how a call ended (rule 36)."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from macduff.core import Outcome
from macduff.errors import BadValue, MacduffError, NotFound, TimedOut
from macduff.limits import Limits
from macduff.protocol.convert import parameters_of, put_value
from macduff.protocol.dialect import MACDUFF
from macduff.protocol.large import is_large
from macduff.protocol.model import DeviceModel, MethodModel
from macduff.protocol.server import Hub
from macduff.protocol.structure import is_action, is_attribute

from .answers import HEADERS, answer, refusal
from .asking import body_of, device_of, flag_of, member_of, peer_of, response_of
from .host import ProcessHost, Reply
from .outcomes import Outcomes
from .upkeep import Upkeep

__all__ = ["Writer"]


class Writer:
    """The handlers of PUT and POST. They wait for the Process without blocking the server's loop."""

    def __init__(self, hub: Hub, host: ProcessHost, upkeep: Upkeep, limits: Limits) -> None:
        self._hub = hub
        self._host = host
        self._upkeep = upkeep
        self._limits = limits
        self._outcomes = Outcomes(limits.outcomes)

    def routes(self) -> list[web.RouteDef]:
        """What answers to what."""
        return [
            web.get(r"/api/outcomes/{id:\d+-[0-9a-f]+}", self.outcome),
            web.put("/api/{device}/{attribute}", self.put),
            web.post("/api/{device}/{method}", self.post),
        ]

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

    async def put(self, request: web.Request) -> web.Response:
        """Put an attribute; the body is the value. Answered when it is done."""
        device = device_of(request, self._hub)
        name = await member_of(request, self._host, device, request.match_info["attribute"])
        readback = flag_of(request, "readback", False)
        field = device.fields.get(name)
        empty = field is not None and is_action(field)
        data = await body_of(request, self._limits, None if empty else ...)
        value = put_value(device, name, data, MACDUFF)
        ended: asyncio.Future[web.Response] = asyncio.get_running_loop().create_future()
        reply = Reply(lambda outcome: _settle(ended, response_of(None, outcome)))
        self._host.put(device.name, {name: value}, reply, readback=readback, origin=peer_of(request))
        return await self._within(ended, f"{device.name}.{name}", "put")

    async def post(self, request: web.Request) -> web.Response:
        """Call a method; the body is an object of arguments, or nothing. `?wait=false`: answered at once."""
        device, name = device_of(request, self._hub), request.match_info["method"]
        wait = flag_of(request, "wait", True)
        abort = flag_of(request, "abort_on_disconnect", False)
        method = _method_of(device, name)
        given = await body_of(request, self._limits, {})
        if not isinstance(given, dict):
            raise BadValue.of(f"{device.name}.{name}", "an object with the arguments by name", given)
        ended: asyncio.Future[web.Response] = asyncio.get_running_loop().create_future()
        outcome_id, entry = self._outcomes.open(f"{device.name}.{name}")

        def settle(response: web.Response) -> None:
            entry.settle(response)
            _settle(ended, response)

        def done(outcome: Outcome) -> None:
            if outcome.error is None and is_large(outcome.value, self._limits.large_array):
                self._upkeep.later(lambda: response_of(method, outcome), settle)
            else:
                settle(response_of(method, outcome))

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
    return field


def _settle(future: asyncio.Future[web.Response], response: web.Response) -> None:
    if not future.done():
        future.set_result(response)


def _running(outcome_id: str) -> web.Response:
    where = f"/api/outcomes/{outcome_id}"
    return answer({"outcome": where}, 202, Location=where, **{"Retry-After": "1"})
