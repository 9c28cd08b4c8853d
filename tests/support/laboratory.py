"""A laboratory in a process of its own, that may be killed and started again on the same port."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Self

__all__ = ["ROOT", "LabProgram"]

ROOT = Path(__file__).parents[2]


class LabProgram:
    """The process of `module`, a program that serves on the port it is given, prints it, and answers lines on stdin.

    quiet: what it logs is not shown, since its devices fail on purpose.
    """

    module: ClassVar[str]
    quiet: ClassVar[bool] = False

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self._process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"ws://{self.place}"

    @property
    def place(self) -> str:
        """As prompts have it."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start it: on a free port the first time, on the same one later."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", self.module, str(self.port)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL if self.quiet else None,
        )  # fmt: skip
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

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It answers nothing meanwhile."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, and wait for its end."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None and process.stdout is not None
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()
