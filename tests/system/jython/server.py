"""Servers for a single test: what they say is the test's, be it wrong."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

__all__ = ["CLOSE", "PING", "PONG", "TEXT", "Conversation", "Server", "accepting", "frame", "message", "relay"]

Handler = Callable[["Conversation"], Awaitable[None]]
CONTINUED, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10


def frame(opcode: int, payload: bytes, final: bool = True) -> bytes:
    """A frame of a server."""
    size = len(payload)
    head = bytes([opcode | (0x80 if final else 0)])
    if size < 126:
        return head + bytes([size]) + payload
    if size < 65536:
        return head + struct.pack(">BH", 126, size) + payload
    return head + struct.pack(">BQ", 127, size) + payload


def accepting(question: bytes, protocol: bytes = b"macduff.1", accept: bytes | None = None, more: bytes = b"") -> bytes:
    """The answer to a handshake."""
    key = next(line[19:] for line in question.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key: "))
    digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    accept = base64.b64encode(digest) if accept is None else accept
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\nSec-WebSocket-Protocol: " + protocol + b"\r\n" + more + b"\r\n"
    )


class Conversation:
    """One connection of a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.question = b""

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def accept(self) -> None:
        """Shake hands as a server should."""
        self.question = await self.reader.readuntil(b"\r\n\r\n")
        await self.send(accepting(self.question))

    async def frames(self) -> AsyncIterator[tuple[int, bytes]]:
        """The frames of the client, which must be masked and whole."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                first, second = await self.reader.readexactly(2)
                assert first & 0xF0 == 0x80 and second & 0x80
                size = second & 0x7F
                if size > 125:
                    form = ">H" if size == 126 else ">Q"
                    size = struct.unpack(form, await self.reader.readexactly(struct.calcsize(form)))[0]
                mask = await self.reader.readexactly(4)
                data = await self.reader.readexactly(size)
                yield first & 0x0F, bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))


class Server:
    """Listens on a free port, each connection given to `handler`, in a thread of its own; for a `with`."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        self._handler = handler
        self._tls = tls
        self._ready = threading.Event()
        self._over: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._tasks: set[asyncio.Task[None]] = set()
        self.failed: list[BaseException] = []
        self.port = 0

    @property
    def address(self) -> str:
        return f"{'wss' if self._tls else 'ws'}://127.0.0.1:{self.port}"

    async def _run(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(lambda loop, context: None)  # clients that hang up, in TLS too
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls, limit=2**20)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._handler(Conversation(reader, writer))
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        except Exception as error:
            self.failed.append(error)
        finally:
            writer.close()
            try:
                with suppress(ConnectionError, ssl.SSLError, TimeoutError):
                    await writer.wait_closed()
            finally:  # it may be cancelled while it waits
                writer.transport.abort()
                self._tasks.discard(task)

    def __enter__(self) -> Server:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None and self._over is not None
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        assert not self.failed, self.failed


def relay(port: int, piece: int = 65536) -> Handler:
    """Hands everything on to a server on that port, and back in pieces of so many bytes."""

    async def handler(client: Conversation) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter, size: int) -> None:
            while data := await source.read(65536):
                for start in range(0, len(data), size):
                    target.write(data[start : start + size])
                    await target.drain()
                    if size < 65536:
                        await asyncio.sleep(0)  # so that each piece goes by itself

        both = [
            asyncio.ensure_future(copy(client.reader, writer, 65536)),
            asyncio.ensure_future(copy(reader, client.writer, piece)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            writer.transport.abort()  # first: what waits here may be cancelled
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    return handler


def message(kind: str, identity: int, **members: object) -> bytes:
    """A message of the server, as JSON."""
    return json.dumps({"typeid": f"malcolm:core/{kind}:1.0", "id": identity, **members}).encode()
