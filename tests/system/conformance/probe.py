"""What the cases ask of a protocol: the same few things, each done with that protocol's own client."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

__all__ = ["Bench", "ClientRefuses", "NotCarried", "Probe", "Refusal", "Seen"]

ROOT = Path(__file__).parents[3]


class Refusal(Exception):
    """The server refused, or the device failed; the text is what the client was told."""


class ClientRefuses(Exception):
    """The client library did not even send it."""


class NotCarried(Exception):
    """The protocol, or our server on it, has no such thing."""


@dataclass
class Seen:
    """An attribute as a client sees it; None where the protocol does not tell."""

    value: Any
    severity: int | None = None
    message: str | None = None
    time_ns: int | None = None
    units: str | None = None
    precision: int | None = None
    control: tuple[float, float] | None = None
    warning: tuple[float, float] | None = None
    labels: tuple[str, ...] | None = None
    description: str | None = None
    native: str = ""
    """What the protocol calls its type."""


class Probe(Protocol):
    """One protocol's client. Refusal, ClientRefuses or NotCarried say why something was not done."""

    def get(self, name: str) -> Seen:
        """An attribute's value and all that comes with it."""

    def put(self, name: str, value: Any) -> None:
        """Put, and wait until it is complete."""

    def call(self, method: str, **arguments: Any) -> Any:
        """Call a method and wait for its end."""

    def start(self, method: str) -> None:
        """Start a method and do not wait."""

    def watch(self, name: str) -> None:
        """Subscribe; for `gone`, `again`."""

    def gone(self, timeout: float) -> str:
        """Wait until the subscriber is told that what it watches is gone; how it was told."""

    def again(self, timeout: float) -> tuple[Any, str]:
        """Wait until the subscriber gets a value again; that value, and what had to be done for it ("": nothing)."""

    def close(self) -> None:
        """Let go of everything."""


@dataclass
class Bench:
    """The process of `bench.py`, and what is true there, asked over HTTP."""

    process: subprocess.Popen[str] = field(init=False)
    listening: dict[str, dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        command = [sys.executable, "-m", "tests.system.conformance.bench"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.listening = json.loads(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"the bench ended with {self.process.wait(10)}")
            if line.startswith("{") or line.strip() == "done":
                return line

    def tell(self, command: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        assert self._line().strip() == "done"

    def set(self, name: str, value: Any) -> None:
        """Have the attribute hold a value, over HTTP."""
        connection = HTTPConnection(urlsplit(self.listening["web"]["address"]).netloc, timeout=10)
        try:
            connection.request("PUT", f"/api/CONF/{name}", json.dumps(value))
            response = connection.getresponse()
            assert response.status == 200, response.read()
            response.read()
        finally:
            connection.close()

    def truth(self, name: str) -> Any:
        """What the attribute really is now."""
        connection = HTTPConnection(urlsplit(self.listening["web"]["address"]).netloc, timeout=10)
        try:
            connection.request("GET", f"/api/CONF/{name}/value")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
