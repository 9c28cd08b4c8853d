"""A laboratory in a process of its own, that may be killed and started again on the same port."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from macduff.client import Client, connect
from tests.support import free_port
from tests.support.laboratory import LabProgram


class Lab(LabProgram):
    """The process of tests/system/client/lab.py."""

    module = "tests.system.client.lab"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One for all tests of a module, which leave it alive."""
    found = Lab().start()
    yield found
    found.kill()


@pytest.fixture
def mortal() -> Iterator[Lab]:
    """One for a single test, which may kill it."""
    found = Lab().start()
    yield found
    found.kill()


@pytest.fixture
def unborn() -> Iterator[Lab]:
    """One that the test starts, on a port that is known before."""
    found = Lab(free_port())
    yield found
    found.kill()


@pytest.fixture
def client(lab: Lab) -> Iterator[Client]:
    with connect(lab.address) as client:
        yield client
