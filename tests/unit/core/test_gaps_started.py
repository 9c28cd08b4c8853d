"""What calls start, and where code runs, sentence by sentence (rules 14, 15)."""

from __future__ import annotations

import logging
import threading

import pytest

from macduff import (
    Attribute,
    Child,
    Device,
    PausableDevice,
    Process,
    StateChanged,
    VInt,
    publish_method,
)
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.test_gaps_support import until

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


class Part(Device):
    """Told of its aborts."""

    abort_grace = 0.4
    begun = Attribute(VInt(), 0)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._aborts = 0
        self._over = False

    def do_abort(self) -> None:
        self._aborts += 1

    @publish_method
    def exclusive(self) -> None:
        self.begun.update(1)
        self.wait(1e6)

    @publish_method(busy="allow")
    def shared(self) -> None:
        self.begun.update(1)
        self.wait(1e6)

    @publish_method(busy="allow")
    def disobeys(self) -> None:
        self.begun.update(1)
        while not self._over:
            try:
                self.wait(0.01)
            except StateChanged:
                self._backend_needed().sleep(0.02)


class Parent(Device):
    """Starts something and ends."""

    abort_grace = 0.3
    part = Child(Part)

    @publish_method
    def starts(self, what: str) -> str:
        self.start(getattr(self.part, what))
        self.part.begun.wait_for(1, timeout=5)
        return "done"

    @publish_method
    def logs(self) -> None:
        self.start(self.part.exclusive)
        refused = self.start(self.part.exclusive)
        while not refused.done():
            self._backend_needed().sleep(0.01)


def family(process: Process) -> Part:
    part = Part("PART")
    process.add(part)
    process.add(Parent("PARENT", part=part))
    return part


@pytest.mark.parametrize(("what", "aborts"), [("exclusive", 1), ("shared", 0)])
def test_what_a_method_started_ends_with_it(backend: str, what: str, aborts: int) -> None:
    """Rule 14: the device is aborted if the call holds its place, else only the call is killed; the reply waits."""

    def scenario(process: Process) -> None:
        part = family(process)
        inbox = Inbox(process)
        process.listen(inbox, "PART", initial_value=True)
        assert Client(process).call("PARENT", "starts", what=what).result() == "done"
        assert part._machine.calls == []
        assert part._aborts == aborts
        states = [state for state in inbox.states() if state != "Running"]
        assert states == (["Aborting", "Idle"] if aborts else [])

    play(backend, scenario, seeds=range(10))


def test_the_reply_waits_at_most_the_grace_for_what_was_started(backend: str) -> None:
    """Rule 14: abort_grace, to which the largest of the children's is added (rule 20)."""

    def scenario(process: Process) -> None:
        part = family(process)
        clock = process.backend.clock
        began = clock.monotonic()
        assert Client(process).call("PARENT", "starts", what="disobeys").result() == "done"
        assert 0.25 < clock.monotonic() - began < 1.5
        part._over = True
        until(process, lambda: part._machine.calls == [])

    play(backend, scenario, seeds=range(5))


def test_a_started_call_that_is_refused_is_logged(backend: str, caplog: pytest.LogCaptureFixture) -> None:
    """Rule 14: started siblings are Busy to each other (rule 11), and nobody waited to be told."""

    def scenario(process: Process) -> None:
        part = family(process)
        assert Client(process).call("PARENT", "logs").kind() == "ok"
        assert part._machine.calls == []

    with caplog.at_level(logging.ERROR, "macduff.core"):
        play(backend, scenario, seeds=range(1))
    assert (
        "PARENT.logs: PART.exclusive failed, and nobody waited: PART.exclusive: expected a device that is"
        in caplog.text
    )


class Curious(PausableDevice):
    """Notes in which threads its code runs."""

    x = Attribute(VInt(), 1, parameter=True)
    gain = Attribute(VInt(), 1)
    threads: list[str]

    def _note(self, what: str) -> bool:
        self.threads.append(f"{what} in {threading.current_thread().name}")
        return False

    def handle_event(self, event: str) -> bool:
        return self._note("handle_event")

    def validate(self, x: int) -> dict[str, object]:
        self._note("validate")
        return {"x": x}

    def do_configure(self) -> None:
        self.total_steps.update(1)

    def do_run(self) -> None:
        self.gain.wait_for(lambda value: self._note("predicate") or value == 5, timeout=10)
        self.completed_steps.update(1)

    @gain.on_put
    def _set_gain(self, value: int) -> None:
        self._note("setter")
        self.gain.update(value)


def test_user_code_never_runs_in_the_process_thread(backend: str) -> None:
    """Rule 15: handle_event, validate, setters, predicates."""
    threads: list[str] = []

    def scenario(process: Process) -> None:
        cls = type("Curious", (Curious,), {"threads": threads, "__module__": __name__})
        process.add(cls("C"))
        view = process.view("C")
        view.x = 2
        view.configure()
        run = Client(process).call("C", "run")
        until(process, lambda: any("predicate" in thread for thread in threads))
        view.gain = 5
        assert run.kind() == "ok"

    play(backend, scenario, seeds=range(1))
    assert {entry.split(" in ")[0] for entry in threads} == {"handle_event", "validate", "predicate", "setter"}
    if backend != "simulated":  # there all tasks are one thread
        assert not [entry for entry in threads if "macduff process" in entry]
