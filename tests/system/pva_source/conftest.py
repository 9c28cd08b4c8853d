"""A p4p server in another process, and an environment in which PVAccess finds it and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from macduff import Process
from macduff.sources.pva.library import PVA
from tests.support import random_name
from tests.system.pva_source.server import PvaProgram, environment


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[PvaProgram]:
    program = PvaProgram(random_name() + ":")
    for name, value in environment(program.search_port).items():
        monkeypatch.setenv(name, value)
    with program:
        yield program
    PVA.join(10.0)


@pytest.fixture
def process(server: PvaProgram) -> Iterator[Process]:
    with Process() as process:
        yield process
