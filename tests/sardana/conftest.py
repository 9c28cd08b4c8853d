"""For tests against Sardana's motors, which `make test-sardana` runs; elsewhere none is collected.

The environment variable SARDANA says where Sardana's server is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from bluesky.run_engine import RunEngine

from tests.sardana.laboratory import Laboratory
from tests.support.engine import ended_run_engine

SARDANA = os.environ.get("SARDANA", "")
collect_ignore_glob = [] if SARDANA else ["*"]


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with Laboratory(Path(SARDANA).absolute(), tmp_path_factory.mktemp("sardana")) as laboratory:
        yield laboratory


@pytest.fixture
def run_engine() -> Iterator[RunEngine]:
    with ended_run_engine() as engine:
        yield engine
