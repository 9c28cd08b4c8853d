"""The yardstick: an aiohttp websocket server without macduff, as anybody would write it.

No compression; requests are decoded as macduff does; replies are canned ones of the same length with the id put in. An
update is encoded once, and sent to each subscriber with its id put in. Updates come from a thread, as they do from an
instrument; the loop is woken once for all that wait, and takes them in order.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque
from pathlib import Path

import msgspec
import uvloop
from aiohttp import WSMsgType, web

from macduff.limits import DEFAULTS
from macduff.protocol.dialect import MACDUFF, STRICT
from macduff.protocol.messages import Refusal, Subscribe, parse

from .devices import Hardware
from .hosting import host

UPDATE = '{"typeid":"malcolm:core/Update:1.0","id":%d,"value":'
DELTA = '{"typeid":"malcolm:core/Delta:1.0","id":%d,"changes":'
MERGE_ABOVE = 4
"""More updates than this that wait are more than a loop that keeps up ever sees: then the newest alone is sent."""

encode = msgspec.json.Encoder().encode


class Bare:
    """The server's state, on its loop; `update` is called by the hardware's thread."""

    def __init__(self, replies: dict[str, str]) -> None:
        self.replies = replies
        self.width = 1
        self.every = False
        self.subscribers: dict[web.WebSocketResponse, list[tuple[str, str]]] = {}  # beginning and end of each message
        self.loop = asyncio.get_running_loop()
        self.waiting: deque[float] = deque()
        self.woken = False
        self.some = asyncio.Event()
        self.sequence = 0

    def update(self, value: float) -> None:
        self.waiting.append(value)
        if not self.woken:
            self.woken = True
            self.loop.call_soon_threadsafe(self.some.set)

    async def publish(self) -> None:
        """Send what comes: each update by itself, or for a batch all that wait in one frame."""
        while True:
            await self.some.wait()
            self.some.clear()
            self.woken = False
            values = [self.waiting.popleft() for _ in range(len(self.waiting))]
            if self.every:
                await self._send_batch(values)
                continue
            for value in values[-1:] if len(values) > MERGE_ABOVE else values:
                await self._send(value)

    async def _send(self, value: float) -> None:
        texts = {UPDATE: encode(value).decode(), DELTA: ""}
        if any(kind == DELTA for subscribed in self.subscribers.values() for kind, _ in subscribed[:1]):
            texts[DELTA] = f'[[["value"],{texts[UPDATE]}],[["timeStamp"],{encode(STAMP).decode()}]]'
        for socket, subscribed in list(self.subscribers.items()):
            try:
                for kind, head in subscribed:
                    await socket.send_str(f"{head}{texts[kind]}}}")
            except ConnectionError:
                self.subscribers.pop(socket, None)

    async def _send_batch(self, values: list[float]) -> None:
        bodies = []
        for value in values:
            self.sequence += 1
            bodies.append(f'{encode(value).decode()},"sequence":{self.sequence},"dropped":0}}')
        for socket, subscribed in list(self.subscribers.items()):
            try:
                for _, head in subscribed:
                    await socket.send_str("[" + ",".join([head + body for body in bodies]) + "]")
            except ConnectionError:
                self.subscribers.pop(socket, None)

    async def websocket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, protocols=(MACDUFF.name,))
        await socket.prepare(request)
        dialect = MACDUFF if socket.ws_protocol else STRICT
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            for asked in parse(message.data, dialect, DEFAULTS):
                assert not isinstance(asked, Refusal), asked.error
                if isinstance(asked, Subscribe):
                    self.every = asked.policy == "every"
                    kind = DELTA if asked.delta else UPDATE
                    self.subscribers.setdefault(socket, []).append((kind, kind % asked.id))
                    await socket.send_str(f"{kind % asked.id}0.0}}")
                else:
                    await socket.send_str(self.replies[str(type(asked).__struct_config__.tag)] % asked.id)
        self.subscribers.pop(socket, None)
        return socket


STAMP = {"typeid": "time_t", "secondsPastEpoch": 1700000000, "nanoseconds": 123456789, "userTag": 0}


async def main(replies: str, announced: str) -> None:
    server = Bare(json.loads(Path(replies).read_text()))
    await host(server.websocket, Hardware(server.update), announced, server.publish())


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(*sys.argv[1:]))
