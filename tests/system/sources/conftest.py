"""The instrument and a Process, for tests of sources."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from macduff import Process
from tests.system.bench import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


@pytest.fixture
def process() -> Iterator[Process]:
    with Process() as process:
        yield process
