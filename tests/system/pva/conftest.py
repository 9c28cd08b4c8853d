"""A Process with a stage, its PVAccess server, and a client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from p4p.client.thread import Context

from macduff import Process
from macduff.servers.pva import PvaServer

from .lab import Stage


@pytest.fixture
def process() -> Iterator[Process]:
    with Process() as process:
        process.add(Stage("STAGE"))
        yield process


@pytest.fixture
def server(process: Process) -> Iterator[PvaServer]:
    with PvaServer(process, port=0) as server:
        yield server


@pytest.fixture
def context(server: PvaServer) -> Iterator[Context]:
    with Context("pva", conf=server.environment, useenv=False, nt=False) as context:
        yield context
