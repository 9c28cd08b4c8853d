"""The simulated instrument (tests/instrument.py) as another process, from the side of the tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

__all__ = ["Bench"]

PROGRAM = Path(__file__).parent.parent / "instrument.py"


class Bench:
    """Starts the instrument and tells it what to do wrong. Use as a context manager."""

    def __init__(self, outputs: int = 2, *options: str) -> None:
        command = [sys.executable, str(PROGRAM), "--outputs", str(outputs), *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self._line().split()[1])

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def order(self, **orders: Any) -> dict[str, Any]:
        """Have it do something; what it says of itself."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(orders) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._line())
        return answer

    def faults(self, **faults: Any) -> None:
        """From here on, replies go wrong so."""
        self.order(faults=faults)

    def log(self) -> list[str]:
        """The lines that it received since it was asked last."""
        return [text for _, text in self.order(log=True)["log"]]

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the simulated instrument ended"
        return line

    def stop(self) -> None:
        self.process.communicate(timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
