"""Commands of the shell: line magics, usable without the % where automagic is on."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError

from macduff.errors import MacduffError

from .session import Session, Undo

__all__ = ["Command", "add"]

Command = Callable[[str], object]
"""Given what was typed behind its name; what it returns is the cell's result, None for nothing."""


def add(session: Session, **commands: Command) -> Undo:
    """Make these commands of the shell, by name; `name?` shows their docstrings. The function that takes them away."""
    shell: Any = session.shell  # whose types say that a command is a class
    lines = shell.magics_manager.magics["line"]
    before = {name: lines.get(name) for name in commands}
    for name, command in commands.items():
        shell.register_magic_function(_told_on_one_line(command), "line", name)

    def undo() -> None:
        for name, other in before.items():
            with contextlib.suppress(KeyError):
                if other is None:
                    del lines[name]
                else:
                    lines[name] = other

    return undo


def _told_on_one_line(command: Command) -> Command:
    """The command, whose errors are sentences without a traceback, for there is no code to look at."""

    @functools.wraps(command)
    def run(line: str) -> object:
        try:
            return command(line)
        except (MacduffError, ValueError) as error:
            kind = f"{error.kind}: " if isinstance(error, MacduffError) else ""
            raise UsageError(f"{kind}{error}") from error

    return run
