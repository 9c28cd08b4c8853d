"""The five-minute tour, from `make demo` to a device of one's own: each command and each line as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .touring import ROOT, Tourist

PAGE = ROOT / "docs/tutorials/five-minutes.md"


@pytest.mark.timeout(240)
def test_the_tour(tmp_path: Path) -> None:
    with Tourist(tmp_path) as tourist:
        tourist.read(PAGE)
    assert tourist.done >= 30
    assert tourist.installed == ["shell", "pva", "ca", "tango"]


def test_it_comes_first() -> None:
    index = (ROOT / "docs/tutorials/index.md").read_text(encoding="utf-8")
    assert re.search(r"toctree\}\n(.*)\n", index)[1] == "five-minutes"  # type: ignore[index]  # it has one
    screens = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:20]
    assert any("docs/tutorials/five-minutes.md" in line for line in screens)
