"""The client in a process of its own, under Jython and under CPython, and Processes for it to talk to."""

from __future__ import annotations

import json
import os
import signal
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


@pytest.fixture(scope="session", params=list(INTERPRETERS))
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    """One process for all tests: Jython takes seconds to start."""
    found = Side(request.param)
    yield found
    assert found.close() == 0


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
