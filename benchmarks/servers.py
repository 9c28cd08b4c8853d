"""Servers in processes of their own: `macduff serve`, and the bare one that it is compared with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from .measuring import cpu_of

__all__ = ["Server", "bare", "module", "serve"]

ROOT = Path(__file__).parent.parent
START = 60.0
"""Seconds that a server may take until it listens."""


class Server:
    """A running server. `up_in`: seconds from its start until it listened."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, up_in: float) -> None:
        self.pid = process.pid
        self.port = port
        self.up_in = up_in
        self._process = process

    def cpu(self) -> float:
        """Seconds of CPU time that it has used."""
        return cpu_of(self.pid)

    def put(self, device: str, attribute: str, value: float) -> None:
        """PUT /api/DEVICE/ATTRIBUTE."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("PUT", f"/api/{device}/{attribute}", json.dumps(value))
            response = connection.getresponse()
            text = response.read().decode()
            if response.status != 200:
                raise RuntimeError(f"PUT {device}.{attribute}: {response.status} {text}")
        finally:
            connection.close()

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def serve(devices: Iterable[Mapping[str, Any]] = (), *, demo: bool = False) -> Iterator[Server]:
    """`macduff serve` with these entries of a configuration's `devices`, or `macduff demo`."""
    with tempfile.TemporaryDirectory() as folder:
        file, announced = Path(folder) / "lab.yaml", Path(folder) / "announced"
        entries = "\n".join(f"  - {json.dumps(dict(entry))}" for entry in devices)
        file.write_text(f"servers: {{web: {{port: 0}}}}\ndevices:\n{entries}\n")
        what = ["demo", "--port", "0"] if demo else ["serve", str(file)]
        command = [sys.executable, "-m", "macduff", *what, "--announce", str(announced), "--log-level", "error"]
        start = time.monotonic()
        process = _popen(command)
        try:
            _until(announced.exists, process)
            up_in = time.monotonic() - start
            port = int(json.loads(announced.read_text())["web"]["address"].rpartition(":")[2])
        except BaseException:
            process.kill()
            process.wait()
            raise
        yield from _running(process, port, up_in)


@contextmanager
def bare(replies: Mapping[str, str] = {}) -> Iterator[Server]:
    """The bare aiohttp server, with a canned reply by the typeid of what is asked."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "replies.json"
        told.write_text(json.dumps(dict(replies)))
        with module("benchmarks.bare", str(told)) as server:
            yield server


@contextmanager
def module(name: str, *arguments: str) -> Iterator[Server]:
    """`python -m NAME ARGUMENTS FILE`, which writes its port into the file when it listens."""
    with tempfile.TemporaryDirectory() as folder:
        announced = Path(folder) / "announced"
        start = time.monotonic()
        process = _popen([sys.executable, "-m", name, *arguments, str(announced)])
        try:
            _until(announced.exists, process)
            up_in = time.monotonic() - start
        except BaseException:
            process.kill()
            process.wait()
            raise
        yield from _running(process, int(announced.read_text()), up_in)


def _popen(command: list[str]) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.DEVNULL)


def _until(condition: Any, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START
    while not condition():
        if process.poll() is not None:
            raise RuntimeError(f"a server: expected to listen, ended with exit code {process.returncode}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"a server: expected to listen within {START} s")
        time.sleep(0.002)


def _running(process: subprocess.Popen[bytes], port: int, up_in: float) -> Iterator[Server]:
    server = Server(process, port, up_in)
    try:
        yield server
    finally:
        server.close()
