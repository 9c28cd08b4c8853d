"""A laboratory in a process of its own, and IPython in a terminal of its own."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.laboratory import LabProgram
from tests.support.terminal import Terminal

PROMPT = re.compile(r"^(?P<where>.*?)\s?In \[(?P<number>\d+)\]: ?(?P<typed>.*)$")
CLEAR_SCREEN, CLEAR_LINE, CTRL_C, CTRL_D, TAB, ENTER = "\x0c", "\x05\x15", "\x03", "\x04", "\t", "\r"
CONFIGURATION = """
c.TerminalInteractiveShell.autosuggestions_provider = None  # no grey text from before behind what is typed
c.TerminalInteractiveShell.confirm_exit = False
"""


class Lab(LabProgram):
    """The process of tests/system/shell/lab.py."""

    module = "tests.system.shell.lab"
    quiet = True


class Shell(Terminal):
    """IPython in a terminal: what is typed into it, and what it answers."""

    def prompt(self) -> re.Match[str] | None:
        """The prompt at the end of the screen, the menu of completions apart."""
        found = [match for line in self.text.splitlines() if (match := PROMPT.match(line))]
        return found[-1] if found else None

    @property
    def number(self) -> int:
        prompt = self.prompt()
        return int(prompt["number"]) if prompt else 0

    def ready(self, number: int) -> None:
        """Read until the prompt of that cell is there, and nothing typed."""
        self.until(lambda: self.number == number and self.typed == "", f"the prompt of cell {number}")

    @property
    def typed(self) -> str:
        """What stands behind the prompt."""
        prompt = self.prompt()
        return prompt["typed"].rstrip() if prompt else ""

    @property
    def where(self) -> str:
        """What the prompt begins with."""
        prompt = self.prompt()
        return prompt["where"] if prompt else ""

    def run(self, text: str) -> str:
        """Type a line and Enter; what it printed, up to the next prompt."""
        number = self.number
        self.type(CLEAR_LINE + CLEAR_SCREEN)
        self.until(lambda: self.screen.display[0].startswith(self.where) and not self.typed, "a clear screen")
        self.type(text)
        self.until(lambda: self.typed.replace(" ", "") == text.replace(" ", ""), f"{text!r} is typed")
        self.type(ENTER)
        self.ready(number + 1)
        lines = self.text.splitlines()
        return "\n".join(lines[1:-1]).strip()

    def run_until(self, text: str, part: str) -> str:
        """The same, again until that is in what it printed: what has changed must come to the server first."""
        deadline = time.monotonic() + 50
        while part not in (printed := self.run(text)):
            assert time.monotonic() < deadline, f"{text!r} never printed {part!r}:\n{self.text}"
        return printed

    def completes(self, typed: str, to: str) -> None:
        """Type it and Tab: what stands there then."""
        self._tab(typed)
        self.until(lambda: self.typed == to, f"{typed!r} and Tab: {to!r}")
        self.type(CLEAR_LINE)

    def comes_to_complete(self, typed: str, to: str) -> None:
        """The same, tried again until it is so: what has changed must come to the shell first."""
        deadline = time.monotonic() + 50
        while self.typed != to:
            assert time.monotonic() < deadline, f"{typed!r} and Tab: expected {to!r}:\n{self.text}"
            self._tab(typed)
            self.read(0.2)
        self.type(CLEAR_LINE)

    def _tab(self, typed: str) -> None:
        self.type(CLEAR_LINE)
        self.until(lambda: not self.typed, "an empty line")
        self.type(typed)
        self.until(lambda: self.typed == typed.rstrip(), f"{typed!r} is typed")
        self.type(TAB)

    def offers(self, typed: str, *choices: str, never: Sequence[str] = ()) -> None:
        """Type it and Tab: what the menu below the line shows."""
        self.type(CLEAR_LINE + CLEAR_SCREEN)
        self.until(lambda: not self.typed and self.screen.display[0].startswith(self.where), "an empty screen")
        self.type(typed)
        self.until(lambda: self.typed == typed.rstrip(), f"{typed!r} is typed")
        self.type(TAB)
        self.shows(*choices)
        menu = "\n".join(self.text.splitlines()[1:])
        assert all(choice in menu for choice in choices), self.text
        assert not any(word in menu for word in never), self.text
        self.type(CLEAR_LINE + CLEAR_SCREEN)
        self.until(lambda: not self.typed and choices[0] not in self.text, "the menu is gone")


MACDUFF = [sys.executable, "-c", "import sys; from macduff.cli import main; sys.exit(main())", "shell"]
IPYTHON = [sys.executable, "-m", "IPython", "--no-banner"]


class Shells:
    """Starts shells with a configuration of their own."""

    def __init__(self, folder: Path) -> None:
        self.environment: Mapping[str, str] = {
            "IPYTHONDIR": str(folder / "ipython"), "PROMPT_TOOLKIT_NO_CPR": "1", "MACDUFF_ADDRESS": "",
        }  # fmt: skip
        profile = folder / "ipython" / "profile_default"
        profile.mkdir(parents=True)
        (profile / "ipython_config.py").write_text(CONFIGURATION)

    def start(self, *command: str, columns: int = 120, lines: int = 45, **environment: str) -> Shell:
        return Shell(list(command), columns, lines, {**self.environment, **environment})


@pytest.fixture(scope="session")
def shells(tmp_path_factory: pytest.TempPathFactory) -> Shells:
    return Shells(tmp_path_factory.mktemp("shells"))


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One for all tests of a module, which leave it alive."""
    found = Lab().start()
    yield found
    found.kill()


@pytest.fixture(scope="module")
def shell(lab: Lab, shells: Shells) -> Iterator[Shell]:
    """A shell that is connected to it, for all tests of a module; each leaves it at its prompt."""
    with shells.start(*MACDUFF, lab.address) as found:
        found.ready(1)
        yield found
        found.type(CTRL_C + CLEAR_LINE + CTRL_D)
        assert found.end() == 0


@pytest.fixture
def mortal() -> Iterator[Lab]:
    """One for a single test, which may kill it."""
    found = Lab().start()
    yield found
    found.kill()
