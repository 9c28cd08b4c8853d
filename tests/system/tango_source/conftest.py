"""A PyTango device server in another process, and a Process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from macduff import Process
from macduff.sources.tango import followed
from macduff.sources.tango.library import TANGO
from tests.system.tango_source.server import TangoProgram


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[TangoProgram]:
    """Of the kind that the test names, else one whose device pushes events."""
    with TangoProgram(getattr(request, "param", "events")) as program:
        yield program
    TANGO.join(10.0)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices are asked more often whether they are there, so that the tests need not wait."""
    monkeypatch.setattr(followed, "PING", 0.2)


@pytest.fixture
def process(server: TangoProgram) -> Iterator[Process]:
    with Process() as process:
        yield process
