"""Plays a scenario with a Process on each backend; in simulation, many times with different seeds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from macduff.core import Process
from macduff.primitives import Backend, get_backend, simulated

__all__ = ["BACKENDS", "Client", "Inbox", "Pending", "play"]

BACKENDS = ["threads", "simulated", *(["cothread"] if sys.version_info < (3, 13) else [])]

Scenario = Callable[[Process], None]


def play(name: str, scenario: Scenario, *, seeds: range = range(20), **options: Any) -> None:
    """Run `scenario(process)` on a backend: once on real threads, once for each seed in simulation."""

    def main(backend: Backend) -> None:
        with Process(backend=backend, **options) as process:
            scenario(process)

    if name != "simulated":
        main(get_backend(name))
        return
    for seed in seeds:
        sim = simulated(seed=seed)
        sim.run(partial(main, sim))


class Client:
    """Somebody who calls and puts without waiting; `result()` waits for the outcome."""

    def __init__(self, process: Process) -> None:
        self.process = process

    def call(self, device: str, method: str, **parameters: Any) -> Pending:
        pending = Pending(self.process, f"{device}.{method}")
        self.process.request_call(device, method, parameters, pending.done)
        return pending

    def put(self, device: str, **values: Any) -> Pending:
        pending = Pending(self.process, f"put of {device}")
        self.process.request_put(device, values, pending.done)
        return pending


class Pending:
    """A request whose outcome is to come."""

    def __init__(self, process: Process, what: str) -> None:
        self.flag = process.backend.flag()
        self.flag.reason = f"the outcome of {what}"
        self.what = what
        self.outcomes: list[Any] = []

    def done(self, outcome: Any) -> None:
        self.outcomes.append(outcome)
        self.flag.set()

    def wait(self, timeout: float = 20.0) -> Any:
        """The outcome: (value, error); fails when there is none in time."""
        if not self.flag.wait(timeout):
            raise AssertionError(f"{self.what}: no outcome after {timeout} s")
        if len(self.outcomes) != 1:
            raise AssertionError(f"{self.what}: expected one outcome, got {self.outcomes}")
        return self.outcomes[0]

    def result(self, timeout: float = 20.0) -> Any:
        """The value, or the error raised."""
        value, error = self.wait(timeout)
        if error is not None:
            raise error
        return value

    def kind(self, timeout: float = 20.0) -> str:
        """ "ok", or the error's kind."""
        error = self.wait(timeout).error
        return "ok" if error is None else str(error.kind)


class Inbox:
    """A listener's queue that keeps everything."""

    def __init__(self, process: Process) -> None:
        self.items: list[Any] = []
        self.flag = process.backend.flag()

    def put(self, item: Any) -> None:
        self.items.append(item)
        self.flag.set()

    def until(self, condition: Callable[[list[Any]], bool], timeout: float = 20.0) -> list[Any]:
        """The items, once they satisfy the condition."""
        while not condition(self.items):
            self.flag.clear()
            if not condition(self.items) and not self.flag.wait(timeout):
                raise AssertionError(f"not so after {timeout} s; got {self.items[-5:]}")
        return self.items

    def states(self) -> list[str]:
        """The states seen, in order."""
        return [item[2]["state"].value.value for item in self.items if item[0].name == "Changes" and "state" in item[2]]
