"""Websocket clients that cost little themselves: one process is all of them, beside the server's."""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import uvloop

__all__ = ["Asking", "Counting", "Talking", "connected", "run", "settle"]

C = TypeVar("C", bound="Socket")
T = TypeVar("T")


class Socket(asyncio.Protocol):
    """A websocket; `received` gets the bytes after the handshake, frames and all."""

    def __init__(self, subprotocol: str = "") -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._head = b""
        self._subprotocol = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""

    def connection_made(self, transport: Any) -> None:
        self.transport: asyncio.Transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{self._subprotocol}"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if self.ready.done():
            self.received(data)
            return
        self._head += data
        head, found, rest = self._head.partition(b"\r\n\r\n")
        if not found:
            return
        if not head.startswith(b"HTTP/1.1 101"):
            self.ready.set_exception(RuntimeError(f"no websocket: {self._head[:200]!r}"))
            return
        self.ready.set_result(None)
        if rest:
            self.received(rest)

    def received(self, data: bytes) -> None:
        raise NotImplementedError

    def send(self, text: str) -> None:
        self.transport.write(frame(text))


class Counting(Socket):
    """Counts the messages that begin with a marker; looks at nothing else."""

    def __init__(self, marker: str, subprotocol: str = "") -> None:
        super().__init__(subprotocol)
        self.count = 0
        self._marker = marker.encode()
        self._tail = b""

    def received(self, data: bytes) -> None:
        data = self._tail + data
        self.count += data.count(self._marker)
        last = data.rfind(self._marker)
        keep = len(self._marker) - 1
        self._tail = data[max(len(data) - keep, last + keep + 1 if last >= 0 else 0) :]


class Talking(Socket):
    """Gives each message to `on_message`."""

    on_message: Callable[[bytes], object]

    def __init__(self, subprotocol: str = "") -> None:
        super().__init__(subprotocol)
        self._buffer = b""

    def received(self, data: bytes) -> None:
        buffer, start = self._buffer + data, 0
        while len(buffer) - start >= 2:
            size, body = buffer[start + 1], start + 2
            if size == 126:
                size, body = int.from_bytes(buffer[start + 2 : start + 4], "big"), start + 4
            elif size == 127:
                size, body = int.from_bytes(buffer[start + 2 : start + 10], "big"), start + 10
            if len(buffer) < body + size:
                break
            start = body + size
            self.on_message(buffer[body:start])
        self._buffer = buffer[start:]


class Asking(Talking):
    """Sends a request, and when the reply has come the same again."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.count = 0
        self.last = b""
        self._frame = frame(text)
        self.on_message = self._answered

    def begin(self) -> None:
        self.transport.write(self._frame)

    def _answered(self, message: bytes) -> None:
        self.count += 1
        self.last = message
        self.transport.write(self._frame)


def frame(text: str) -> bytes:
    """A text frame with a mask of zeros."""
    payload = text.encode()
    head = bytes((0x81, 0x80 | len(payload))) if len(payload) < 126 else b"\x81\xfe" + len(payload).to_bytes(2, "big")
    return head + bytes(4) + payload


@asynccontextmanager
async def connected(port: int, make: Sequence[Callable[[], C]]) -> AsyncIterator[list[C]]:
    """Clients that are connected, and gone afterwards."""
    loop = asyncio.get_running_loop()
    clients: list[C] = []
    try:
        for one in make:
            _, client = await loop.create_connection(one, "127.0.0.1", port)
            await client.ready
            clients.append(client)
        yield clients
    finally:
        for client in clients:
            client.transport.abort()
        await asyncio.sleep(0.1)


async def settle(condition: Callable[[], bool], what: str, timeout: float = 20.0) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} within {timeout} s")
        await asyncio.sleep(0.005)


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine on a fast loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())
