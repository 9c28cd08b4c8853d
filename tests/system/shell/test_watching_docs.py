"""What docs/how-to/shell-watching.md shows is what a shell prints."""

from __future__ import annotations

import doctest
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import eventually
from tests.support.laboratory import ROOT
from tests.system.shell.conftest import CTRL_C, CTRL_D, MACDUFF, Shell, Shells

PAGE = ROOT / "docs/how-to/shell-watching.md"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The demonstration laboratory, on a free port."""
    announced = tmp_path / "demo.json"
    command = [sys.executable, "-m", "macduff", "demo", "--port", "0", "--announce", str(announced)]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as server:
        try:
            eventually(announced.exists, "the demonstration listens", timeout=40)
            yield json.loads(announced.read_text())["web"]["environment"]["MACDUFF_ADDRESS"]
        finally:
            server.terminate()


@pytest.fixture
def shell(address: str, shells: Shells, tmp_path: Path) -> Iterator[Shell]:
    with shells.start(*MACDUFF, address, columns=160, MPLBACKEND="agg", FOLDER=str(tmp_path)) as found:
        found.ready(1)
        found.run("import os; os.chdir(os.environ['FOLDER'])")
        yield found
        found.type(CTRL_C + CTRL_D)
        assert found.end() == 0


def examples() -> list[tuple[str, str]]:
    """What is typed, and what is printed."""
    blocks = "".join(re.findall(r"```text\n(In: .*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
    cells = re.split(r"^In: ", blocks, flags=re.MULTILINE)[1:]
    return [(typed, printed) for typed, _, printed in (cell.partition("\n") for cell in cells)]


def timeless(text: str) -> str:
    """Without times, and without the numbers of changes, which the way of a motor in between moves on."""
    text = re.sub(r"(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{3}", "TIME", text)
    return re.sub(r"^\d+ +(?=TIME)|(?<= )\d:\d\d(?=\n)", "N ", text, flags=re.MULTILINE)


def test_the_page(shell: Shell, tmp_path: Path) -> None:
    found = examples()
    assert len(found) >= 10
    checker = doctest.OutputChecker()
    for typed, expected in found:
        printed = re.sub(r"^Out\[\d+\]:\s*", "", shell.run(typed), flags=re.MULTILINE)
        assert checker.check_output(timeless(expected), timeless(f"{printed}\n"), FLAGS), f"{typed}\n{printed}"
    assert (tmp_path / "both.png").stat().st_size > 1000


def test_every_form_of_mon_and_plot_in_its_tables_is_one(shell: Shell) -> None:
    text = PAGE.read_text(encoding="utf-8")
    typed = re.findall(r"`((?:mon|plot|p = %plot)[^`?]*)`", "\n".join(re.findall(r"^\| .*$", text, re.MULTILINE)))
    assert len(typed) > 10
    for line in typed:
        assert "UsageError" not in shell.run(line), shell.text
