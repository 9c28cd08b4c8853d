"""A Process with a device of every type and a motor, its server, and a client of libca in another process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from macduff import Process
from macduff.servers.ca import CaServer
from tests.support import random_name
from tests.system.ca_server.lab import Client, Everything


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    with Process() as process:
        yield process


@pytest.fixture(scope="module")
def server(process: Process) -> Iterator[CaServer]:
    with CaServer(process, port=0) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: CaServer) -> Iterator[Client]:
    with Client(server.environment) as client:
        yield client


@pytest.fixture
def device(process: Process, server: CaServer) -> Iterator[Everything]:
    device = Everything(random_name())
    process.add(device)
    yield device
    process.remove(device.name, force=True)
