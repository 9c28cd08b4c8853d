"""docs/reference/bluesky-names.md: our names, and where ophyd-async has what comes nearest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from ophyd_async.core import Device

import macduff.bluesky
from macduff.bluesky import TangoAttrRW, TangoComm, TangoCommand
from tests.system.bluesky_explained.shown import ROOT

NOTHING = "\u2013"
TEXT = (ROOT / "docs" / "reference" / "bluesky-names.md").read_text()


def rows(columns: int) -> Iterator[list[str]]:
    """The cells of each row of the tables with so many columns."""
    for line in TEXT.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == columns:
            yield cells


NAMES = {here.strip("`"): (there.strip("`"), text) for here, _, there, text in rows(4)}


def imported(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


THEIRS = {there: imported(there) for there, _ in NAMES.values() if there != NOTHING}
"""Imported here and not in a test, for libtango opens files that stay."""


def test_every_public_name_has_its_row() -> None:
    assert set(NAMES) == set(macduff.bluesky.__all__)


@pytest.mark.parametrize("name", NAMES)
def test_both_names_are_there(name: str) -> None:
    """Those of ophyd-async are imported above; what is called a subclass is one."""
    ours = getattr(macduff.bluesky, name)
    there, text = NAMES[name]
    if said := re.search(r"a subclass of (\w+)", text):
        assert issubclass(ours, imported(f"ophyd_async.core.{said[1]}"))
    if "the same class" in text:
        assert ours is THEIRS[there]


@pytest.mark.parametrize("older, newer", [(cells[0], cells[1]) for cells in rows(3)])
def test_methods_are_there(older: str, newer: str) -> None:
    owners = {"signal": TangoAttrRW, "command": TangoCommand, "comm": TangoComm, "device": Device}
    for text in (older, older if newer in ("the same", NOTHING) else newer):
        if found := re.search(r"(\w+)\.(\w+)\(", text):
            assert callable(getattr(owners[found[1]], found[2]))
        else:
            assert re.fullmatch(r"`(CommsConnector|init_devices)\(\w+=True\)`", text)
