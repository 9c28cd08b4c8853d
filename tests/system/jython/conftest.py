"""The client in a process of its own, under Jython and under CPython, and Processes for it to talk to."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import eventually
from tests.system.client.conftest import Lab

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "jython"
DRIVER = Path(__file__).with_name("driver.py")

INTERPRETERS = {
    "jython": ["jython", "-B", "-Dpython.cachedir.skip=true"],
    "cpython": [sys.executable, "-B", "-W", "error"],
}


class Side:
    """A running tests/system/jython/driver.py."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [*INTERPRETERS[name], str(DRIVER), str(FOLDER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )

    def begin(self, step: str, **arguments: Any) -> None:
        """Have a step done; `end` gives what it tells."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": step, "with": arguments}) + "\n")
        self.process.stdin.flush()

    def end(self) -> Any:
        """What the step tells, waited for."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"{self.name} has ended: see its standard error"
        told = json.loads(line)
        assert not (isinstance(told, dict) and "failure" in told), told["failure"]
        return told

    def do(self, step: str, **arguments: Any) -> Any:
        """Have a step done; what it tells."""
        self.begin(step, **arguments)
        return self.end()

    def close(self) -> int:
        """Let it end by itself, as a script does; its exit code."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.close()
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


@pytest.fixture(scope="session")
def sides() -> Iterator[dict[str, Side]]:
    """One process each for all tests, in whatever order they run: Jython takes seconds to start."""
    found = {name: Side(name) for name in INTERPRETERS}
    yield found
    codes = [side.close() for side in found.values()]
    assert codes == [0, 0]


@pytest.fixture(params=list(INTERPRETERS))
def side(request: pytest.FixtureRequest, sides: dict[str, Side]) -> Side:
    """The client under one of the interpreters."""
    return sides[request.param]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `macduff demo`, in a process of its own."""
    announced = tmp_path_factory.mktemp("demo") / "demo.json"
    command = [sys.executable, "-m", "macduff", "demo", "--port", "0", "--announce", str(announced)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            eventually(announced.exists, "the demo listens", timeout=30)
            yield json.loads(announced.read_text())["web"]["environment"]["MACDUFF_ADDRESS"]
        finally:
            server.send_signal(signal.SIGTERM)


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A Process with a device of every type, which may be killed and started again."""
    found = Lab().start()
    yield found
    found.kill()


def made(folder: Path, name: str, names: str) -> tuple[ssl.SSLContext, str]:
    """A context with a certificate for these names, and the file to trust it by."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command += ["-addext", f"subjectAltName={names}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, str(certificate)


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    return made(tmp_path_factory.mktemp("tls"), "ours", "IP:127.0.0.1,DNS:localhost")


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    return made(tmp_path_factory.mktemp("tls"), "other", "DNS:other.example")
