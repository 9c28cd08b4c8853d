"""The shell's extension in a real notebook kernel: what cells show, as the page of a notebook is sent it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.laboratory import ROOT
from tests.system.shell.conftest import Lab

pytestmark = pytest.mark.timeout(240)  # a busy machine takes long to start a kernel

LOAD = {"code": "%load_ext macduff.ipython"}
MOVE = "STAGE.move"
PNG = b"\x89PNG\r\n"
Shown = list[dict[str, Any]]


class Kernels:
    """Runs cells in a fresh kernel each time, connected to a laboratory."""

    def __init__(self, lab: Lab, home: Path) -> None:
        self._lab = lab
        places = ("HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "MPLCONFIGDIR")
        self._places = {name: str(home) for name in places}

    def run(self, *cells: dict[str, str]) -> Sequence[Any]:
        """What these cells show, each the outputs of one, or the completions that were asked for."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.system.shell.notebook"],
            input=json.dumps([LOAD, *cells]), capture_output=True, text=True, timeout=200, cwd=ROOT,
            env={**os.environ, **self._places, "MACDUFF_ADDRESS": self._lab.address},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found: list[Any] = json.loads(done.stdout)
        loaded = found.pop(0)
        assert self._lab.address in printed(loaded), loaded
        return found


@pytest.fixture
def kernels(mortal: Lab, tmp_path: Path) -> Kernels:
    return Kernels(mortal, tmp_path)


def printed(shown: Shown) -> str:
    return "".join(each["text"] for each in shown if each["kind"] == "stream")


def data(shown: Shown, mime: str) -> list[str]:
    """What of the outputs has that form."""
    return [each["data"][mime] for each in shown if mime in each.get("data", {})]


def test_devices_attributes_and_methods_show_themselves_as_tables(kernels: Kernels) -> None:
    device, attribute, method, names = kernels.run(
        {"code": "STAGE"},
        {"code": "STAGE.attributes['velocity']"},
        {"code": MOVE},
        {"complete": "STAGE.velo"},
    )
    (html,), (text,) = data(device, "text/html"), data(device, "text/plain")
    assert "<table" in html and "position" in html and "mm/s" in html
    assert text.splitlines()[0].startswith("STAGE") and "\x1b" not in text, "text that a notebook keeps has no colours"
    (html,) = data(attribute, "text/html")
    assert "velocity" in html and "mm/s" in html and "0.01" in html
    (html,) = data(method, "text/html")
    assert "target" in html and "Go to target (mm)" in html
    assert [name.rpartition(".")[2] for name in names] == ["velocity"]


def test_a_call_has_a_bar_below_its_cell_that_moves(kernels: Kernels) -> None:
    (moved,) = kernels.run({"code": "STAGE.move(8, rate=4)"})
    (first,) = [each for each in moved if each["kind"] == "display_data"]
    later = [each for each in moved if each["kind"] == "update_display_data"]
    identity = first["transient"]["display_id"]
    assert later and {each["transient"]["display_id"] for each in later} == {identity}, "one bar, shown anew"
    bars = data([first, *later], "text/html")
    assert all(MOVE in bar for bar in bars) and "<progress" in bars[-1]
    assert data(moved, "text/plain")[-1] == "8.0"


def test_interrupting_a_cell_aborts_and_waits(kernels: Kernels) -> None:
    interrupted, state = kernels.run(
        {"code": "STAGE.move(1000, rate=1)", "interrupt": "<progress"}, {"code": "print(STAGE.state)"}
    )
    (error,) = [each for each in interrupted if each["kind"] == "error"]
    assert error["ename"] == "KeyboardInterrupt"
    assert "\n".join(error["traceback"]).splitlines()[0].startswith("Interrupted: STAGE.move: ended with Aborted")
    assert printed(state).strip() == "Idle"


def test_errors_and_assignments_are_told_as_in_a_terminal(kernels: Kernels) -> None:
    failed, refused, last = kernels.run({"code": "STAGE.fail()"}, {"code": "STAGE.velocty = 2"}, {"code": "lserr"})
    (error,) = [each for each in failed if each["kind"] == "error"]
    assert error["ename"] == "DeviceFailed" and "the belt is torn" in error["evalue"]
    (error,) = [each for each in refused if each["kind"] == "error"]
    assert "did you mean" in error["evalue"] and "velocity" in error["evalue"]
    assert "velocty" in json.dumps(last)


def test_a_plot_is_a_picture_in_the_notebook(kernels: Kernels) -> None:
    (plot,) = kernels.run({"code": "plot STAGE.position"})
    (picture,) = data(plot, "image/png")
    assert base64.b64decode(picture).startswith(PNG)
