"""How long it takes until a client sees an update by the hardware, and an abort: idle, and with four busy threads."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from .clients import Talking, connected, run
from .measuring import Figure, Options, percentile
from .servers import Server, serve

BUSY = 4
"""Threads that burn CPU time in pure Python, inside the server."""
RATE = 100.0
UPDATES, ABORTS = 1500, 300
ABORT_SEEN = 100.0
DEVICES = (
    {"class": "benchmarks.devices.Source", "name": "SOURCE", "clock": True},
    {"class": "benchmarks.devices.Slow", "name": "SLOW"},
    {"class": "benchmarks.devices.Burner", "name": "BURNER"},
)


def measure(options: Options) -> list[Figure]:
    """p50 and p99 in ms."""
    return run(lambda: _measure(options))


async def _measure(options: Options) -> list[Figure]:
    updates, aborts = options.size(UPDATES, 5), options.size(ABORTS, 3)
    figures: list[Figure] = []
    with serve(DEVICES) as server:
        for busy in (0, BUSY):
            await _put(server, "BURNER", "threads", busy)
            how = f"{busy} busy threads" if busy else "idle"
            target = ABORT_SEEN if busy and not options.tiny else None
            figures += _figures(f"hardware update -> client, {how}", await _updates(server, updates))
            figures += _figures(f"Post abort -> Aborting seen, {how}", await _aborts(server, aborts), target)
    return figures


def _figures(name: str, waits: list[float], target: float | None = None) -> Iterator[Figure]:
    """The median and the 99th percentile, with least and most."""
    for share, bound in ((0.5, None), (0.99, target)):
        value = percentile(waits, share)
        full = f"{name}, p{round(share * 100)}"
        yield Figure(full, "ms", value, min(waits), max(waits), bound, note=f"of {len(waits)}")


async def _put(server: Server, device: str, attribute: str, value: float) -> None:
    await asyncio.to_thread(server.put, device, attribute, value)


async def _updates(server: Server, count: int) -> list[float]:
    """The value is the time at which it was updated; all processes of a machine have the same monotonic clock."""
    waits: list[float] = []
    enough: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def heard(message: bytes) -> None:
        now = time.monotonic()
        value = json.loads(message)["value"]
        if value and not enough.done():
            waits.append((now - value) * 1e3)
            if len(waits) == count + 1:
                enough.set_result(None)

    async with connected(server.port, [Talking]) as (client,):
        client.on_message = heard
        await _put(server, "SOURCE", "rate", RATE)
        client.send('{"typeid":"malcolm:core/Subscribe:1.0","id":1,"path":["SOURCE","position","value"]}')
        await asyncio.wait_for(enough, 120)
        await _put(server, "SOURCE", "rate", 0)
    return waits[1:]  # the first is what was there before


async def _aborts(server: Server, count: int) -> list[float]:
    """One client begins a method, waits until it runs, aborts it and waits until it sees the state Aborting."""
    messages: asyncio.Queue[tuple[float, Any]] = asyncio.Queue()
    waits = []
    chance = random.Random(1)
    async with connected(server.port, [Talking]) as (client,):
        client.on_message = lambda data: messages.put_nowait((time.monotonic(), json.loads(data)))
        client.send('{"typeid":"malcolm:core/Subscribe:1.0","id":1,"path":["SLOW","state","value"]}')
        await _until(messages, lambda message: message.get("value") == "Idle")
        for number in range(count):
            identity = 10 + 2 * number
            client.send(_post(identity, "work"))
            await _until(messages, lambda message: message.get("value") == "Running")
            await asyncio.sleep(chance.uniform(0, 0.05))
            asked = time.monotonic()
            client.send(_post(identity + 1, "abort"))
            waits.append((await _until(messages, lambda message: message.get("value") == "Aborting") - asked) * 1e3)
            await _until(messages, lambda message: message.get("value") == "Idle")
    return waits


def _post(identity: int, method: str) -> str:
    return f'{{"typeid":"malcolm:core/Post:1.0","id":{identity},"path":["SLOW","{method}"],"parameters":{{}}}}'


async def _until(messages: asyncio.Queue[tuple[float, Any]], wanted: Callable[[Any], bool]) -> float:
    """When it came."""
    while True:
        when, message = await asyncio.wait_for(messages.get(), 30)
        if wanted(message):
            return when
