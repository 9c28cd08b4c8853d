"""docs/how-to/bluesky-files.md: its program, and examples/bluesky/to_files.py as a process of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import pytest
from bluesky.run_engine import RunEngine

from macduff.bluesky import CommsConnector, TangoSingleAttributeDevice
from tests.system.bluesky_explained.shown import TangoServer, run
from tests.system.bluesky_files.kept import demo
from tests.system.bluesky_tango.server import OTHER, MotorProgram

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "bluesky-files.md"

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


def blocks(language: str) -> list[str]:
    found: list[str] = re.findall(rf"```{language}\n(.*?)\n```", PAGE.read_text(), re.DOTALL)
    return found


def test_the_program_on_the_page(
    run_engine: RunEngine, det: Any, motors: MotorProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CommsConnector():
        spectrum = TangoSingleAttributeDevice(motors.device(OTHER), "wave", "spectrum")
    run_engine(bps.prepare(det, {"exposure": 0.002, "frames": 2}, wait=True))
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path)
    (program,) = blocks("python")
    exec(
        compile(program, str(PAGE), "exec", dont_inherit=True),
        {"RE": run_engine, "bp": bp, "det": det, "spectrum": spectrum},
    )
    documents = json.loads((tmp_path / "runs" / "first.json").read_text())
    assert [entry["name"] for entry in documents] == ["start", "descriptor", "event", "event", "event", "stop"]
    assert documents[2]["doc"]["data"]["spectrum"] == [1.0, 2.0]


def test_the_example_prints_what_the_page_shows(tmp_path: Path) -> None:
    """Both servers are new, as for whoever tries it: the first frame is 1."""
    with TangoServer() as server, demo(tmp_path) as address:
        (printed,) = run("to_files", server.motor, f"{address}/DET", str(tmp_path))
    assert [printed] == blocks("text")
