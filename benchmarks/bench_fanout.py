"""Server CPU of a delivered update: one source, many subscribers, as clients do subscribe."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

from .clients import Counting, connected, run, settle
from .measuring import Figure, Options, in_turn
from .servers import Server, bare, serve

VALUE = '{"typeid":"malcolm:core/Subscribe:1.0","id":%d,"path":["SOURCE","%s","value"]}'
DELTA = '{"typeid":"malcolm:core/Subscribe:1.0","id":%d,"path":["SOURCE","%s"],"delta":true}'
EVERY = '{"typeid":"malcolm:core/Subscribe:1.0","id":%d,"path":["SOURCE","%s","value"],"policy":"every"}'


@dataclass(frozen=True)
class Case:
    """attributes, updated `rate` times a second each; subscribers, each to all of them."""

    name: str
    attributes: int
    rate: float
    subscribers: int
    subscribe: str = VALUE
    target: float | None = 1.5

    @property
    def subprotocol(self) -> str:
        return "macduff.1" if self.subscribe is EVERY else ""

    @property
    def marker(self) -> str:
        return '"malcolm:core/Delta:1.0"' if self.subscribe is DELTA else '"malcolm:core/Update:1.0"'


CASES = (
    Case("250 Hz to 100", 1, 250, 100),
    Case("250 Hz to 100, with time stamps (delta)", 1, 250, 100, DELTA),
    Case("1 kHz to 100", 1, 1000, 100),
    Case("100 attributes at 100 Hz to 10", 100, 100, 10),
    Case("10 kHz to 100, merged", 1, 10_000, 100),
    Case("10 kHz to 100, every one, in batches", 1, 10_000, 100, EVERY),
)


def measure(options: Options) -> list[Figure]:
    """CPU per delivered update, as a ratio to the bare server's."""
    return run(lambda: _measure(options))


async def _measure(options: Options) -> list[Figure]:
    figures = []
    for case in CASES:
        if options.tiny:
            case = Case(case.name, min(case.attributes, 3), 100, 2, case.subscribe, None)
        device = {"class": "benchmarks.devices.Source", "name": "SOURCE", "width": case.attributes}
        with serve([device]) as ours, bare() as yardstick:
            found = await in_turn(
                options.rounds,
                partial(_cost, ours, case, options.seconds),
                partial(_cost, yardstick, case, options.seconds),
            )
        figures.append(_figure(case, found))
    return figures


def _figure(case: Case, found: list[list[dict[str, float]]]) -> Figure:
    ours, bare = found
    ratios = [a["us"] / b["us"] for a, b in zip(ours, bare, strict=True)]
    middle = sorted(range(len(ratios)), key=ratios.__getitem__)[len(ratios) // 2]
    parts = {
        f"{whose} {what}": runs[middle][key]
        for what, key in (("us", "us"), ("1/s", "rate"), ("% CPU", "busy"))
        for whose, runs in (("ours", ours), ("bare", bare))
    }
    return Figure.of(f"CPU of an update, {case.name}", "x bare", ratios, case.target, parts=parts)


async def _cost(server: Server, case: Case, seconds: float) -> dict[str, float]:
    names = ["position", *(f"a{index}" for index in range(1, case.attributes))]
    make = [partial(Counting, case.marker, case.subprotocol)] * case.subscribers
    loop = asyncio.get_running_loop()
    async with connected(server.port, make) as clients:
        for client in clients:
            for identity, name in enumerate(names):
                client.send(case.subscribe % (identity, name))
        await settle(lambda: all(client.count >= len(names) for client in clients), f"{case}: first values")
        await loop.run_in_executor(None, server.put, "SOURCE", "rate", case.rate)
        await asyncio.sleep(seconds / 8)
        count, cpu, start = sum(client.count for client in clients), server.cpu(), loop.time()
        await asyncio.sleep(seconds)
        count, cpu = sum(client.count for client in clients) - count, server.cpu() - cpu
        lasted = loop.time() - start
        await loop.run_in_executor(None, server.put, "SOURCE", "rate", 0)
        await asyncio.sleep(seconds / 16)
    return {"us": cpu / count * 1e6, "rate": count / lasted, "busy": 100 * cpu / lasted}
