"""Functions called in another program: `Remote().call(function, *arguments)`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, ParamSpec, Self, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

ROOT = Path(__file__).parents[3]
LONG = 20.0


class Remote:
    """A program that waits for functions to call, one after the other. The functions are those of a module."""

    def __init__(self, environment: Mapping[str, str] | None = None, *, orderly: bool = False) -> None:
        self._connection, theirs = Pipe()
        command = [sys.executable, "-m", "tests.system.tango_server.agent", str(theirs.fileno())]
        self.program = subprocess.Popen(
            command + ["--orderly"] * orderly, pass_fds=[theirs.fileno()], cwd=ROOT, stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", **(environment or {})},
        )  # fmt: skip
        theirs.close()

    def begin(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> None:
        """Call it and do not wait; `result` tells."""
        assert not kwargs
        self._connection.send((function, args))

    def result(self, timeout: float = LONG) -> Any:
        """What the function returned that was begun first."""
        assert self._connection.poll(timeout), "no answer in time"
        good, value = self._connection.recv()
        assert good, value
        return value

    def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        self.begin(function, *args, **kwargs)
        value: R = self.result()
        return value

    def send(self, number: signal.Signals) -> int:
        """Send a signal and wait until the program has ended; its exit code."""
        self.program.send_signal(number)
        return self.program.wait(LONG)

    def close(self) -> int:
        """End it, in order if it was made so."""
        self._connection.close()
        try:
            return self.program.wait(LONG)
        except subprocess.TimeoutExpired:
            self.program.kill()
            self.program.wait(LONG)
            raise

    def kill(self) -> None:
        self.program.kill()
        self.program.wait(LONG)
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.program.poll() is None:
            self.close()
        else:
            self._connection.close()


__all__ = ["LONG", "Connection", "Remote"]
