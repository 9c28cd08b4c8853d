"""Calls, locks, places and what they start, sentence by sentence (rules 8 to 15)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from macduff import (
    Attribute,
    Busy,
    Child,
    Device,
    DState,
    MacduffError,
    PausableDevice,
    Process,
    StateChanged,
    VInt,
    publish_method,
)
from macduff.limits import DEFAULTS, Limits
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.devices import Counter, Stage

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


def until(process: Process, condition: Callable[[], object]) -> None:
    """Look until something is so that no event tells of."""
    for _ in range(2000):
        if condition():
            return
        process.backend.sleep(0.005)
    raise AssertionError("not so after 10 s")


class Locked(Device):
    """Tells whether anybody came in."""

    a = Attribute(VInt(), 0)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._inside = 0
        self._met = 0
        self._ran = 0

    def _nothing(self) -> None:
        self._ran += 1

    @publish_method
    def no_waits(self) -> None:
        """Everything that does not release the lock."""
        for _ in range(5):
            self._inside += 1
            self.start(self._nothing)
            self.a.update(self.a.value + 1)
            self.update(a=self.a.setpoint + 1)
            self.snapshot("a")
            self._backend_needed().sleep(0.001)
            self._inside -= 1
            assert self._ran == 0

    @publish_method(busy="allow")
    def look(self) -> None:
        """Whether another is inside."""
        self._met += self._inside


def test_reading_updating_and_starting_keep_the_lock(backend: str) -> None:
    """Rule 8: only waits release it."""

    def scenario(process: Process) -> None:
        device = Locked("L")
        process.add(device)
        client = Client(process)
        calls = [client.call("L", "no_waits"), *[client.call("L", "look") for _ in range(5)]]
        assert {call.kind() for call in calls} == {"ok"}
        assert device._met == 0

    play(backend, scenario, seeds=range(20))


class Waits(Device):
    """Waits in every way; `inside` is 1 while it does."""

    stage = Child(Stage)
    a = Attribute(VInt(), 0)
    inside = Attribute(VInt(), 0)
    setting = Attribute(VInt(), 0)

    def _slow(self) -> None:
        self.wait(0.2)

    @publish_method
    def go(self, how: str) -> None:
        """One of the waits."""
        ways: dict[str, Callable[[], object]] = {
            "wait": lambda: self.wait(0.2),
            "report_wait": lambda: self.report_wait("for nothing", timeout=0.2),
            "wait_for": lambda: self.a.wait_for(1, timeout=5),
            "next": self._next,
            "wait_all": lambda: self.wait_all(self.start(self._slow)),
            "result": lambda: self.start(self._slow).result(),
            "call of another": lambda: self.stage.move(1.0),
        }
        self.inside.update(1)
        ways[how]()
        self.inside.update(0)

    def _next(self) -> None:
        with self.watch(self.a) as watch:
            watch.next(timeout=5)

    @publish_method(busy="allow")
    def visit(self) -> int:
        """Come in."""
        self.a.update(1)
        return self.inside.value


WAITS = ["wait", "report_wait", "wait_for", "next", "wait_all", "result", "call of another"]


@pytest.mark.parametrize("how", WAITS)
def test_every_wait_releases_the_lock(backend: str, how: str) -> None:
    """Rule 8."""

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        device = Waits("W", stage=stage)
        process.add(device)
        client = Client(process)
        call = client.call("W", "go", how=how)
        until(process, lambda: device.inside.value == 1)
        assert client.call("W", "visit").result() == 1
        assert call.kind() == "ok"

    play(backend, scenario, seeds=range(3))


class Ping(Device):
    """Calls another, which calls back."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._other: Any = None

    @publish_method
    def there_and_back(self) -> int:
        return int(self._other.call_back()) + 1

    @publish_method
    def call_back(self) -> int:
        return int(self._other.own())

    @publish_method
    def own(self) -> int:
        self.wait(0.01)
        return 41

    @publish_method
    def mutual(self) -> str:
        self.wait(0.02)
        try:
            self._other.own()
        except Busy:
            return "Busy"
        return "ok"


def test_a_call_enters_what_its_ancestor_holds(backend: str) -> None:
    """Rule 11: A calls B calls A; of mutual callers all may be refused, and none waits for ever."""

    def scenario(process: Process) -> None:
        a, b = Ping("A"), Ping("B")
        a._other, b._other = b, a
        process.add(a)
        process.add(b)
        client = Client(process)
        assert client.call("A", "there_and_back").result() == 42
        calls = [client.call("A", "mutual"), client.call("B", "mutual")]
        assert {call.result() for call in calls} <= {"Busy", "ok"}
        assert (a.state.value, b.state.value) == (DState.Idle, DState.Idle)

    play(backend, scenario, seeds=range(20))


def test_busy_says_which_by_whom_and_since_when(backend: str) -> None:
    """Rule 12; and behind another device's Busy a call is refused, never queued."""

    class Asks(Device):
        stage = Child(Stage)

        @publish_method
        def ask(self) -> None:
            self.stage.home()

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        process.add(Asks("ASKS", stage=stage))
        process.view("STAGE").move(5)
        flag = process.backend.flag()
        process.request_call("STAGE", "home", {}, lambda _: flag.set(), origin="a client at ::1")
        process.backend.sleep(0.05)
        for device, method in (("STAGE", "home"), ("ASKS", "ask")):
            with pytest.raises(
                Busy, match=r"busy with STAGE\.home for a client at ::1 for 0\.\d+ s; allowed"
            ) as caught:
                Client(process).call(device, method).result()
            assert caught.value.device == "STAGE"
        assert flag.wait(20)

    play(backend, scenario, seeds=range(3))


class Stubborn(Device):
    """A move that does not hear that it was superseded, for `nap` seconds."""

    abort_grace = 0.3
    nap = 1.0
    moves = Attribute(VInt(), 0)

    @publish_method(busy="replace")
    def move(self, target: int) -> int:
        self.moves.update(self.moves.value + 1)
        if target:
            return target
        try:
            self.wait(100)
        except StateChanged:
            self._backend_needed().sleep(self.nap)
        return 0


def test_a_first_that_disobeys_gives_busy(backend: str) -> None:
    """Rule 12: after abort_grace the successor is refused; the first, superseded, keeps the place to its end."""

    def scenario(process: Process) -> None:
        device = Stubborn("S")
        process.add(device)
        client = Client(process)
        first = client.call("S", "move", target=0)
        until(process, lambda: device.moves.value == 1)
        began = process.backend.clock.monotonic()
        second = client.call("S", "move", target=1)
        third = client.call("S", "move", target=2)
        assert second.kind() == "Superseded"
        with pytest.raises(Busy, match=r"busy with S\.move"):
            third.result()
        assert 0.29 < process.backend.clock.monotonic() - began < 0.9
        assert first.kind() == "Superseded"
        assert client.call("S", "move", target=3).result() == 3
        assert device.moves.value == 2

    play(backend, scenario, seeds=range(5))


def test_configure_run_and_methods_exclude_each_other(backend: str) -> None:
    """Rule 12: `run` keeps the place while Paused; an ordinary method keeps configure, run and reset away."""

    class Both(Counter):
        @publish_method
        def ordinary(self) -> None:
            self.wait(100)

    def scenario(process: Process) -> None:
        device = Both("C")
        process.add(device)
        client, view = Client(process), process.view("C")
        view.configure(frames=50)
        held = client.call("C", "ordinary")
        until(process, lambda: device._machine.place is not None)
        for event in ("configure", "run", "reset"):
            with pytest.raises(Busy, match=rf"C\.{event}: .* busy with C\.ordinary"):
                client.call("C", event).result()
        view.abort()
        assert held.kind() == "Aborted"
        view.reset()
        view.configure(frames=50)
        run = client.call("C", "run")
        until(process, lambda: device.completed_steps.value > 1)
        view.pause()
        with pytest.raises(Busy, match=r"C\.ordinary: .* busy with C\.run"):
            client.call("C", "ordinary").result()
        view.rewind(1)
        view.resume()
        assert run.kind() == "ok"

    play(backend, scenario, seeds=range(5))


class Worker(Device):
    """Works without a wait, and counts how many do."""

    at_work: list[str]
    most: list[int]

    @publish_method
    def work(self) -> None:
        self.at_work.append(self.name)
        self.most.append(len(self.at_work))
        self._backend_needed().sleep(0.03)
        self.at_work.remove(self.name)


def test_so_many_calls_are_runnable_at_once(backend: str) -> None:
    """Rule 13: 32 by default; here two, and ten calls."""
    assert (DEFAULTS.runnable_calls, DEFAULTS.open_calls) == (32, 512)
    most: list[int] = []

    def scenario(process: Process) -> None:
        cls = type("Worker", (Worker,), {"at_work": [], "most": most, "__module__": __name__})
        for number in range(10):
            process.add(cls(f"W{number}"))
        client = Client(process)
        calls = [client.call(f"W{number}", "work") for number in range(10)]
        assert {call.kind() for call in calls} == {"ok"}

    play(backend, scenario, seeds=range(5), limits=Limits(runnable_calls=2))
    assert max(most) == 2


class Full(Device):
    """A parent whose child is full of waiting calls."""

    stage = Child(Stage)

    @publish_method(busy="allow")
    def linger(self) -> None:
        self.wait(1e6)


def test_an_abort_has_workers_of_its_own_in_children_too(backend: str) -> None:
    """Rule 13: when as many calls are open as may be, an abort still comes, and aborts the children."""

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        process.add(Full("FULL", stage=stage))
        client = Client(process)
        move = client.call("STAGE", "move", target=1e6)
        calls = [client.call("FULL", "linger") for _ in range(3)]
        assert client.call("FULL", "linger").kind() == "TooMany"
        assert client.call("FULL", "abort").kind() == "ok"
        assert [call.kind() for call in [move, *calls]] == ["Aborted"] * 4
        assert stage.state.value is DState.Idle

    play(backend, scenario, seeds=range(5), limits=Limits(open_calls=4, reserved_workers=4, runnable_calls=1))


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


def test_a_refused_child_is_an_ordinary_exception(backend: str) -> None:
    """Rules 12, 18, 19: Busy, Aborted and WrongState of a child are caught by `except Exception`."""

    class Tries(Device):
        stage, counter = Child(Stage), Child(Counter)
        kinds = Attribute(VInt(), 0)

        @publish_method
        def go(self) -> list[str]:
            got = []
            for attempt in (self.stage.home, self.counter.run, lambda: self.stage.move(1e6)):
                try:
                    self.kinds.update(self.kinds.value + 1)
                    attempt()
                except Exception as error:
                    assert isinstance(error, MacduffError)
                    got.append(error.kind)
                    if error.kind == "Busy":
                        self.stage.state.wait_for(DState.Idle, timeout=10)
            return got

    def scenario(process: Process) -> None:
        stage, counter = Stage("STAGE"), Counter("COUNT")
        process.add(stage)
        process.add(counter)
        process.view("STAGE").move(1)
        home = Client(process).call("STAGE", "home")
        device = Tries("T", stage=stage, counter=counter)
        process.add(device)
        call = Client(process).call("T", "go")
        assert home.kind() == "ok"
        until(process, lambda: device.kinds.value == 3 and stage.position.value > 1)
        process.view("STAGE").abort()
        assert list(call.result()) == ["Busy", "WrongState", "Aborted"]
        assert not issubclass(StateChanged, Exception)
        assert set(StateChanged.__mro__) & set(Busy.__mro__) == {BaseException, object}

    play(backend, scenario, seeds=range(5))
