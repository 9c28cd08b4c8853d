"""The websocket under a client: aiohttp's, behind four calls, so that tests can join a client to anything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
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
    url: str, subprotocols: Sequence[str], timeout: float, heartbeat: float = DEFAULTS.heartbeat
) -> Carrier:
    """Open a websocket with aiohttp, pinged every `heartbeat` seconds. Disconnected (nobody listens) or TimedOut."""
    import aiohttp  # 0.4 s of import: only who connects pays it

    session = aiohttp.ClientSession()
    try:
        async with asyncio.timeout(timeout):
            websocket = await session.ws_connect(
                url,
                protocols=tuple(subprotocols),
                compress=0,  # it doubles the cost of a frame
                max_msg_size=DEFAULTS.frame_size,
                heartbeat=heartbeat,
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE),  # pyright: ignore[reportCallIssue]  # an attrs class
            )
    except BaseException as error:
        await session.close()
        raise _explained(url, error, timeout) from error
    return _Websocket(session, websocket)


def _explained(url: str, error: BaseException, timeout: float) -> BaseException:
    import aiohttp

    if isinstance(error, TimeoutError):
        return TimedOut(f"{url}: expected a connection within {timeout:g} s, got no answer")
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return Disconnected(f"{url}: expected a websocket, got HTTP {error.status} ({error.message})")
    if isinstance(error, aiohttp.ClientConnectorError):
        reason = error.os_error.strerror or str(error.os_error)
        return Disconnected(f"{url}: cannot connect: {reason}")
    if isinstance(error, aiohttp.ClientError | OSError):
        return Disconnected(f"{url}: cannot connect: {str(error) or type(error).__name__}")
    return error


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
            raise Disconnected(f"the connection was lost: {error}") from error

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
            return f"the connection was lost: {message.data}"
        if message.type is WSMsgType.CLOSE and message.data not in (None, 1000, 1001):
            return f"the server closed the connection: {message.extra or 'no reason given'} ({message.data})"
        if message.type is WSMsgType.CLOSE:
            return "the server closed the connection"
        cause = self._websocket.exception()
        return f"the connection was lost{f': {cause}' if cause else ''}"

    async def close(self) -> None:
        try:
            await self._websocket.close()
        except (ConnectionError, RuntimeError):  # it was gone already
            pass
        finally:
            await self._session.close()
