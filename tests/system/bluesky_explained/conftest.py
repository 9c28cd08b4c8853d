"""What the programs of the explanations talk to: a Tango server and the demonstration, each in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.bluesky_explained.shown import Laboratory, TangoServer


@pytest.fixture(scope="module")
def tango_server() -> Iterator[TangoServer]:
    """examples/bluesky/tango_server.py."""
    with TangoServer() as server:
        yield server


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    """The demonstration."""
    with Laboratory() as laboratory:
        yield laboratory
