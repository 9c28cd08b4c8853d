"""The docs' picture of `macduff monitor`: a terminal in which the demonstration runs. `make pictures` keeps it."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.laboratory import Laboratory
from tests.support.terminal import Terminal
from tests.support.terminal_picture import svg_of

from .conftest import command

PICTURES = "MACDUFF_PICTURES"
SHOWN = ["X.state", "X.position", "DET.state", "DET.completed_steps", "DET.image", "THERMO"]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Laboratory]:
    laboratory = Laboratory(tmp_path)
    laboratory.start()
    yield laboratory
    laboratory.close()


def test_the_demonstration_in_a_terminal(demo: Laboratory) -> None:
    """A motor that goes, a run, a temperature beyond its limit."""
    tokens = ["monitor", *SHOWN]
    with Terminal(command(*tokens, "-a", f"ws://127.0.0.1:{demo.port}"), columns=106, lines=16) as terminal:
        demo.put("THERMO/target", 75)
        demo.put("X/velocity", 0.02)
        demo.call("DET/configure", frames=1000)
        for path in ("DET/run", "X/move"):
            body = b'{"target": 5}' if path == "X/move" else b"{}"
            headers = {"Content-Type": "application/json"}
            request = urllib.request.Request(f"{demo.address}/api/{path}?wait=false", body, headers)
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=50) as answer:
                assert answer.status == 202
        terminal.shows("▲ MINOR above warning limit 60 degC")
        terminal.until(lambda: "/s" in terminal.line("X.position"), "it moves")
        assert terminal.line("DET.state").split()[1] == terminal.line("X.state").split()[1] == "Running"
        assert "128 uint8" in terminal.line("DET.image")
        picture = svg_of(terminal.screen, f"macduff monitor {' '.join(SHOWN)}").replace(f":{demo.port}", ":8008")
        assert "http" not in picture.replace("http://www.w3.org/2000/svg", "").replace("https://www.textualize.io", "")
        if folder := os.environ.get(PICTURES):
            (Path(folder) / "monitor.svg").write_text(picture, encoding="utf-8")
        terminal.type("\x03")
        assert terminal.end() == 130
        for device in ("DET", "X"):
            demo.call(f"{device}/abort")
