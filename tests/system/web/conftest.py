"""A served laboratory in this process, and one in a process of its own."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from macduff.core import Process
from macduff.limits import DEFAULTS
from macduff.servers.web import WebServer
from tests.system.web.http import Http
from tests.system.web.lab import Bench, Spare

ROOT = Path(__file__).parents[3]


class Lab:
    """A Process with a bench, and its web server."""

    def __init__(self, process: Process, server: WebServer, bench: Bench) -> None:
        self.process = process
        self.server = server
        self.bench = bench
        self.address = server.address
        self.websocket = server.address.replace("http", "ws") + "/ws"


@contextmanager
def serving(*, limits: dict[str, Any] | None = None, **options: Any) -> Iterator[Lab]:
    """Serve a bench; options are the WebServer's."""
    bounds = dataclasses.replace(DEFAULTS, **(limits or {}))
    with Process(limits=bounds) as process:
        bench = Bench("BENCH")
        process.add(bench)
        process.block.offer(Spare)
        with WebServer(process, port=0, limits=bounds, **options) as server:
            yield Lab(process, server, bench)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with serving() as found:
        yield found


@pytest.fixture
def serve() -> Callable[..., Any]:
    """`with serve(limits={...}, read_only=True) as lab`."""
    return serving


class Remote:
    """A laboratory in another process; what it costs can be asked."""

    def __init__(self, *arguments: str, **limits: Any) -> None:
        command = [sys.executable, "-m", "tests.system.web.lab", *arguments, "--limits", json.dumps(limits)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline().split()
        if not line:
            self._end()
            pytest.fail("the laboratory did not start")
        self.address = line[0]
        self.websocket = self.address.replace("http", "ws") + "/ws"
        self.port = int(self.address.rpartition(":")[2])
        self._ps = psutil.Process(self._process.pid)

    def memory(self) -> int:
        """Resident bytes."""
        return int(self._ps.memory_info().rss)

    def threads(self) -> int:
        return int(self._ps.num_threads())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            assert self._process.wait(20) == 0, "the laboratory ended badly"
        finally:
            self._end()

    def _end(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


@pytest.fixture
def remote() -> Iterator[Callable[..., Remote]]:
    """`remote("--rate", "100", outgoing=100_000)`."""
    started: list[Remote] = []

    def start(*arguments: str, **limits: Any) -> Remote:
        found = Remote(*arguments, **limits)
        started.append(found)
        return found

    yield start
    for found in started:
        found.close()


@pytest.fixture
async def http(lab: Lab) -> AsyncIterator[Http]:
    async with aiohttp.ClientSession() as session:
        yield Http(session, lab.address)
