"""What an HTTP request is answered with: a value as JSON, or an Error with the status that rule 36 gives its kind."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from macduff.errors import (
    Aborted,
    BadValue,
    Busy,
    DuplicateId,
    Held,
    MacduffError,
    NotFound,
    Refused,
    Removed,
    Superseded,
    TimedOut,
    TooMany,
    WrongState,
)  # fmt: skip
from macduff.protocol.encoding import mended

__all__ = ["HEADERS", "STATUS", "Full", "answer", "not_the_clients_fault", "refusal", "status_of", "translated"]

STATUS: tuple[tuple[type[MacduffError], int], ...] = (
    (BadValue, 400),
    (NotFound, 404),
    (Removed, 404),
    (Busy, 409),
    (WrongState, 409),
    (Held, 409),
    (DuplicateId, 409),
    (Aborted, 409),
    (Superseded, 409),
    (TooMany, 503),
    (Refused, 403),  # NotWriteable, and what the server itself does not let in
    (TimedOut, 504),
)
"""The first class that fits; the device failed, 500, when none does."""

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"

_encode = msgspec.json.Encoder().encode


def status_of(error: MacduffError) -> int:
    """The HTTP status of an error."""
    return next((status for cls, status in STATUS if isinstance(error, cls)), 500)


def answer(value: Any, status: int = 200, **headers: str) -> web.Response:
    """Plain data as a JSON body."""
    try:
        body = _encode(value)
    except UnicodeEncodeError:
        body = _encode(mended(value))
    return web.Response(body=body, status=status, headers=HEADERS | headers, content_type="application/json")


def refusal(error: MacduffError, status: int = 0, **headers: str) -> web.Response:
    """An error as the body: kind, message, device, member, state, allowed."""
    return answer(error.to_dict(), status or status_of(error), **headers)


def translated(request: web.BaseRequest, error: web.HTTPException) -> web.Response:
    """aiohttp's own refusals (no such place, no such verb, too large, no handshake) in our form."""
    where = f"{request.method} {request.path}"
    if error.status == 404:
        return refusal(NotFound(f"{where}: expected /, /ws, /metrics or something below /api, got nothing there"))
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = tuple(sorted(error.allowed_methods))
        found = Refused(f"{where}: expected one of {', '.join(allowed)} there", allowed=allowed)
        return refusal(found, 405, Allow=", ".join(allowed))
    return refusal(BadValue(f"{where}: {error.text or error.reason}"), error.status)


def not_the_clients_fault(record: logging.LogRecord) -> bool:
    """A filter for aiohttp's log: what is no HTTP gets 400, and a traceback for each would let anybody fill disks."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


class Full(asyncio.Protocol):
    """What a connection beyond the bound gets: 503. It is left a moment to read that, or a reset would overtake it."""

    def __init__(self, farewell: float) -> None:
        self._farewell = farewell

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.WriteTransport, transport).write(_FULL)  # uvloop's transports are none by inheritance
        self._end = asyncio.get_running_loop().call_later(self._farewell, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end.cancel()
