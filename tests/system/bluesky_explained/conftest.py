"""What the programs of the explanations talk to: a Tango server and the demonstration, each in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.bluesky_device.home import Demo
from tests.system.bluesky_explained.shown import TangoServer


@pytest.fixture(scope="module")
def tango_server() -> Iterator[TangoServer]:
    """examples/bluesky/tango_server.py."""
    with TangoServer() as server:
        yield server


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`macduff demo`."""
    demo = Demo(tmp_path_factory.mktemp("demo") / "announced.json")
    demo.start()
    yield demo
    demo.stop()
