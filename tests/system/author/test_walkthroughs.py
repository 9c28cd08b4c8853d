"""The README, the tutorials and the examples do what they say."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.system.author.walkthrough import Reader

ROOT = Path(__file__).parents[3]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("page", ["README.md", "docs/tutorials/first-device.md", "docs/tutorials/first-scan.md"])
def test_a_page_for_beginners(page: str, tmp_path: Path) -> None:
    """From an empty folder, each step as it stands there."""
    with Reader(tmp_path) as reader:
        reader.read(own_part(ROOT / page, tmp_path))
    assert reader.done >= 6


def own_part(page: Path, folder: Path) -> Path:
    """The README without what makes the project itself: that is what this test runs in."""
    part = folder / page.name
    text = page.read_text(encoding="utf-8")
    part.write_text(text[text.index("\n## ") :] if page.name == "README.md" else text, encoding="utf-8")
    return part


@pytest.mark.timeout(180)
@pytest.mark.parametrize("example", ["stage", "supply", "line_scan"])
def test_an_example(example: str, tmp_path: Path) -> None:
    """As its README says, in a copy whose ports are free."""
    with Reader(tmp_path) as reader:
        folder = tmp_path / "examples" / example
        shutil.copytree(ROOT / "examples" / example, folder, ignore=shutil.ignore_patterns("__pycache__"))
        for file in folder.iterdir():
            file.write_text(reader.own(file.read_text(encoding="utf-8")), encoding="utf-8")
        reader.read(folder / "README.md")
    assert reader.done >= 5


def test_the_configuration_of_the_ready_made_devices(tmp_path: Path) -> None:
    """What the how-to shows is a configuration without faults."""
    text = (ROOT / "docs/how-to/ready-devices.md").read_text(encoding="utf-8")
    (tmp_path / "lab.yaml").write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    with Reader(tmp_path) as reader:
        reader.session("$ macduff check lab.yaml\n")
    assert reader.done == 1
