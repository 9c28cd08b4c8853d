"""`macduff demo --all`: its devices on all protocols at once, found with what is announced."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BIN = Path(sys.executable).parent
Announced = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def announced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Announced]:
    file = tmp_path_factory.mktemp("demo") / "announced.json"
    command = [sys.executable, "-m", "macduff", "demo", "--all", "--port", "0", "--announce", str(file)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        assert "laboratory is at" in process.stderr.readline()
        yield json.loads(file.read_text())
    finally:
        process.terminate()
        _, said = process.communicate(timeout=30)
        assert process.returncode == 0, said


def client(announced: Announced, *command: str) -> str:
    environment = dict(os.environ)
    for server in announced.values():
        environment.update(server["environment"])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_same_on_all_protocols(announced: Announced) -> None:
    assert list(announced) == ["web", "pva", "ca", "tango"]
    python = sys.executable
    said = {
        "macduff": client(announced, python, "-m", "macduff", "get", "DET.exposure"),
        "http": client(announced, "curl", "-s", f"{announced['web']['address']}/api/DET/exposure/value"),
        "pva": client(announced, python, "-m", "p4p.client.cli", "get", "DET:exposure"),
        "ca": client(announced, str(BIN / "caproto-get"), "--no-repeater", "DET:exposure"),
        "tango": client(announced, python, "-c", "import tango; print(tango.DeviceProxy("
                        f"'{announced['tango']['address']}/demo/macduff/det#dbase=no').exposure)"),
    }  # fmt: skip
    assert all("0.1" in text for text in said.values()), said


def test_a_motor_is_driven_as_a_motor_record_and_seen_everywhere(announced: Announced) -> None:
    client(announced, str(BIN / "caproto-put"), "--no-repeater", "X.VAL", "0.5")
    move = f"from macduff import connect; print(connect('{announced['web']['address']}')['X'].move(0.25))"
    assert client(announced, sys.executable, "-c", move).strip() == "0.25"
    assert "0.25" in client(announced, str(BIN / "caproto-get"), "--no-repeater", "X.RBV")
    assert "0.25" in client(announced, sys.executable, "-m", "p4p.client.cli", "get", "X:position")
