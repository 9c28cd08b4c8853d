"""The yardstick: an aiohttp websocket server that sends one page the same content, as anybody would write it.

A thread makes the same updates at the same rate, each one a store of value and time stamp under a name; the loop looks
25 times a second what is new, and sends it as one msgpack message with columns of places, values and nanoseconds.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time

import msgspec
import uvloop
from aiohttp import web

from ..devices import Hardware
from ..hosting import host

PERIOD = 0.04
encode = msgspec.msgpack.Encoder().encode


class Bare:
    """`store` is filled by the hardware's thread; all else is the loop's."""

    def __init__(self, width: int) -> None:
        self.names = ["position", *(f"a{index}" for index in range(1, width))]
        self.places = {name: place for place, name in enumerate(self.names)}
        self.store: dict[str, tuple[float, int]] = {}
        self.mutex = threading.Lock()

    def beat(self, value: float) -> None:
        for name in self.names:
            with self.mutex:
                self.store[name] = (value, time.time_ns())

    def message(self) -> bytes | None:
        """What is new."""
        with self.mutex:
            new, self.store = self.store, {}
        if not new:
            return None
        values, times = zip(*new.values(), strict=True)
        seconds = min(times) // 10**9
        readings = {
            "fields": [self.places[name] for name in new],
            "values": values,
            "seconds": seconds,
            "nanoseconds": [each - seconds * 10**9 for each in times],
        }
        return encode([{"typeid": "malcolm:core/Delta:1.0", "id": 1, "changes": [], "readings": readings}])

    async def websocket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        try:
            while True:
                await asyncio.sleep(PERIOD)
                message = self.message()
                if message is not None:
                    await socket.send_bytes(message)
        except ConnectionError:
            return socket


async def main(width: str, announced: str) -> None:
    server = Bare(int(width))
    await host(server.websocket, Hardware(server.beat, clock=True), announced, asyncio.Event().wait())


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(*sys.argv[1:]))
