"""The websocket under a client: aiohttp's, behind four calls, so that tests can join a client to anything."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from errno import ECONNREFUSED
from http import HTTPStatus
from typing import Any, Protocol

from macduff.errors import Disconnected, TimedOut
from macduff.limits import DEFAULTS

__all__ = ["Carrier", "OpenCarrier", "open_websocket"]


class Carrier(Protocol):
    """One open connection; frames keep their order and their bounds."""

    @property
    def subprotocol(self) -> str:
        """What was negotiated; "" for none."""
        ...

    async def send(self, frame: bytes | str) -> None:
        """Send one frame; waits while the server takes nothing. Disconnected when the connection has gone."""
        ...

    async def receive(self) -> bytes | str:
        """The next frame; Disconnected, with the reason, when the connection has gone."""
        ...

    async def close(self) -> None:
        """Close the connection; again does nothing."""
        ...


_CLOSE = 1.0
"""Seconds that a server may take to agree to the end of a connection."""

OpenCarrier = Callable[[str, Sequence[str], float], Awaitable[Carrier]]
"""(url, subprotocols, timeout in seconds) -> an open carrier."""


async def open_websocket(
    url: str, subprotocols: Sequence[str], timeout: float, heartbeat: float | None = None
) -> Carrier:
    """Open a websocket with aiohttp. Disconnected (nobody listens) or TimedOut.

    heartbeat: seconds between pings; the usual ones when not given.
    """
    import aiohttp  # 0.4 s of import: only who connects pays it

    session = aiohttp.ClientSession()
    try:
        async with asyncio.timeout(timeout):
            websocket = await session.ws_connect(
                url,
                protocols=tuple(subprotocols),
                compress=0,  # it doubles the cost of a frame
                max_msg_size=DEFAULTS.frame_size,
                heartbeat=DEFAULTS.heartbeat if heartbeat is None else heartbeat,
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE),  # pyright: ignore[reportCallIssue]  # an attrs class
            )
    except BaseException as error:
        await session.close()
        raise _explained(url, error, timeout) from error
    return _Websocket(session, websocket)


def _explained(url: str, error: BaseException, timeout: float) -> BaseException:
    import aiohttp

    server = url.removesuffix("/ws")
    if isinstance(error, TimeoutError):
        return TimedOut(f"{server}: expected a connection within {timeout:g} s, got no answer")
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return Disconnected(f"{server}: expected a macduff server, got {_answer(error.status)}")
    cause: BaseException = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if not isinstance(cause, aiohttp.ClientError | OSError):
        return error
    reason = _reason(cause) or type(cause).__name__
    errno = getattr(cause, "errno", None)
    if errno == ECONNREFUSED or (errno is None and "Connect call failed" in reason):  # at each of several addresses
        reason = "connection refused; is macduff serve running there?"
    return Disconnected(f"{server}: expected a server, got none: {reason}")


def _answer(status: int) -> str:
    """What an answer to the handshake says that is no websocket."""
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return f"one that takes no connections: it is ending, or has too many (HTTP {status})"
    if status == HTTPStatus.FORBIDDEN:
        return f"one that refuses this name for it; its setting `hosts` must have it (HTTP {status})"
    return f"something else that answered with HTTP {status}"


def _reason(error: object) -> str:
    """Why a connection went, in the words of the system where there are any; "" where there is only that it went."""
    import aiohttp

    if isinstance(error, aiohttp.ServerTimeoutError):
        return "no answer to a ping"
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno).lower()
    if isinstance(error, ConnectionError | RuntimeError):  # asyncio and aiohttp on what is closing
        return ""
    return (isinstance(error, OSError) and error.strerror) or str(error or "")


def _lost(error: object) -> str:
    reason = _reason(error)
    return f"the connection was lost{f': {reason}' if reason else ''}"


class _Websocket:
    """aiohttp's websocket as a Carrier."""

    def __init__(self, session: Any, websocket: Any) -> None:
        self._session = session
        self._websocket = websocket
        self.subprotocol: str = websocket.protocol or ""

    async def send(self, frame: bytes | str) -> None:
        try:
            if isinstance(frame, str):
                await self._websocket.send_str(frame)
            else:
                await self._websocket.send_bytes(frame)
        except (ConnectionError, RuntimeError) as error:  # aiohttp raises either for a closing transport
            raise Disconnected(_lost(error)) from error

    async def receive(self) -> bytes | str:
        from aiohttp import WSMsgType

        message = await self._websocket.receive()
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            frame: bytes | str = message.data
            return frame
        raise Disconnected(self._why(message))

    def _why(self, message: Any) -> str:
        from aiohttp import WSMsgType

        if message.type is WSMsgType.ERROR:
            return _lost(message.data)
        if message.type is WSMsgType.CLOSE and message.data not in (None, 1000, 1001):
            return f"the server closed the connection: {message.extra or 'no reason given'} ({message.data})"
        if message.type is WSMsgType.CLOSE:
            return "the server closed the connection"
        return _lost(self._websocket.exception())

    async def close(self) -> None:
        try:
            await self._websocket.close()
        except (ConnectionError, RuntimeError):  # it was gone already
            pass
        finally:
            await self._session.close()
