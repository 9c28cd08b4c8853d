"""The README's device, served and driven with the README's own commands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from macduff.cli import main
from macduff.client import connect

from .conftest import serving

ROOT = Path(__file__).parent.parent.parent.parent
PAGES = ["README.md", "docs/tutorials/first-device.md"]


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(page: str) -> list[tuple[list[str], int]]:
    """Each `$ macduff ...` of the page that ends by itself, with the exit code that the page promises."""
    found = []
    for line in "".join(blocks(page, "")).splitlines():
        text, _, remark = line.partition("#")
        words = text.removeprefix("$ ").split()
        if not line.startswith("$ macduff ") or words[1] in ("serve", "check") or words[-1] == "&":
            continue
        if words[1] == "monitor":
            words += ["-n", "1"]
        promised = re.search(r"exit code (\d)", remark)
        found.append((words[1:], int(promised[1]) if promised else 0))
    return found


@pytest.mark.parametrize("page", PAGES)
def test_the_page_works(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device, script = blocks(page, "python")
    (tmp_path / "stage.py").write_text(device)
    (tmp_path / "lab.yaml").write_text(blocks(page, "yaml")[0].replace("8008", "0"))
    for name in ("lab.yaml", "stage.py"):
        assert main(["check", str(tmp_path / name)]) == 0
    with serving(tmp_path, "serve", "lab.yaml") as server:
        monkeypatch.setenv("MACDUFF_ADDRESS", server.address)
        driven = commands(page)
        assert len(driven) >= 3
        for tokens, code in driven:
            assert main(tokens) == code, tokens
        script = script.replace("ws://127.0.0.1:8008", server.address)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=50)
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == ["1.0", "1.0"]
        with connect(server.address) as client:
            assert client["STAGE"].state == "Idle"
        assert server.end()[0] == 0
