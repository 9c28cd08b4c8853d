"""docs/how-to/jython.md does what it says, under both interpreters."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from .conftest import FOLDER, INTERPRETERS, ROOT, Side
from .server import Server, relay

PAGE = (ROOT / "docs/how-to/jython.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("interpreter", list(INTERPRETERS))
def test_the_script(interpreter: str, demo: str, tmp_path: Path) -> None:
    """A program of its own, which ends by itself."""
    script = blocks("python")[0]
    command, output = blocks("console")[0].split("\n", 1)
    assert command == "$ jython scan.py"
    assert "ws://127.0.0.1:8008" in script
    shutil.copy(FOLDER / "macduff_client.py", tmp_path)
    (tmp_path / "scan.py").write_text(script.replace("ws://127.0.0.1:8008", demo))
    done = subprocess.run(
        [*INTERPRETERS[interpreter], "scan.py"], cwd=tmp_path, capture_output=True, text=True, timeout=50
    )
    assert (done.stdout, done.returncode) == (output, 0), done.stderr


def test_the_prompt(side: Side, demo: str) -> None:
    text = "\n".join(blocks("pycon")).replace("ws://127.0.0.1:8008", demo)
    attempted, report = side.do("examples", text=text)
    assert report == ""
    assert attempted > 25


def test_tls(side: Side, demo: str, ours: tuple[ssl.SSLContext, str]) -> None:
    code = blocks("python")[1]
    with Server(relay(int(demo.rpartition(":")[2])), ours[0]) as server:
        for said, meant in (("wss://lab.example", server.address), ("/etc/ssl/lab.pem", ours[1])):
            assert said in code
            code = code.replace(said, meant)
        assert side.do("run", code=code) == ["X", "Y", "DET", "THERMO", "DIODE", "SCAN"]
