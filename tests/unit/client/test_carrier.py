"""Why a connection went, or never was, in words that help."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import Any

import aiohttp
import pytest

from macduff.client.carrier import _explained, _Websocket
from macduff.errors import Disconnected, MacduffError, TimedOut

SERVER = "ws://lab:8008"


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (TimeoutError(), TimedOut, "expected a connection within 5 s, got no answer"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 8008)"), Disconnected,
         "expected a server, got none: connection refused; is macduff serve running there?"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 8008, 0, 0), ..."), Disconnected,
         "expected a server, got none: connection refused; is macduff serve running there?"),
        (OSError(errno.EHOSTUNREACH, "Connect call failed ('lab', 8008)"), Disconnected,
         "expected a server, got none: no route to host"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), Disconnected,
         "expected a server, got none: Name or service not known"),
        (aiohttp.ClientError(), Disconnected, "expected a server, got none: ClientError"),
    ],
)  # fmt: skip
def test_no_connection(error: Exception, kind: type[MacduffError], told: str) -> None:
    found = _explained(f"{SERVER}/ws", error, 5.0)
    assert type(found) is kind
    assert str(found) == f"{SERVER}: {told}"


def test_what_is_no_fault_of_the_connection_stays_what_it_is() -> None:
    for error in (KeyboardInterrupt(), asyncio.CancelledError(), TypeError("?")):
        assert _explained(SERVER, error, 5.0) is error


class Closing:
    """aiohttp's websocket, at the end of its life."""

    protocol = "macduff.1"

    def __init__(self, error: BaseException | None, message: aiohttp.WSMessage | None = None) -> None:
        self.error = error
        self.message = message or aiohttp.WSMessage(aiohttp.WSMsgType.CLOSED, None, None)

    async def send_str(self, text: str) -> None:
        assert self.error is not None
        raise self.error

    async def receive(self) -> Any:
        return self.message

    def exception(self) -> BaseException | None:
        return self.error


CLOSING = "the connection was lost"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (aiohttp.ClientConnectionResetError("Cannot write to closing transport"), CLOSING),
        (RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed"), CLOSING),
        (ConnectionResetError(errno.ECONNRESET, "..."), f"{CLOSING}: connection reset by peer"),
    ],
)
def test_a_connection_that_went_while_writing(error: Exception, told: str) -> None:
    with pytest.raises(Disconnected) as found:
        asyncio.run(_Websocket(None, Closing(error)).send("frame"))
    assert found.value.message == told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, CLOSING),
        (aiohttp.ServerTimeoutError("No PONG received after 0.1 seconds"), f"{CLOSING}: no answer to a ping"),
        (ConnectionResetError("Cannot write to closing transport"), CLOSING),
    ],
)
def test_a_connection_that_went_while_reading(error: Exception | None, told: str) -> None:
    failed = aiohttp.WSMessage(aiohttp.WSMsgType.ERROR, error, None)
    for websocket in (Closing(error), Closing(None, failed)):
        with pytest.raises(Disconnected) as found:
            asyncio.run(_Websocket(None, websocket).receive())
        assert found.value.message == told
