"""Parts of HTTP requests: which device, what body, which flags, who asks; and the answer when a call has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web

from macduff.core import Outcome
from macduff.errors import BadValue
from macduff.limits import Limits
from macduff.protocol.model import OPENS_MEMBERS, DeviceModel, MethodModel
from macduff.protocol.server import Hub

from .answers import answer, refusal
from .host import ProcessHost, Reply

__all__ = ["PROCESS", "address_of", "body_of", "device_of", "flag_of", "member_of", "peer_of", "response_of"]

PROCESS = ".process"
"""The Process in an address: browsers take /api/. for /api."""

_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})


def address_of(device: str) -> str:
    """A device's name as it stands in an address."""
    return PROCESS if device == "." else device


def device_of(request: web.Request, hub: Hub) -> DeviceModel:
    """The device that an address names; NotFound."""
    name = request.match_info["device"]
    return hub.device("." if name == PROCESS else name)


async def member_of(request: web.Request, host: ProcessHost, device: DeviceModel, name: str) -> str:
    """The member that an address means: one that the device shows, or one that it opens for whoever asks."""
    if name in device.fields or OPENS_MEMBERS not in device.tags:
        return name
    opened: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    reply = Reply(lambda outcome: None if opened.done() else opened.set_result(outcome))
    host.open_member(device.name, name, reply, origin=peer_of(request))
    outcome = await opened
    if outcome.error is not None:
        raise outcome.error
    found: str = outcome.value
    return found


def peer_of(request: web.BaseRequest) -> str:
    """Who asks, for logs: address and port."""
    transport = request.transport
    found = transport.get_extra_info("peername") if transport is not None else None
    return f"{found[0]}:{found[1]}" if isinstance(found, Sequence) and len(found) > 1 else "nobody"


async def body_of(request: web.Request, limits: Limits, empty: Any) -> Any:
    """The JSON body; `empty` stands for none, and ... means that there must be one. BadValue."""
    try:
        async with asyncio.timeout(limits.stalled):
            body = await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text=f"expected the body within {limits.stalled:g} s") from None
    if not body and empty is not ...:
        return empty
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadValue(f"body: expected a value as JSON, got what cannot be parsed ({error})") from None
    _check_depth(value, limits.message_depth)
    return value


def flag_of(request: web.Request, name: str, default: bool) -> bool:
    """A yes or no from the query; BadValue."""
    given = request.query.get(name)
    if given is None:
        return default
    if given.lower() in _TRUE or given.lower() in _FALSE:
        return given.lower() in _TRUE
    raise BadValue.of(f"?{name}", "true or false", given)


def response_of(method: MethodModel | None, outcome: Outcome) -> web.Response:
    """The answer to a put (no method) or a call that has ended."""
    if outcome.error is not None:
        return refusal(outcome.error)
    if method is None or not method.returns:
        return answer(None)
    returns = method.returns
    if method.unpacked:
        return answer(next(iter(returns.values())).to_json(outcome.value))
    return answer({name: vtype.to_json(outcome.value[name]) for name, vtype in returns.items()})


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
