"""Each test with the fixture `backend` runs inside a task of every backend: on simulated for many seeds."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from macduff.primitives import Backend, get_backend, simulated

NAMES = ["threads", "simulated"]
if sys.version_info < (3, 13):  # there are no wheels of cothread for later ones (rule 29)
    NAMES.insert(1, "cothread")
SEEDS = range(40)
PATIENCE = 30.0


@pytest.fixture(params=NAMES)
def backend(request: pytest.FixtureRequest, cothreads: None) -> Backend:
    return get_backend(request.param)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run the body in a task."""
    arguments: dict[str, Any] = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    if "backend" not in arguments:
        return None
    if arguments["backend"].name == "simulated":
        for seed in SEEDS:
            sim = simulated(seed)
            arguments["backend"] = sim
            sim.run(lambda: pyfuncitem.obj(**arguments))
            assert not sim.left, f"seed {seed}: left behind: {sim.left}"
    else:
        in_task(arguments["backend"], lambda: pyfuncitem.obj(**arguments))
    return True


def in_task(backend: Backend, body: Callable[[], object]) -> None:
    """Run the body in a task of the backend, and raise here what it raises."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            body()
        except BaseException as error:
            errors.append(error)

    before = threading.active_count()
    task = backend.spawn(run, "test body")
    assert task.join(PATIENCE), f"on {backend.name} the test did not end within {PATIENCE} s"
    if errors:
        raise errors[0]
    assert threading.active_count() <= before
