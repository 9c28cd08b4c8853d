"""The page in headless Chromium: how late it shows 500 attributes, and what that costs the server and the browser.

The device's own thread, which stands for hardware and makes the updates, is in the server's process too. It is shown
apart, and so is what the same server takes when nobody looks.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from .clients import Talking, connected, run
from .measuring import Figure, Options, in_turn, percentile
from .page.chromium import Chromium, Tab, chromium
from .page.threads import cpu_by_thread
from .servers import Server, module, serve

SAMPLER = (Path(__file__).parent / "page" / "sampler.js").read_text()
LATE, SERVER, GROWTH = 150.0, 10.0, 5.0
WHOLE = 99.0
HARDWARE = "hardware"
SAMPLES = 12
Run = dict[str, float]


@dataclass(frozen=True)
class Wide:
    """A device with so many attributes, all of them updated at each beat."""

    width: int

    @property
    def entry(self) -> dict[str, Any]:
        return {"class": "benchmarks.devices.Source", "name": "SOURCE", "width": self.width, "clock": True}

    @property
    def names(self) -> list[str]:
        """Some of its attributes, from the first to the last."""
        return ["position", *(f"a{self.width * share // 4}" for share in (1, 2, 3)), f"a{self.width - 1}"]


def measure(options: Options) -> list[Figure]:
    """The figures."""
    return run(lambda: _measure(options))


async def _measure(options: Options) -> list[Figure]:
    wide, figures = Wide(options.size(500, 8)), []
    rounds, seconds = min(options.rounds, 5), max(options.seconds, options.size(4, 0))
    async with chromium() as browser:
        with serve([wide.entry]) as server, module("benchmarks.page.bare", str(wide.width)) as yardstick:
            paints = [await _first_paint(browser, server, wide) for _ in range(rounds)]
            figures.append(Figure.of(f"first paint of {wide.width} attributes", "ms", paints))
            found = await in_turn(
                rounds,
                partial(_alone, server, seconds, options),
                partial(_looked_at, browser, server, wide, 10, seconds, options),
                partial(_looked_at, browser, server, wide, 50, seconds, options),
                partial(_bare, yardstick, seconds, options),
            )
            figures += _figures(wide, found, options)
            every = [await _every_one(browser, server, wide, seconds, options) for _ in range(rounds)]
            figures += _accepted(every, options)
            figures.append(await _soak(browser, server, wide, options))
        figures.append(await _images(browser, rounds, seconds, options))
    return figures


@asynccontextmanager
async def _page(browser: Chromium, server: Server, device: str, last: str, unpaced: bool = False) -> AsyncIterator[Tab]:
    script = SAMPLER.replace("LAST", last).replace("UNPACED", str(unpaced).lower())
    async with browser.tab(f"http://127.0.0.1:{server.port}/#/{device}", script) as tab:
        await tab.until("window.measured && measured.painted")
        yield tab


async def _put(server: Server, device: str, rate: float) -> None:
    await asyncio.get_running_loop().run_in_executor(None, server.put, device, "rate", rate)


async def _first_paint(browser: Chromium, server: Server, wide: Wide) -> float:
    async with _page(browser, server, "SOURCE", wide.names[-1]) as tab:
        return float(await tab.evaluate("measured.painted"))


async def _busy(server: Server, browser: Chromium | None, seconds: float) -> Run:
    """Percent of a core, of each thread of the server and of the browser."""
    loop = asyncio.get_running_loop()

    def look() -> tuple[float, Run]:
        drawn, all_ = browser.cpu() if browser is not None else (0.0, 0.0)
        now = {"server": server.cpu(), "renderer": drawn, "browser": all_}
        return loop.time(), {**now, **cpu_by_thread(server.pid)}

    start, before = look()
    await asyncio.sleep(seconds)
    end, after = look()
    found = {name: 100 * (used - before.get(name, 0.0)) / (end - start) for name, used in after.items()}
    own = found.get(HARDWARE, 0.0)
    return {**found, HARDWARE: own, "for others": found["server"] - own}


async def _alone(server: Server, seconds: float, options: Options) -> Run:
    """Nobody looks."""
    await _put(server, "SOURCE", 50)
    await asyncio.sleep(options.size(2, 0))
    found = await _busy(server, None, seconds)
    await _put(server, "SOURCE", 0)
    return found


async def _bare(server: Server, seconds: float, options: Options) -> Run:
    """The yardstick, and a client that takes what it sends."""
    async with connected(server.port, [Talking]) as (client,):
        client.on_message = lambda message: None
        return await _alone(server, seconds, options)


async def _looked_at(
    browser: Chromium, server: Server, wide: Wide, rate: float, seconds: float, options: Options
) -> Run:
    """One page shows the device."""
    async with _page(browser, server, "SOURCE", wide.names[-1]) as tab:
        await _put(server, "SOURCE", rate)
        await asyncio.sleep(options.size(2, 0) + 0.2)
        found = await _lateness(tab, wide, lambda: _busy(server, browser, seconds))
        await _put(server, "SOURCE", 0)
        return found


async def _lateness(tab: Tab, wide: Wide, meanwhile: Callable[[], Any]) -> Run:
    offset = await tab.offset()
    await tab.evaluate(f"follow({wide.names})")
    found: Run = await meanwhile()
    late = [each + offset for each in await tab.evaluate("measured.late")]
    if not late:
        raise AssertionError("expected values to be shown, got none")
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    return found | {name: percentile(late, share) for name, share in shares.items()}


def _figures(wide: Wide, found: list[list[Run]], options: Options) -> list[Figure]:
    alone, slow, quick, bare = found
    figures = []
    for rate, runs in ((10, slow), (50, quick)):
        name = f"{wide.width} attributes at {rate} Hz"
        target = None if options.tiny else LATE
        parts = _middle(runs, "p50", "p99")
        figures.append(Figure.of(f"update to screen p95, {name}", "ms", _all(runs, "p95"), target, parts=parts))
        figures.append(_server(f"server's CPU, {name}", runs, SERVER if rate == 50 and not options.tiny else None))
        drawing = {"all of chromium": _middle(runs, "browser")["browser"]}
        figures.append(Figure.of(f"renderer's CPU, {name}", "%", _all(runs, "renderer"), parts=drawing))
    figures.append(_server("  the same at 50 Hz while nobody looks", alone, None))
    figures.append(_server("  bare aiohttp, the same content", bare, None))
    return figures


def _server(name: str, runs: Sequence[Run], target: float | None) -> Figure:
    threads = {thread.removeprefix("macduff "): value for thread, value in _threads(runs).items()}
    return Figure.of(name, "%", _all(runs, "server"), target, parts=threads)


def _threads(runs: Sequence[Run]) -> Run:
    """The threads that do anything."""
    known = {"server", "renderer", "browser", "p50", "p95", "p99"}
    found = _middle(runs, *(name for name in runs[0] if name not in known))
    return {name: value for name, value in found.items() if value >= 0.1}


def _all(runs: Sequence[Run], name: str) -> list[float]:
    return [each.get(name, 0.0) for each in runs]


def _middle(runs: Sequence[Run], *names: str) -> Run:
    return {name: sorted(_all(runs, name))[len(runs) // 2] for name in names}


async def _every_one(browser: Chromium, server: Server, wide: Wide, seconds: float, options: Options) -> Run:
    """The page is told of each change set as it comes."""
    async with _page(browser, server, "SOURCE", wide.names[-1], unpaced=True) as tab:
        await _put(server, "SOURCE", 50)
        await asyncio.sleep(options.size(2, 0) + 0.2)
        await tab.evaluate("window.before = {...measured, at: performance.now()}")
        found = await _lateness(tab, wide, lambda: _busy(server, browser, seconds))
        told: Run = await tab.evaluate(
            "({taken: measured.readings - before.readings, made: measured.newest - before.newest,"
            " unseen: measured.unseen - before.unseen, lasted: (performance.now() - before.at) / 1e3})"
        )
        await _put(server, "SOURCE", 0)
        return found | told | {"a second": told["taken"] / told["lasted"]}


def _accepted(runs: list[Run], options: Options) -> list[Figure]:
    rates, shares = _all(runs, "a second"), [100 * run["taken"] / run["made"] for run in runs]
    parts = _middle(runs, "p50", "p95", "renderer", "server")
    note = "without a period: each change set as it comes"
    return [
        Figure.of("readings that a page takes a second", "", rates, at_most=False, parts=parts, note=note),
        Figure.of("  of those that were made", "%", shares, None if options.tiny else WHOLE, at_most=False),
    ]


async def _soak(browser: Chromium, server: Server, wide: Wide, options: Options) -> Figure:
    """Heap that the page has gained, without what waits to be collected; the source rests while it is looked at."""

    async def run_for(seconds: float) -> float:
        await _put(server, "SOURCE", 50)
        await asyncio.sleep(seconds)
        await _put(server, "SOURCE", 0)
        await asyncio.sleep(options.size(1, 0))
        return await tab.heap()

    async with _page(browser, server, "SOURCE", wide.names[-1], unpaced=True) as tab:
        await run_for(options.size(20, 0))
        sizes = [await run_for(options.soak * 60 / SAMPLES) for _ in range(SAMPLES)]
        await _put(server, "SOURCE", 50)
        found = await _lateness(tab, wide, lambda: _busy(server, browser, 2.0))
        await _put(server, "SOURCE", 0)
    first, last = statistics.median(sizes[:3]), statistics.median(sizes[-3:])
    growth = [100 * (size / first - 1) for size in sizes]
    parts = {"MB at first": first / 1e6, "MB in the end": last / 1e6, "p95 ms in the end": found["p95"]}
    name = f"growth of the page's heap in {options.soak:g} minutes"
    target = None if options.tiny else GROWTH
    return Figure(name, "%", 100 * (last / first - 1), min(growth), max(growth), target, parts=parts)


async def _images(browser: Chromium, rounds: int, seconds: float, options: Options) -> Figure:
    """Pictures of 1 Mpixel."""
    size, runs = options.size(1000, 10), []
    with serve([{"class": "benchmarks.devices.Camera", "name": "CAMERA", "size": size}]) as server:
        for _ in range(rounds):
            async with _page(browser, server, "CAMERA", "image") as tab:
                await _put(server, "CAMERA", 20)
                await asyncio.sleep(options.size(2, 0) + 0.5)
                await tab.evaluate("measured.pictures = 0, measured.began = performance.now()")
                found = await _busy(server, browser, seconds)
                found["shown"] = await tab.evaluate("measured.pictures / (performance.now() - measured.began) * 1e3")
                runs.append(found)
                await _put(server, "CAMERA", 0)
    parts = _middle(runs, "server", "renderer", "browser")
    return Figure.of(f"{size} x {size} pixels at 20 Hz, shown", "1/s", _all(runs, "shown"), parts=parts)
