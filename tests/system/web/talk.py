"""A websocket client for tests, on the websockets library (another one than the server's)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect

__all__ = ["Talk", "talk"]

TIMEOUT = 10.0


class Talk:
    """Sends messages by their short names, takes replies by id."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.binary = connection.subprotocol == "macduff.msgpack.1"
        self._next = 0
        self._read: list[dict[str, Any]] = []

    async def raw(self, frame: str | bytes) -> None:
        await self.connection.send(frame)

    async def send(self, kind: str, path: list[str] | None = None, *, id: int | None = None, **members: Any) -> int:
        """A request; its id."""
        if id is None:
            self._next += 1
            id = self._next
        message = {"typeid": f"malcolm:core/{kind}:1.0", "id": id, **members}
        if path is not None:
            message["path"] = path
        await self.raw(msgspec.msgpack.encode([message]) if self.binary else json.dumps(message))
        return id

    async def next(self) -> dict[str, Any]:
        """The next message, whoever it is for."""
        while not self._read:
            async with asyncio.timeout(TIMEOUT):
                frame = await self.connection.recv()
            found = msgspec.msgpack.decode(frame) if isinstance(frame, bytes) else json.loads(frame)
            self._read += found if isinstance(found, list) else [found]
        return self._read.pop(0)

    async def reply(self, id: int) -> dict[str, Any]:
        """The next message for an id; what is for others is dropped."""
        while True:
            message = await self.next()
            if message["id"] == id:
                return message

    async def ask(self, kind: str, path: list[str] | None = None, **members: Any) -> dict[str, Any]:
        """A request and its reply."""
        return await self.reply(await self.send(kind, path, **members))

    async def value(self, kind: str, path: list[str], **members: Any) -> Any:
        """The value of a Return."""
        message = await self.ask(kind, path, **members)
        assert message["typeid"] == "malcolm:core/Return:1.0", message
        return message["value"]

    async def error(self, kind: str, path: list[str] | None = None, **members: Any) -> str:
        """The kind of an Error."""
        message = await self.ask(kind, path, **members)
        assert message["typeid"] == "malcolm:core/Error:1.0", message
        return str(message["message"]).partition(":")[0]


@asynccontextmanager
async def talk(address: str, *subprotocols: str, **options: Any) -> AsyncIterator[Talk]:
    """A connection to a websocket address."""
    options.setdefault("compression", None)
    offered: Any = list(subprotocols) or None
    async with connect(address, subprotocols=offered, max_size=None, **options) as connection:
        yield Talk(connection)
