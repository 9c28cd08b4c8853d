"""The instrument and a Process, for tests of sources."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from macduff import Process
from tests.support.play import BACKENDS
from tests.system.bench import Bench

REAL = [name for name in BACKENDS if name != "simulated"]
"""The backends that talk to real things."""


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


@pytest.fixture
def process(request: pytest.FixtureRequest) -> Iterator[Process]:
    """Of the backend that the test names, else of threads."""
    with Process(backend=getattr(request, "param", "threads")) as process:
        yield process


on_all_backends = pytest.mark.parametrize("process", REAL, indirect=True)
