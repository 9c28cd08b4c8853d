"""docs/how-to/shell.md shows what a shell prints, in a terminal, for what it says to type."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import eventually
from tests.support.laboratory import ROOT
from tests.system.shell.conftest import CTRL_D, MACDUFF, Shells

pytestmark = pytest.mark.timeout(240)  # a busy machine takes long to start an IPython

PAGE = (ROOT / "docs/how-to/shell.md").read_text(encoding="utf-8")
CELL = re.compile(r"^In \[(\d+)\]: (.*)$")
DEMO = "import sys; from macduff.cli import main; sys.exit(main())"


def cells() -> list[tuple[int, str, list[str]]]:
    """What is typed, and what is printed for it."""
    found: list[tuple[int, str, list[str]]] = []
    for block in re.findall(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if cell := CELL.match(line):
                found.append((int(cell[1]), cell[2], []))
            elif found:
                found[-1][2].append(line.rstrip())
    return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[str]:
    """The address of `macduff demo`."""
    announced = tmp_path / "announced"
    tokens = ["demo", "--port", "0", "--announce", str(announced)]
    process = subprocess.Popen([sys.executable, "-c", DEMO, *tokens], stderr=subprocess.DEVNULL)
    eventually(announced.exists, "the demonstration listens", 50)
    yield json.loads(announced.read_text())["web"]["environment"]["MACDUFF_ADDRESS"]
    process.terminate()
    process.wait()


def test_the_transcript_is_what_a_terminal_shows(demo: str, shells: Shells) -> None:
    asked = cells()
    assert [number for number, _, _ in asked] == list(range(1, 16))
    with shells.start(*MACDUFF, demo, columns=130) as shell:
        shell.ready(1)
        for _, typed, expected in asked:
            shown = shell.run(typed).replace(demo, "ws://127.0.0.1:8008")
            printed = [line.rstrip() for line in shown.splitlines()]
            assert plain(printed) == plain(expected), typed
        shell.type(CTRL_D)
        assert shell.end() == 0


def plain(lines: list[str]) -> list[str]:
    """Without the time of day, the blanks that fit columns to an address, and the marks below code of newer Pythons."""
    shown = [re.sub(r"\(at [\d:]+\)", "(at now)", " ".join(line.split())) for line in lines]
    return [line for line in shown if line.strip("^~ ")]
