"""A laboratory in a process of its own, that may be killed and started again on the same port."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from macduff.client import Client, connect
from tests.support import free_port

ROOT = Path(__file__).parents[3]


class Lab:
    """The process of tests/system/client/lab.py."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self._process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def start(self) -> Lab:
        """Start it: on a free port the first time, on the same one later."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.system.client.lab", str(self.port)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._line())
        return self

    def _line(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the laboratory has ended"
        return line

    def tell(self, command: str) -> None:
        """Give it a command and wait until it is done."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        assert self._line() == "done"

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, and wait for its end."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None and process.stdout is not None
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One for all tests of a module, which leave it alive."""
    found = Lab().start()
    yield found
    found.kill()


@pytest.fixture
def mortal() -> Iterator[Lab]:
    """One for a single test, which may kill it."""
    found = Lab().start()
    yield found
    found.kill()


@pytest.fixture
def unborn() -> Iterator[Lab]:
    """One that the test starts, on a port that is known before."""
    found = Lab(free_port())
    yield found
    found.kill()


@pytest.fixture
def client(lab: Lab) -> Iterator[Client]:
    with connect(lab.address) as client:
        yield client
