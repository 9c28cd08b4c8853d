"""Starts the servers, and says where they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from ..measuring import cpu_of

__all__ = ["PEERS", "Served", "serve"]

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".venv-peers" / "bin" / "python"
"""Where `make peers` puts FastCS; it needs much that nothing else here does."""


class Served:
    """A running server. `told`: what it said when it listened."""

    def __init__(self, command: list[str]) -> None:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        environment = {**os.environ, "PYTHONPATH": path}
        began = time.monotonic()
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.told: dict[str, Any] = {}
        for line in self.process.stdout:
            if line.startswith("{"):
                self.told = json.loads(line)
                break
        else:
            raise RuntimeError(f"{command}: expected a server, got exit code {self.process.wait()}")
        self.up_in = time.monotonic() - began

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu(self) -> float:
        """Seconds of CPU time that it has used."""
        return cpu_of(self.pid)

    def say(self, command: str) -> None:
        """A line on its stdin."""
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """The next line of JSON that it prints."""
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(who: str, protocol: str, *more: str) -> Served:
    """`who`: ours, bare or fastcs; protocol: pva or tango."""
    if who == "fastcs":
        return Served([str(PEERS), "-m", "benchmarks.control.fastcs_server", protocol])
    return Served([sys.executable, "-m", f"benchmarks.control.{who}_{protocol}", *more])
