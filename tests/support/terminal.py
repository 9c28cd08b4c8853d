"""A command in a terminal of its own: what is typed into it, and what stands on its screen."""

from __future__ import annotations

import copy
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import pyte
from pyte.screens import Char, Cursor

__all__ = ["Terminal", "TwoScreens"]

OTHER_SCREEN = 1049
DIM, GREY = 2, 90
LEADER = "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); os.execv(sys.argv[1], sys.argv[1:])"
"""The first terminal that the leader of a session opens is the one whose Ctrl-C and Ctrl-Z it gets."""


class TwoScreens(pyte.Screen):
    """With the second screen that real terminals have."""

    _first: tuple[Any, Cursor] | None = None

    @property
    def on_other(self) -> bool:
        return self._first is not None

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        if kwargs.get("private") and OTHER_SCREEN in modes and self._first is None:
            self._first = copy.deepcopy(self.buffer), copy.copy(self.cursor)
            self.erase_in_display(2)
        super().set_mode(*modes, **kwargs)

    def select_graphic_rendition(self, *attrs: int, **kwargs: Any) -> None:
        """What is dim is grey: this screen has nothing else for it."""
        super().select_graphic_rendition(*(GREY if attr == DIM else attr for attr in attrs), **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        if kwargs.get("private") and OTHER_SCREEN in modes and self._first is not None:
            self.buffer, cursor = self._first
            self.cursor.x, self.cursor.y = min(cursor.x, self.columns - 1), min(cursor.y, self.lines - 1)
            self._first = None
        super().reset_mode(*modes, **kwargs)


class Terminal:
    """Runs the command until the end of its `with`; everything that it wrote is in `written`."""

    def __init__(
        self, command: Sequence[str], columns: int = 100, lines: int = 24, environment: Mapping[str, str] | None = None
    ) -> None:
        self.screen = TwoScreens(columns, lines)
        self.written = bytearray()
        self._stream = pyte.ByteStream(self.screen)
        self._master, slave = pty.openpty()
        self._size(columns, lines)
        given = {"TERM": "xterm-256color", "PYTHONUTF8": "1", **(environment or {})}
        of_tests = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "COLORTERM")  # of the terminal that the tests run in
        environment = {**{name: value for name, value in os.environ.items() if name not in of_tests}, **given}
        self.process = subprocess.Popen(
            [sys.executable, "-c", LEADER, *command],
            stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(slave)

    # the screen

    @property
    def text(self) -> str:
        """What stands on the screen, without the blanks behind it."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def line(self, part: str) -> str:
        """The only line with that on it."""
        (found,) = [line for line in self.text.splitlines() if part in line]
        return found

    def styles(self, part: str) -> set[Char]:
        """How the characters of the first such text on the screen look, blanks apart."""
        for number, line in enumerate(self.screen.display):
            if (at := line.find(part)) >= 0:
                cells = self.screen.buffer[number]
                return {cells[at + n]._replace(data="") for n, character in enumerate(part) if character != " "}
        raise AssertionError(f"{part!r} is not on the screen:\n{self.text}")

    def until(self, condition: Callable[[], object], what: str, timeout: float = 50.0) -> None:
        """Read what the command writes until the condition is true; fails with the screen."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline or not self.read(0.05):
                if condition():
                    return
                raise AssertionError(f"{what}: not so on the screen:\n{self.text}")

    def shows(self, *parts: str) -> None:
        """Read until all these are on the screen."""
        self.until(lambda: all(part in self.text for part in parts), f"it shows {parts}")

    def read(self, seconds: float = 0.0) -> bool:
        """Take what was written, waiting for it so long; False when there is nobody any more who could write."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if ready:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # the last one who had the terminal open has gone
                data = b""
            if not data:
                return False
            self.written += data
            self._stream.feed(data)
        return True

    # the user

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def resize(self, columns: int, lines: int) -> None:
        """As when somebody pulls at the window's corner."""
        self.read()
        self.screen.resize(lines, columns)
        self._size(columns, lines)

    def _size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def modes(self) -> int:
        """The terminal's local modes: whether it echoes, and so on."""
        modes: int = termios.tcgetattr(self._master)[3]
        return modes

    def end(self, timeout: float = 50.0) -> int:
        """Read until the command has ended; its exit code."""
        deadline = time.monotonic() + timeout
        while self.read(0.05):
            assert time.monotonic() < deadline, f"it has not ended:\n{self.text}"
        return self.process.wait(max(1.0, deadline - time.monotonic()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._master)
