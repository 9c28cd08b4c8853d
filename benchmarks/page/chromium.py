"""A headless Chromium, asked over its own protocol: Playwright would have each websocket frame sent to itself.

Needs Debian's chromium or another one in the PATH.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from ..measuring import cpu_of

__all__ = ["Chromium", "Tab", "chromium"]

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-default-apps --disable-dev-shm-usage "
    "--disable-background-timer-throttling --disable-renderer-backgrounding --disable-backgrounding-occluded-windows "
    "--window-size=1280,900 --remote-debugging-port=0"
).split()
START = 60.0


class Chromium:
    """A running browser."""

    def __init__(self, pid: int, http: aiohttp.ClientSession, address: str) -> None:
        self._process = psutil.Process(pid)
        self._http = http
        self._address = address

    def cpu(self) -> tuple[float, float]:
        """Seconds of CPU time of its renderers, and of all of it."""
        renderers = total = 0.0
        for process in [self._process, *self._process.children(recursive=True)]:
            try:
                used, line = cpu_of(process.pid), process.cmdline()
            except (psutil.Error, OSError):
                continue
            total += used
            renderers += used if "--type=renderer" in line else 0.0
        return renderers, total

    @asynccontextmanager
    async def tab(self, address: str, script: str) -> AsyncIterator[Tab]:
        """A page of its own; `script` runs in it before the page's."""
        async with self._http.put(f"{self._address}/json/new?about:blank") as answer:
            made = await answer.json(content_type=None)
        async with self._http.ws_connect(made["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            tab = Tab(socket)
            await tab.ask("Network.clearBrowserCache")
            await tab.ask("Page.enable")
            await tab.ask("Page.addScriptToEvaluateOnNewDocument", source=script)
            await tab.ask("Page.navigate", url=address)
            yield tab
            await tab.ask("Page.close")


class Tab:
    """One page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._last = 0

    async def ask(self, method: str, **parameters: Any) -> Any:
        """A command of the DevTools protocol, one at a time; its result."""
        self._last += 1
        await self._socket.send_json({"id": self._last, "method": method, "params": parameters})
        while True:
            message = await self._socket.receive_json(timeout=START)
            if message.get("id") == self._last:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""
        result = await self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Its value once that is true."""
        deadline = time.monotonic() + START
        while not (found := await self.evaluate(expression)):
            if time.monotonic() > deadline:
                raise AssertionError(f"expected {expression} within {START} s")
            await asyncio.sleep(0.02)
        return found

    async def offset(self) -> float:
        """What to add to the page's performance.now() (ms) for time.monotonic(), right within half a round trip."""
        best = (float("inf"), 0.0)
        for _ in range(40):
            before = time.monotonic()
            there = await self.evaluate("performance.now()")
            after = time.monotonic()
            best = min(best, (after - before, (before + after) * 500 - there))
        return best[1]

    async def heap(self) -> float:
        """Bytes of live JavaScript objects, after a collection of the others."""
        for _ in range(2):
            await self.ask("HeapProfiler.collectGarbage")
        return float((await self.ask("Runtime.getHeapUsage"))["usedSize"])


@asynccontextmanager
async def chromium() -> AsyncIterator[Chromium]:
    """Start one, with a fresh profile; end it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise RuntimeError("page: expected chromium in the PATH, got none; on Debian: apt-get install chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            program, *FLAGS, f"--user-data-dir={profile}", "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port = await _port(Path(profile) / "DevToolsActivePort")
            async with aiohttp.ClientSession() as http:
                yield Chromium(process.pid, http, f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            await process.wait()


async def _port(file: Path) -> str:
    deadline = time.monotonic() + START
    while not file.exists() or not (lines := file.read_text().split()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"chromium: expected to listen within {START} s")
        await asyncio.sleep(0.02)
    return lines[0]
