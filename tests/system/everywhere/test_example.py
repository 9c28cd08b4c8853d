"""examples/everywhere: one device on all protocols at once, driven by the command lines of its README."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "everywhere"
BIN = Path(sys.executable).parent
TARGETS = {
    "macduff's own": 40, "HTTP": 30, "EPICS PVAccess": 25, "EPICS Channel Access": 35, "Tango": 45,
}  # fmt: skip
"""Where the commands of each section leave the target."""
Listening = dict[str, dict[str, Any]]


def sections() -> dict[str, list[str]]:
    """The commands under each heading of the README."""
    text = (EXAMPLE / "README.md").read_text()
    found: dict[str, list[str]] = {}
    for part in text.split("\n## ")[1:]:
        title, _, rest = part.partition("\n")
        found[title] = [line.removeprefix("$ ") for line in re.findall(r"^\$ .*$", rest, re.MULTILINE)]
    return found


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """The example as it stands, on free ports."""
    folder = tmp_path_factory.mktemp("everywhere")
    shutil.copy(EXAMPLE / "heater.py", folder)
    (folder / "lab.yaml").write_text(re.sub(r"port: \d+", "port: 0", (EXAMPLE / "lab.yaml").read_text()))
    announced = folder / "where.json"
    command = [sys.executable, "-m", "macduff", "serve", str(folder / "lab.yaml"), "--announce", str(announced)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        lines: list[str] = []
        while not announced.exists():
            line = process.stderr.readline()
            assert line, f"it ended with {process.wait()}: {''.join(lines)}"
            lines.append(line)
        yield json.loads(announced.read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 0, said


def run(command: str, listening: Listening) -> str:
    """One command line of the README against the free ports."""
    web, tango = listening["web"]["address"], listening["tango"]["address"]
    command = command.replace("http://127.0.0.1:8008", web).replace("tango://127.0.0.1:45678", tango)
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    for server in listening.values():
        environment.update(server["environment"])
    done = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("title", sections())
def test_the_commands_of_the_readme_work(title: str, listening: Listening) -> None:
    commands = [command for command in sections()[title] if not command.startswith("export")]
    said = [run(command, listening) for command in commands]
    assert re.search(r"\d", said[0]), "the first command reads a number"
    assert json.loads(run("curl -s http://127.0.0.1:8008/api/HEATER/target/value", listening)) == TARGETS[title]


def test_all_servers_are_announced_with_what_their_clients_need(listening: Listening) -> None:
    assert list(listening) == ["web", "pva", "ca", "tango"]
    assert all(server["address"] for server in listening.values())
    assert "EPICS_PVA_ADDR_LIST" in listening["pva"]["environment"]
    assert "EPICS_CA_ADDR_LIST" in listening["ca"]["environment"]
