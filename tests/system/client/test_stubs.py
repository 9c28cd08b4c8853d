"""The stubs of a real server, under mypy --strict and pyright: good code passes, each slip is found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from macduff.client import Client, stubs

if TYPE_CHECKING:
    pass

HEAD = """
from __future__ import annotations

from typing import TYPE_CHECKING, cast

from macduff.client import connect

if TYPE_CHECKING:
    from devices import Devices

client = cast("Devices", connect("127.0.0.1"))
"""

GOOD = """
where: float = client.STAGE.position
client.STAGE.velocity = 2
client.STAGE.mode = "fast"
client["STAGE"].move(3, rate=1.5).is_integer()
client["STAGE"].move.start(target=3).result(1).is_integer()
client["STAGE"].attributes["velocity"].put(1.0, timeout=1)
client["STAGE"].attributes["velocity"].value.is_integer()
client.device("STAGE").image = [[1, 2]]
print(client.device("STAGE").image.dtype, client.device("STAGE").points.row_count)
client["STAGE"].scale([[1]], by="two")["total"]
with client as same, same.monitor("STAGE.position") as readings:
    readings.get()
"""

BAD = [
    "client.STAGE.velocty",
    "client.STAGE.position = 2",
    'client.STAGE.mode = "warp"',
    'client["STAGE"].move("3")',
    'client["STAGE"].move(targt=3)',
    'client["STAGE"].move.start()',
    'client["STGE"]',
    'client["STAGE"].attributes["velocity"].put("fast")',
]


@pytest.fixture
def folder(tmp_path: Path, client: Client) -> Path:
    (tmp_path / "devices.pyi").write_text(stubs(client))
    (tmp_path / "good.py").write_text(HEAD + GOOD)
    (tmp_path / "bad.py").write_text(HEAD + "\n".join(BAD) + "\n")
    return tmp_path


def check(folder: Path, *command: str) -> list[str]:
    """The lines in which the checker finds errors, as FILE:LINE."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MYPY")}
    result = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=55
    )
    assert result.returncode in (0, 1), result.stdout + result.stderr
    found = []
    for line in result.stdout.splitlines():
        if "error:" in line or " - error" in line:
            place = line.strip().removeprefix(f"{folder}/").split(":")
            found.append(f"{place[0]}:{place[1]}")
    return found


@pytest.mark.parametrize(
    "command",
    [("mypy", "--strict", "."), ("pyright", "--pythonpath", sys.executable, ".")],
    ids=["mypy", "pyright"],
)
def test_checkers_accept_what_is_right_and_find_each_slip(folder: Path, command: tuple[str, ...]) -> None:
    first = HEAD.count("\n") + 1
    assert sorted(set(check(folder, *command))) == [f"bad.py:{first + number}" for number in range(len(BAD))]
