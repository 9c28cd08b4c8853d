"""Programs of examples/bluesky, run as processes, and what the pages show of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.support import free_port

ROOT = Path(__file__).parents[3]
PROGRAMS = ROOT / "examples" / "bluesky"
PAGES = ROOT / "docs" / "explanation"
PORT = "45678"
"""What the pages show for any port."""


class Started:
    """A program in a process of its own, from its line that says that it is ready."""

    def __init__(self, ready: str, *command: str) -> None:
        self._ready, self._command = ready, command
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-u", *self._command]
        process = self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if self._ready in line:
                return self
        self.__exit__()
        raise AssertionError(f"it ended: {''.join(said)}")

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.communicate(timeout=10)


class TangoServer(Started):
    """examples/bluesky/tango_server.py."""

    def __init__(self) -> None:
        port = free_port()
        super().__init__("Ready to accept request", str(PROGRAMS / "tango_server.py"), str(port))
        self.motor = f"tango://127.0.0.1:{port}/lab/motor/1#dbase=no"


class Laboratory(Started):
    """`macduff demo`."""

    def __init__(self) -> None:
        port = free_port()
        super().__init__("laboratory is at", "-m", "macduff", "demo", "--port", str(port))
        self.address = f"ws://127.0.0.1:{port}"


def run(program: str, *arguments: str) -> list[str]:
    """The parts, between empty lines, of what the program prints; it has nothing to complain of."""
    command = [sys.executable, str(PROGRAMS / f"{program}.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    said = re.sub(r"(?<=127\.0\.0\.1:)\d+", PORT, done.stdout)
    said = re.sub(r"'(\S+)' object can't be awaited", r"object \1 can't be used in 'await' expression", said)  # 3.14
    said = re.sub(r"(?<=has pipes, got )\d+\.\d+\.\d+", "10.3.1", said)
    return said.strip("\n").split("\n\n")


def blocks(page: str) -> list[str]:
    """What the page shows as printed: its text blocks, and its tables that come from a program."""
    text = (PAGES / f"{page}.md").read_text()
    found = re.findall(r"```text\n(.*?)\n```|% printed\n(\|.*?\|)\n(?!\|)", text, re.DOTALL)
    return [block or table for block, table in found]
