"""A stage on a server without I/O, and a synchronous client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from macduff.client import Client, connect

from .memory import MemoryServer, stage


@pytest.fixture
def server() -> MemoryServer:
    return MemoryServer(stage())


@pytest.fixture
def client(server: MemoryServer) -> Iterator[Client]:
    with connect("ws://memory:1", timeout=5, open_carrier=server.open) as client:
        yield client
