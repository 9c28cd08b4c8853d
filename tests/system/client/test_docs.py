"""The examples of docs/how-to/client.md do what they say."""

from __future__ import annotations

import doctest
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import macduff
from macduff.client import Client
from tests.support import eventually

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/how-to/client.md"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The stage of the examples, served by the command, on a free port."""
    shutil.copy(ROOT / "examples/stage/stage.py", tmp_path)
    text = (ROOT / "examples/stage/lab.yaml").read_text()
    assert "port: 8008" in text
    (tmp_path / "lab.yaml").write_text(text.replace("port: 8008", "port: 0"))
    announced = tmp_path / "lab.json"
    command = [sys.executable, "-m", "macduff", "serve", "lab.yaml", "--announce", str(announced)]
    with subprocess.Popen(command, cwd=tmp_path) as server:
        try:
            eventually(announced.exists, "the server listens", timeout=20)
            yield json.loads(announced.read_text())["web"]["environment"]["MACDUFF_ADDRESS"]
        finally:
            server.terminate()


def test_the_page(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clients: list[Client] = []

    def connect(typed: str) -> Client:
        assert typed == "ws://127.0.0.1:8008"
        clients.append(original(address))
        return clients[-1]

    original = macduff.connect
    monkeypatch.setattr(macduff, "connect", connect)
    blocks = re.findall(r"```pycon\n(.*?)```", PAGE.read_text(), re.DOTALL)
    text = "\n".join(blocks).replace("<Client ws://127.0.0.1:8008", f"<Client {address}")
    test = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    for client in clients:
        client.close()
    assert result.attempted > 20
    assert result.failed == 0, "".join(report)
