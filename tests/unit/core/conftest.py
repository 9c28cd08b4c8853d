"""The tests of the core run on every backend, cothread's among them."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def with_cothreads(cothreads: None) -> None:
    """The cothreads' thread is there before a test begins, so that it counts as nobody's leak."""
