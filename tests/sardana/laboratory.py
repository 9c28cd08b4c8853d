"""Sardana's demonstration for tests: a Tango database and Sardana's server, in processes of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from tests.support import free_port, random_name

__all__ = ["Laboratory"]

DATABASE = Path(sys.executable).with_name("PyDatabaseds")
READY = 60.0
"""Seconds in which everything is there."""


class Laboratory:
    """Motors, channels and the rest that Sardana's macro sar_demo makes; it writes into `folder` alone."""

    def __init__(self, sardana: Path, folder: Path) -> None:
        """sardana: the program of its server."""
        self.sardana, self.folder = sardana, folder
        self.name = random_name("demo").lower()
        self.host = ""
        """Of the database: "127.0.0.1:PORT"."""
        self._open = ExitStack()

    def motor(self, number: int) -> str:
        return self.device(f"motor/motctrl01/{number}")

    def device(self, name: str) -> str:
        return f"tango://{self.host}/{name}"

    def __enter__(self) -> Self:
        with self._open:
            self._start_database()
            self._start_sardana()
            self._make_demonstration()
            self._open = self._open.pop_all()  # nothing went wrong, so that it stays
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _run(self, program: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """One that is killed at the end; what it says goes into a file by its name."""
        said = self._open.enter_context((self.folder / f"{program.name}.log").open("w"))
        process = self._open.enter_context(subprocess.Popen(
            [str(program), *arguments], env={**os.environ, "TMPDIR": str(self.folder), **environment},
            stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.PIPE, text=True, cwd=self.folder,
        ))  # fmt: skip
        self._open.callback(_end, process)
        return process

    def _start_database(self) -> None:
        program = self._run(
            DATABASE, "--host", "127.0.0.1", "--port", "0", "--print-host-port", "2",
            PYTANGO_DATABASE_NAME=":memory:",
        )  # fmt: skip
        assert program.stderr is not None
        while not (found := re.search(r"host=(.*), port=(\d+)", line := program.stderr.readline())):
            assert line, "the database did not start"
        self.host = f"{found[1]}:{found[2]}"
        self._drain(program)

    def _start_sardana(self) -> None:
        port = free_port()
        self._drain(
            self._run(self.sardana, self.name, "-ORBendPoint", f"giop:tcp:127.0.0.1:{port}", TANGO_HOST=self.host)
        )

    def _drain(self, program: subprocess.Popen[str]) -> None:
        """So that it never waits for us to read."""
        assert program.stderr is not None
        reader = threading.Thread(target=program.stderr.read)
        reader.start()
        self._open.callback(reader.join, 10)
        self._open.callback(_end, program)

    def _make_demonstration(self) -> None:
        import tango

        door = within(READY, lambda: tango.DeviceProxy(self.device(f"Door/{self.name}/1")))
        within(READY, door.ping)
        door.set_timeout_millis(10_000)
        door.RunMacro(["sar_demo"])
        within(READY, lambda: _done(door, tango))


def _done(door: Any, tango: Any) -> None:
    """Raises until the macro has ended; Sardana's own message if it went wrong."""
    if door.state() == tango.DevState.RUNNING:
        raise RuntimeError("the macro sar_demo is running")
    said = door.read_attribute("Output").value or ()
    assert "DONE!" in said, f"the macro sar_demo did not do all: {said} {door.read_attribute('Error').value}"


def within(seconds: float, use: Any) -> Any:
    """What it gives when it succeeds; its last error if it does not in this time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return use()
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait(10)
