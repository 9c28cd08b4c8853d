"""A terminal that is painted on: in its other screen, so that what stood there comes back, whatever the window does."""

from __future__ import annotations

import io
import os
import select
import signal
import sys
import termios
from types import FrameType, TracebackType
from typing import Any, Self

from rich.console import Console
from rich.control import Control
from rich.text import Text

__all__ = ["Screen", "can_paint"]

USUAL = os.terminal_size((80, 24))
LOCAL_MODES = 3
"""Where a terminal's attributes have whether it echoes, and whether it keeps what is typed until Enter."""


def can_paint() -> bool:
    """Whether standard output is a terminal that can be painted on, and is ours now."""
    if not sys.stdout.isatty() or os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        return False
    try:
        return os.tcgetpgrp(sys.stdout.fileno()) == os.getpgrp()  # else a background job, which would be stopped
    except OSError:  # it has no jobs
        return True


class Screen:
    """Lines on a terminal, sent anew where they changed; in a `with`.

    Signals wait until nothing is being painted: `take_signals` is to be asked often. SIGTERM and SIGQUIT end the
    process with the terminal as it was; Ctrl-Z gives it back until the process goes on.
    """

    def __init__(self) -> None:
        # That it is a terminal was looked at; NO_COLOR is the console's to follow.
        self.console = Console(file=sys.stdout, force_terminal=True, highlight=False, emoji=False, markup=False)
        self.ascii_only = not self.console.encoding.startswith("utf")
        if self.ascii_only and isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # better than not to show a value at all
        self._painted: list[Text] = []
        self._size = USUAL
        self._signals: list[int] = []
        self._handlers: dict[int, Any] = {}
        self._modes: list[Any] | None = None

    @property
    def size(self) -> os.terminal_size:
        """Columns and lines of the window as it is now."""
        try:
            size = os.get_terminal_size(sys.stdout.fileno())
        except OSError:
            return USUAL
        return size if size.columns and size.lines else USUAL  # some serial lines know no size

    def paint(self, lines: list[Text]) -> None:
        """Show these and nothing else. What is there already is not sent again."""
        size, console = self.size, self.console
        with console:  # one write for all
            if size != self._size or not self._painted:
                self._size, self._painted = size, []
                console.size = size
                console.control(Control.clear())
            blank = Text(" " * size.columns)
            wanted = [*lines, *[blank] * (size.lines - len(lines))][: size.lines]
            for number, line in enumerate(wanted):
                if number >= len(self._painted) or line != self._painted[number]:
                    console.control(Control.move_to(0, number))
                    console.print(line, end="", no_wrap=True, overflow="crop")
            self._painted = wanted

    def leave(self, lines: list[Text]) -> None:
        """Print these where the terminal goes on, after the `with`."""
        self.console.size = self.size
        for line in lines:
            line.rstrip()
            self.console.print(line, no_wrap=True, overflow="crop")

    def typed(self) -> str:
        """What was typed since this was asked last."""
        if self._modes is None or not select.select([sys.stdin], [], [], 0)[0]:
            return ""
        return os.read(sys.stdin.fileno(), 1024).decode(errors="replace")

    def take_signals(self) -> None:
        """Do what a signal that came meanwhile wants: end by KeyboardInterrupt or SystemExit, or stop for a while."""
        while self._signals:
            number = self._signals.pop(0)
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            if number in (signal.SIGTERM, signal.SIGQUIT):
                raise SystemExit(128 + number)
            self._give_back()
            os.kill(os.getpid(), signal.SIGSTOP)  # until somebody says that it shall go on
            self._take()

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGTSTP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, self._noticed)
        self._take()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._give_back()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _noticed(self, number: int, frame: FrameType | None) -> None:
        self._signals.append(number)

    def _take(self) -> None:
        """The other screen, without a cursor; nothing that is typed appears."""
        if sys.stdin is not None and sys.stdin.isatty():
            self._modes = termios.tcgetattr(sys.stdin)
            silent = [*self._modes]
            silent[LOCAL_MODES] &= ~(termios.ECHO | termios.ICANON)
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, silent)
        self._painted = []
        self.console.control(Control.alt_screen(True), Control.show_cursor(False))

    def _give_back(self) -> None:
        self.console.control(Control.move_to(0, self._size.lines - 1))  # for terminals that have one screen only
        self.console.control(Control.show_cursor(True), Control.alt_screen(False))
        if self._modes is not None:
            termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, self._modes)  # what was typed meanwhile is forgotten
