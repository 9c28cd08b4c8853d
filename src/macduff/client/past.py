"""The history of an attribute, asked for over HTTP beside the websocket: it may be long, nothing waits behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import numpy as np

from macduff.errors import BadValue, Disconnected, MacduffError, TimedOut, error_for
from macduff.values import Alarm, AlarmStatus, History, Severity, VDouble, VFloat, VInt, VType

from .address import Address

__all__ = ["Query", "fetch", "query_of"]

Query = dict[str, str]

_SCHEMES = {"ws": "http", "wss": "https"}


def query_of(where: str, seconds: float | None, since: int | None, count: int | None) -> Query:
    """What is asked for; BadValue, and nothing is sent."""
    if seconds is not None and not seconds >= 0:
        raise BadValue.of(f"{where}(seconds)", "a number from 0 on", seconds)
    if count is not None and not count >= 1:
        raise BadValue.of(f"{where}(count)", "an integer from 1 on", count)
    given: dict[str, Any] = {
        "seconds": None if seconds is None else repr(min(float(seconds), 1e9)),
        "since": None if since is None else max(0, int(since)),
        "count": count,
    }
    return {name: str(value) for name, value in given.items() if value is not None}


async def fetch(
    address: Address, device: str, member: str, vtype: VType[Any], query: Query, timeout: float | None
) -> History:
    """One GET. TimedOut after so many seconds, Disconnected when nobody answers, else what the server says."""
    import aiohttp

    what = f"history of {device}.{member}"
    try:
        async with (
            asyncio.timeout(timeout),
            aiohttp.ClientSession() as session,
            session.get(_place(address, device, member), params=query) as response,
        ):
            body = await response.json(content_type=None)
            status = response.status
    except TimeoutError:
        raise TimedOut(f"{what}: expected it within {timeout:g} s") from None
    except (aiohttp.ClientError, OSError) as error:
        raise Disconnected(f"{what}: expected it from {address.short}, got none: {error}") from error
    except ValueError:
        raise MacduffError(f"{what}: expected JSON from {address.short}, got something else") from None
    if status != 200:
        raise _refusal(what, status, body)
    try:
        return _history(vtype, what, body)
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise BadValue(f"{what}: the answer was not understood: {type(error).__name__}: {error}") from error


def _place(address: Address, device: str, member: str) -> str:
    parts = urlsplit(address.url)
    name = ".process" if device == "." else device
    path = f"{parts.path.removesuffix('/ws')}/api/{quote(name, safe=':')}/{quote(member)}/history"
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, "", ""))


def _refusal(what: str, status: int, body: Any) -> MacduffError:
    if not isinstance(body, Mapping) or "kind" not in body:
        return MacduffError(f"{what}: expected an answer of macduff, got HTTP {status}")
    place = {name: body[name] for name in ("device", "member", "state") if body.get(name)}
    return error_for(str(body["kind"]), str(body.get("message", "")), **place)


def _history(vtype: VType[Any], what: str, body: Mapping[str, Any]) -> History:
    times = np.array(body["times"], np.int64)
    values = body["values"]
    if len(values) != len(times):
        raise ValueError("columns of different lengths")
    if isinstance(vtype, (VDouble, VFloat)):
        values = np.array([float(value) for value in values])  # "NaN" and "Infinity" too
    elif isinstance(vtype, VInt):
        values = np.array(values, np.int64 if vtype.signed else np.uint64)
    else:
        values = tuple(_value(vtype, value, what) for value in values)
    alarms = [
        (item["index"], Alarm(Severity(item["severity"]), AlarmStatus(item["status"]), item["message"]))
        for item in body["alarms"]
    ]
    return History(times, values, tuple(alarms))


def _value(vtype: VType[Any], data: Any, what: str) -> Any:
    """As Python has it. What its type, as it is now, does not fit comes as it is."""
    try:
        return vtype.from_json(data, what)
    except BadValue:
        return data
