"""For tests of Tango's pipes, which `make pipes` runs where PyTango still has them; elsewhere none is collected."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

import pytest
from bluesky.run_engine import RunEngine

from tests.pipes.server import PipeProgram
from tests.support.engine import ended_run_engine

HAS_PIPES = tuple(int(part) for part in version("pytango").split(".")[:2]) < (10, 1)
collect_ignore_glob = [] if HAS_PIPES else ["*"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "filterwarnings", "ignore:.*scheduled for removal in PyTango 10.1.0:DeprecationWarning"
    )  # each call of a pipe gives one


@pytest.fixture(scope="module")
def server() -> Iterator[PipeProgram]:
    with PipeProgram() as program:
        yield program


@pytest.fixture
def run_engine() -> Iterator[RunEngine]:
    with ended_run_engine() as engine:
        yield engine
