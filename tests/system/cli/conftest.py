"""A laboratory of one stage, served by `macduff serve` in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import random_name

DEVICES = '''
from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import Literal

import numpy

from macduff import Attribute, Device, VArray, VBool, VDouble, VInt, VString, publish_method


class Stage(Device):
    """A linear stage."""

    position = Attribute(VDouble(units="mm", precision=4, warning=(-50, 50)), 0.0, "Where it is")
    velocity = Attribute(VDouble(units="mm/s", control=(0.01, 500)), 1.0, "How fast it goes", writable=True)
    note = Attribute(VString(), "", "What somebody wrote", writable=True)
    enabled = Attribute(VBool(), True, "Whether it may move", writable=True)
    trace = Attribute(VArray("float64"), numpy.zeros(3), "Where it was")

    @publish_method(busy="replace")
    def move(self, target: float, gently: bool = False) -> float:
        """Go to target (mm) and return where it ended (mm)."""
        while abs(left := target - self.position.value) > 1e-9:
            step = min(abs(left), 0.02 * self.velocity.value)
            self.position.update(self.position.value + math.copysign(step, left))
            self.wait(0.02)
        return self.position.value

    @publish_method
    def fail(self) -> None:
        """Raise."""
        raise RuntimeError("the belt is torn")


class Closing(Device):
    """Leaves a file when it is closed; `hang` seconds later."""

    interval = Attribute(VDouble(units="s"), 0.0, "The interpreter's switch interval where devices are made")
    threads = Attribute(VInt(), 0, "Not used")

    def __init__(self, name: str, file: Path, hang: float = 0.0, kind: Literal["a", "b"] = "a") -> None:
        super().__init__(name)
        self._file = file
        self._hang = hang
        self.interval.update(sys.getswitchinterval())

    def do_close(self) -> None:
        self._file.write_text("closing")
        time.sleep(self._hang)
        self._file.write_text("closed")
'''


class Serving:
    """A running `macduff serve` or `macduff demo`."""

    def __init__(self, process: subprocess.Popen[str], announced: Path, address: str) -> None:
        self.process = process
        self.announced = announced
        self.address = address

    def end(self, number: signal.Signals = signal.SIGTERM, timeout: float = 20.0) -> tuple[int, str]:
        """Send the signal; exit code and standard error."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=timeout)
        return self.process.returncode, errors


COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, where the tests are a shell's background job
from macduff.cli import main
sys.exit(main())
"""


def command(*tokens: str | Path) -> list[str]:
    """The macduff command, for a process of its own."""
    return [sys.executable, "-c", COMMAND, *map(str, tokens)]


@contextmanager
def serving(folder: Path, *tokens: str | Path) -> Iterator[Serving]:
    """Run a server command until its announcement appears; kill it at the end if it still runs."""
    announced = folder / random_name("announced")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command(*tokens, "--announce", announced),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 30
        while not announced.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise AssertionError(f"it did not announce itself: {process.communicate()[1]}")
            time.sleep(0.01)
        yield Serving(process, announced, json.loads(announced.read_text())["web"]["environment"]["MACDUFF_ADDRESS"])
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the module of the devices, and files that serve them."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "labdevices.py").write_text(DEVICES)
    (folder / "lab.yaml").write_text(
        "servers: {web: {port: 0}}\ndevices:\n  - {class: labdevices.Stage, name: STAGE}\n"
    )
    return folder


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[str]:
    """The address of a laboratory with the device STAGE."""
    with serving(folder, "serve", folder / "lab.yaml") as server:
        yield server.address
        code, _ = server.end()
        assert code == 0
