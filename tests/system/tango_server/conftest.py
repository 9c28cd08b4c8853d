"""A program with a server and one with clients; they start once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import served
from .remote import Remote
from .world import World

DEVICES = {"ZOO": "Zoo", "S": "Stage", "R": "Run", "BL:S-2": "Stage"}


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with Remote() as client, Remote() as server:
        yield World(client, server, server.call(served.begin, DEVICES))
