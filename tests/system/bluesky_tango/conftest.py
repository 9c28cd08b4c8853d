"""Motors and attributes of Tango servers in other processes, and a RunEngine that is gone after the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bluesky.run_engine import RunEngine

from tests.support.engine import ended_run_engine
from tests.system.bluesky_tango.lab import LabProgram
from tests.system.bluesky_tango.server import MotorProgram


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[MotorProgram]:
    """Of the kind that the module names as KIND, else one whose motors push their state."""
    with MotorProgram(getattr(request.module, "KIND", "events")) as program:
        yield program


@pytest.fixture(scope="module")
def lab() -> Iterator[LabProgram]:
    """Attributes of every type."""
    with LabProgram() as program:
        yield program


@pytest.fixture
def run_engine() -> Iterator[RunEngine]:
    with ended_run_engine() as engine:
        yield engine
