"""Somebody who follows the tour: beside what a Reader does, the demonstration on all protocols, tables and IPython."""

from __future__ import annotations

import json
import re
import shlex
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from tests.support.terminal import Terminal
from tests.system.shell.conftest import CTRL_D, MACDUFF, Shells

from .walkthrough import Command, Reader

__all__ = ["Tourist"]

ROOT = Path(__file__).parents[3]
CELL = re.compile(r"^In \[(\d+)\]: (.*)$")
DEMO = {"make demo": ["macduff", "demo"], "macduff demo --all": ["macduff", "demo", "--all"]}
TANGO = "tango://127.0.0.1:45678"
"""Stands on pages for what a server prints."""


class Tourist(Reader):
    """Uses the demonstration, and looks at terminals as a person does."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.installed: list[str] = []

    def do(self, command: Command) -> None:
        words = command.words
        if words[:2] == ["pip", "install"]:
            self.install(words[-1].strip("'"))
        elif command.line in DEMO:
            self.demonstrate(command)
        elif words[:2] == ["macduff", "shell"]:
            self.shell(command.prints)
        elif words[:2] == ["macduff", "monitor"]:
            self.watch(words)
        elif words[0] == "caproto-get":
            self.run(command, [str(Path(sys.executable).with_name(words[0])), *words[1:]])
        elif words[:2] == ["python", "-c"]:
            self.run(command, shlex.split(command.line))
        else:
            super().do(command)

    def install(self, what: str) -> None:
        """It is installed, with all that these tests need: the extras are those that the project has."""
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
            "optional-dependencies"
        ]
        named = re.fullmatch(r"\.\[([\w,]+)\]", what)
        assert named is not None and set(named[1].split(",")) <= extras.keys(), what
        self.installed += named[1].split(",")

    def demonstrate(self, command: Command) -> None:
        """As `make demo` does, on a port of our own."""
        port = self.own("8008")
        self.serve(Command(" ".join([*DEMO[command.line], "--port", port])))
        announced = json.loads((self.folder / "announced.json").read_text())
        for server in announced.values():
            self.environment.update(server["environment"])
        if "tango" in announced:
            self.ports[TANGO] = announced["tango"]["address"]
        assert {"make demo": {"web"}}.get(command.line, {"web", "pva", "ca", "tango"}) == announced.keys()

    def watch(self, words: list[str]) -> None:
        """A monitor is a table, until q."""
        environment = {**self.environment, "TERM": "xterm-256color"}  # where the tests run there may be none
        with Terminal([sys.executable, "-m", *words], environment=environment) as terminal:
            terminal.shows("alarm", *(f"{device}.health" for device in words[2:]))
            terminal.type("q")
            assert terminal.end() == 0

    def shell(self, lines: Iterable[str]) -> None:
        """IPython in a terminal: each cell prints what stands below it, or anything where that is nothing."""
        assert "shell" in self.installed
        with Shells(self.folder).start(*MACDUFF, self.environment["MACDUFF_ADDRESS"]) as shell:
            shell.ready(1)
            for number, typed, prints in cells(lines):
                assert shell.number == number
                if typed == "exit":
                    break
                said = shell.run(typed)
                assert not prints or said.splitlines() == prints, f"{typed}: {said}"
                assert "Error" not in said, said
                self.done += 1
            shell.type(CTRL_D)
            assert shell.end() == 0


def cells(lines: Iterable[str]) -> list[tuple[int, str, list[str]]]:
    """Number, what is typed, what it prints."""
    found: list[tuple[int, str, list[str]]] = []
    for line in lines:
        if match := CELL.match(line):
            found.append((int(match[1]), match[2], []))
        else:
            found[-1][2].append(line)
    return found
