"""Server CPU of a request: get, put and call by 32 clients, each asking again as soon as it is answered."""

from __future__ import annotations

import asyncio
from functools import partial

from .clients import Asking, Talking, connected, run
from .measuring import Figure, Options, in_turn
from .servers import Server, bare, serve

CLIENTS = 32
REQUESTS = {
    "get": ('{"typeid":"malcolm:core/Get:1.0","id":%d,"path":["S%d","position"]}', 1.5),
    "get of a value": ('{"typeid":"malcolm:core/Get:1.0","id":%d,"path":["S%d","position","value"]}', None),
    "put": ('{"typeid":"malcolm:core/Put:1.0","id":%d,"path":["S%d","velocity"],"value":2}', None),
    "put by code": ('{"typeid":"malcolm:core/Put:1.0","id":%d,"path":["S%d","gain"],"value":2}', None),
    "call": ('{"typeid":"malcolm:core/Post:1.0","id":%d,"path":["S%d","move"],"parameters":{"target":2}}', None),
}


def measure(options: Options) -> list[Figure]:
    """CPU per request, as a ratio to the bare server's."""
    return run(lambda: _measure(options))


async def _measure(options: Options) -> list[Figure]:
    clients = options.size(CLIENTS, 2)
    figures = []
    with serve({"class": "benchmarks.devices.Stage", "name": f"S{index}"} for index in range(clients)) as ours:
        for name, (text, target) in REQUESTS.items():
            with bare({text.split('"')[3]: await _recorded(ours, text)}) as yardstick:
                found = await in_turn(
                    options.rounds,
                    partial(_cost, ours, text, clients, options.seconds),
                    partial(_cost, yardstick, text, clients, options.seconds),
                )
            figures.append(_figure(f"{name}, {clients} clients", found, target))
    return figures


def _figure(name: str, found: list[list[dict[str, float]]], target: float | None) -> Figure:
    ours, bare = found
    ratios = [a["us"] / b["us"] for a, b in zip(ours, bare, strict=True)]
    middle = sorted(range(len(ratios)), key=ratios.__getitem__)[len(ratios) // 2]
    parts = {
        "ours us": ours[middle]["us"],
        "bare us": bare[middle]["us"],
        "ours 1/s": ours[middle]["rate"],
        "bare 1/s": bare[middle]["rate"],
    }
    return Figure.of(f"CPU of a {name}", "x bare", ratios, target, parts=parts)


async def _recorded(server: Server, text: str) -> str:
    """The real reply, with a place for the id."""
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    async with connected(server.port, [Talking]) as (client,):
        client.on_message = answered.set_result
        client.send(text % (7, 0))
        reply = (await answered).decode()
    assert "malcolm:core/Return:1.0" in reply, reply
    return reply.replace("%", "%%").replace('"id":7', '"id":%d', 1)


async def _cost(server: Server, text: str, clients: int, seconds: float) -> dict[str, float]:
    async with connected(server.port, [partial(Asking, text % (n, n)) for n in range(clients)]) as asking:
        for client in asking:
            client.begin()
        await asyncio.sleep(seconds / 8)
        count, cpu = sum(client.count for client in asking), server.cpu()
        await asyncio.sleep(seconds)
        count, cpu = sum(client.count for client in asking) - count, server.cpu() - cpu
        assert all(b"Error:1.0" not in client.last and client.last for client in asking), asking[0].last
    return {"us": cpu / count * 1e6, "rate": count / seconds}
