"""Abort, leases, idle tasks and the end, sentence by sentence (rules 19 to 28)."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise

import pytest

from macduff import (
    Attribute,
    Busy,
    Child,
    Device,
    DeviceFailed,
    DState,
    Held,
    MacduffError,
    Process,
    Severity,
    StateChanged,
    VDouble,
    VInt,
    VString,
    idle_task,
    publish_method,
)
from macduff.limits import DEFAULTS, Limits
from tests.support import eventually
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.devices import Counter, Scan, Stage

backends = pytest.mark.parametrize("backend", BACKENDS)


def until(process: Process, condition: Callable[[], object]) -> None:
    """Look until something is so that no event tells of."""
    for _ in range(2000):
        if condition():
            return
        process.backend.sleep(0.005)
    raise AssertionError("not so after 10 s")


# shields


class Shielded(Device):
    """Uses everything in a shield."""

    abort_grace = 0.5
    stage = Child(Stage)
    begun = Attribute(VInt(), 0)
    inside = Attribute(VString(), "")
    own = Attribute(VInt(), 0)

    def __init__(self, name: str, stage: Stage) -> None:
        super().__init__(name, stage=stage)
        self._after: list[str] = []

    @own.on_put
    def _set_own(self, value: int) -> None:
        self.own.update(value)

    def do_abort(self) -> None:
        """The children are left to the shield."""

    @publish_method(busy="replace")
    def go(self, seconds: float) -> None:
        try:
            self.begun.update(self.begun.value + 1)
            self.wait(0 if seconds == 0 else 100)
        finally:
            if seconds:
                self._clean_up(seconds)

    def _clean_up(self, seconds: float) -> None:
        with self.shielded(seconds):
            self.wait(0.01)
            self.own.put(7)
            self.stage.velocity.put(2.0)
            self.stage.move(0.2)
            self.wait_all(self.start(self.stage.where))
            self.inside.update("all of it")
        attempts: list[Callable[[], object]] = [
            lambda: self.wait(0),
            lambda: self.own.put(8),
            lambda: self.inside.update("after"),
        ]
        for attempt in attempts:
            try:
                attempt()
            except StateChanged:
                self._after.append("refused")


@backends
@pytest.mark.parametrize("ended_by", ["abort", "go"])
def test_in_a_shield_everything_works(backend: str, ended_by: str) -> None:
    """Rule 19: wait, update, put and calls to children, for an aborted and for a superseded call; not afterwards."""

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        device = Shielded("S", stage)
        process.add(device)
        client = Client(process)
        call = client.call("S", "go", seconds=50.0)
        until(process, lambda: device.begun.value == 1)
        client.call("S", ended_by, **({"seconds": 0.0} if ended_by == "go" else {})).result()
        assert call.kind() == {"abort": "Aborted", "go": "Superseded"}[ended_by]
        assert (device.inside.value, device.own.value, stage.velocity.value) == ("all of it", 7, 2.0)
        assert stage.position.value == pytest.approx(0.2)
        assert device._after == ["refused"] * 3
        assert device.state.value is DState.Idle

    play(backend, scenario, seeds=range(8))


@backends
def test_a_shield_does_not_outlast_the_grace(backend: str) -> None:
    """Rule 19: with a longer one a superseded call is ended when abort_grace is over."""

    class Long(Device):
        abort_grace = 0.3
        begun = Attribute(VInt(), 0)
        took = Attribute(VDouble(), 0.0)

        @publish_method(busy="replace")
        def go(self, target: int) -> None:
            if target:
                return
            try:
                self.begun.update(1)
                self.wait(100)
            finally:
                began = self.clock.monotonic()
                try:
                    with self.shielded(50):
                        self.wait(50)
                finally:
                    self._took = self.clock.monotonic() - began

    def scenario(process: Process) -> None:
        device = Long("L")
        process.add(device)
        client = Client(process)
        first = client.call("L", "go", target=0)
        until(process, lambda: device.begun.value)
        client.call("L", "go", target=1)
        assert first.kind() == "Superseded"
        assert 0.2 < device._took < 1.0

    play(backend, scenario, seeds=range(5))


# abort


class Hog(Device):
    """Holds its lock without a wait for a second."""

    began = Attribute(VInt(), 0)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._aborted_at = 0.0
        self._order: list[str] = []

    @publish_method
    def hog(self) -> None:
        self.began.update(1)
        self._backend_needed().sleep(1.0)
        self._order.append("hog ended")

    def do_stop(self) -> None:
        self._aborted_at = self.clock.monotonic()
        self._order.append("do_stop")


@backends
def test_do_abort_does_not_wait_for_the_lock_for_long(backend: str) -> None:
    """Rule 20: 0.2 s, then it runs without; Aborting ends when the aborted call has ended too."""
    assert DEFAULTS.abort_lock_wait == 0.2

    def scenario(process: Process) -> None:
        device = Hog("H")
        process.add(device)
        call = Client(process).call("H", "hog")
        until(process, lambda: device.began.value)
        began = process.backend.clock.monotonic()
        process.view("H").abort()
        assert 0.15 < device._aborted_at - began < 0.7
        assert device._order == ["do_stop", "hog ended"]
        assert call.kind() == "Aborted"
        assert device.state.value is DState.Idle

    play(backend, scenario, seeds=range(5))


class Slow(Device):
    """Takes 0.6 s to stop, and says that it needs as much."""

    abort_grace = 1.5

    def do_abort(self) -> None:
        self.wait(0.6)


class Middle(Device):
    abort_grace = 0.2
    slow = Child(Slow)


class Top(Device):
    abort_grace = 0.2
    middle = Child(Middle)
    other = Child(Slow)


@backends
def test_the_grace_of_the_slowest_child_is_added(backend: str) -> None:
    """Rule 20: at each level; the children are aborted in parallel, and all have ended when the abort returns."""

    def scenario(process: Process) -> None:
        slow, other = Slow("SLOW"), Slow("OTHER")
        middle = Middle("MIDDLE", slow=slow)
        top = Top("TOP", middle=middle, other=other)
        for device in (slow, other, middle, top):
            process.add(device)
        assert top._machine.aborting.grace() == pytest.approx(1.9)
        inboxes = {device.name: Inbox(process) for device in (slow, other, middle, top)}
        for name, inbox in inboxes.items():
            process.listen(inbox, name, initial_value=True)
        began = process.backend.clock.monotonic()
        process.view("TOP").abort()
        assert 0.55 < process.backend.clock.monotonic() - began < 1.1
        assert {tuple(inbox.states()) for inbox in inboxes.values()} == {("Aborting", "Idle")}

    play(backend, scenario, seeds=range(5))


@backends
def test_a_child_whose_abort_fails(backend: str) -> None:
    """Rule 20: an Error and Fault for the child and for the parent; the other children are aborted all the same."""

    class Broken(Device):
        def do_abort(self) -> None:
            raise OSError("no answer")

    class Two(Device):
        broken, slow = Child(Broken), Child(Slow)

    def scenario(process: Process) -> None:
        broken, slow = Broken("BROKEN"), Slow("SLOW")
        process.add(broken)
        process.add(slow)
        process.add(Two("TWO", broken=broken, slow=slow))
        inbox = Inbox(process)
        process.listen(inbox, "SLOW", initial_value=True)
        with pytest.raises(DeviceFailed, match=r"BROKEN\.do_abort: OSError: no answer"):
            process.view("TWO").abort()
        assert inbox.states() == ["Aborting", "Idle"]
        for name in ("TWO", "BROKEN"):
            assert process.view(name).state == DState.Fault
            assert "abort failed: BROKEN.do_abort: OSError: no answer" in process.view(name).health

    play(backend, scenario, seeds=range(5))


@backends
def test_aborts_join_the_first(backend: str) -> None:
    """Rule 16: in Aborting a second joins, and do_abort runs once."""

    class Counts(Slow):
        def __init__(self, name: str) -> None:
            super().__init__(name)
            self._aborts = 0

        def do_abort(self) -> None:
            self._aborts += 1
            super().do_abort()

    def scenario(process: Process) -> None:
        device = Counts("C")
        process.add(device)
        client = Client(process)
        aborts = [client.call("C", "abort") for _ in range(3)]
        assert [abort.kind() for abort in aborts] == ["ok"] * 3
        assert device._aborts == 1
        with pytest.raises(MacduffError, match=r"C\.reset: expected .*, got Idle"):
            client.call("C", "reset").result()

    play(backend, scenario, seeds=range(5))


@backends
def test_tokens_die_and_aborting_is_published_at_once(backend: str) -> None:
    """Rules 20, 21: no reading of a dead call comes after Aborting, also of puts, of sets and of `status`."""

    class Busybody(Device):
        n = Attribute(VInt(), 0, writable=True)
        pair = Attribute(VInt(), 0)

        @publish_method
        def go(self) -> None:
            while True:
                self.n.put(self.n.value + 1)
                self.update(pair=self.n.value, n=self.n.value)
                self.report_wait(str(self.n.value), timeout=0)

    def scenario(process: Process) -> None:
        device = Busybody("B")
        process.add(device)
        inbox = Inbox(process)
        process.listen(inbox, "B", initial_value=True, every=True)
        call = Client(process).call("B", "go")
        until(process, lambda: device.n.value > 5)
        process.view("B").abort()
        assert call.kind() == "Aborted"
        told = [item[2] for item in inbox.items[1:]]
        aborting = next(n for n, item in enumerate(told) if "state" in item and item["state"].value is DState.Aborting)
        after = {key for item in told[aborting + 1 :] for key in item if "." not in key}
        assert after == {"state"}
        assert device.status.reading.sequence < told[aborting]["state"].sequence

    play(backend, scenario, seeds=range(20))


# the watchdog and quarantine


def test_the_watchdog_names_file_and_line() -> None:
    """Rule 22: MINOR after a second, with method, file and line of the code that holds the lock; no more."""
    assert (DEFAULTS.watchdog, DEFAULTS.quarantined_threads, DEFAULTS.abort_grace) == (1.0, 16, 2.0)

    class Holder(Device):
        abort_grace = 0.3
        over = False

        @publish_method
        def hold(self) -> None:
            while not self._over():
                pass
            self.wait(100)

        def _over(self) -> bool:
            return type(self).over

    def scenario(process: Process) -> None:
        device = Holder("H")
        process.add(device)
        call = Client(process).call("H", "hold")
        eventually(lambda: device.health.alarm.severity is Severity.MINOR, "the watchdog's report")
        found = re.search(
            r"hold has held the lock for 0\.\d s without a wait, at (.*):(\d+) in \w+", device.health.value
        )
        assert found is not None
        assert found[1] == __file__
        first = Holder.hold.function.__code__.co_firstlineno
        assert first < int(found[2]) <= first + 7
        assert (device.state.value, device._machine.zombies) == (DState.Running, [])  # reported, never quarantined
        Holder.over = True
        eventually(lambda: device.health.value == "OK", "the end of the report")
        process.view("H").abort()
        assert call.kind() == "Aborted"

    play("threads", scenario, limits=Limits(watchdog=0.3))


class FakeWire:
    """Notes what becomes of it."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def attach(self, device: Device) -> None: ...

    def open(self) -> None:
        self.log.append("open")

    def close(self) -> None:
        self.log.append("close")


@backends
def test_a_quarantine_closes_the_wires_and_a_forced_reset_opens_them(backend: str) -> None:
    """Rule 22: once each; the device has a new lock and a free place."""

    class Wired(Device):
        abort_grace = 0.2
        began = Attribute(VInt(), 0)

        def __init__(self, name: str, wire: FakeWire) -> None:
            super().__init__(name, wire=wire)
            self._over = False

        @publish_method
        def hang(self) -> None:
            self.began.update(1)
            while not self._over:
                self._backend_needed().sleep(0.02)

        @publish_method
        def fine(self) -> int:
            return 1

    def scenario(process: Process) -> None:
        wire = FakeWire()
        device = Wired("W", wire)
        process.add(device)
        Client(process).call("W", "hang")
        until(process, lambda: device.began.value)
        view = process.view("W")
        with pytest.raises(DeviceFailed, match="quarantined"):
            view.abort()
        assert wire.log == ["open", "close"]
        view.reset(force=True)
        assert wire.log == ["open", "close", "open"]
        assert view.fine() == 1
        device._over = True
        process.remove("W", force=True)
        assert wire.log == ["open", "close", "open", "close"]

    play(backend, scenario, seeds=range(3))


# leases


@backends
def test_leases_over_a_whole_tree(backend: str) -> None:
    """Rule 23: grandchildren too; held by one, another parent is refused; given back at Aborted, Fault, Idle."""

    class Outer(Counter):
        scan = Child(Scan)

    def scenario(process: Process) -> None:
        stage, counter = Stage("STAGE"), Counter("COUNT")
        scan = Scan("SCAN", stage=stage, counter=counter)
        outer, rival = (
            Outer(
                "OUTER",
            ),
            Scan("RIVAL", stage=stage, counter=counter),
        )
        outer.set_child("scan", scan)
        for device in (stage, counter, scan, outer, rival):
            process.add(device)
        view, client = process.view("OUTER"), Client(process)
        tree = (stage, counter, scan)

        def holders() -> set[Device | None]:
            return {device._machine.holder for device in tree}

        view.configure()
        assert holders() == {outer}
        for name, method in (("RIVAL", "configure"), ("COUNT", "configure"), ("SCAN", "configure"), ("STAGE", "home")):
            with pytest.raises(Held, match=r"held by OUTER"):
                client.call(name, method).result()
        assert rival._machine.holder is None
        assert client.call("SCAN", "abort").kind() == "ok"  # abort never is refused
        view.abort()
        assert holders() == {None}
        view.reset()
        view.configure()
        view.reset()
        assert holders() == {None}
        process.view("RIVAL").configure()
        with pytest.raises(Held, match=r"OUTER\.configure: expected \w+ free, got it held by RIVAL"):
            view.configure()
        assert (view.state, scan._machine.holder) == (DState.Idle, None)
        process._post(rival._machine.fault, "for the test")
        until(process, lambda: rival.state.value is DState.Fault)
        assert holders() == {None}

    play(backend, scenario, seeds=range(5))


@backends
def test_a_plain_parent_has_no_lease(backend: str) -> None:
    """Rule 23."""

    class Plain(Device):
        stage = Child(Stage)

        @publish_method
        def go(self) -> None:
            self.wait(100)

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        device = Plain("P", stage=stage)
        process.add(device)
        call = Client(process).call("P", "go")
        until(process, lambda: device.state.value is DState.Running)
        assert process.view("STAGE").move(0.4) == pytest.approx(0.4)
        process.view("STAGE").velocity = 2.0
        process.view("P").abort()
        assert call.kind() == "Aborted"

    play(backend, scenario, seeds=range(3))


@backends
def test_the_lease_is_there_before_validate(backend: str) -> None:
    """Rule 23: taken when configure is accepted; the second of two configures is told which call holds."""

    class Slow(Scan):
        validating = Attribute(VInt(), 0)

        def validate(self, points: int) -> dict[str, object]:
            self.validating.update(1)
            self.wait(0.2)
            return {"points": points}

    def scenario(process: Process) -> None:
        stage, counter = Stage("STAGE"), Counter("COUNT")
        process.add(stage)
        process.add(counter)
        device = Slow("SCAN", stage=stage, counter=counter)
        process.add(device)
        client = Client(process)
        first = client.call("SCAN", "configure")
        until(process, lambda: device.validating.value)
        assert device.state.value is DState.Idle
        assert client.call("STAGE", "move", target=1.0).kind() == "Held"
        with pytest.raises(Busy, match=r"SCAN\.configure: .* busy with SCAN\.configure for 0"):
            client.call("SCAN", "configure").result()
        assert first.kind() == "ok"

    play(backend, scenario, seeds=range(5))


# clients that vanish


@backends
@pytest.mark.parametrize(("method", "aborts"), [("exclusive", 1), ("shared", 0)])
def test_cancelling_a_call(backend: str, method: str, aborts: int) -> None:
    """Rule 26, abort on disconnect: whoever holds the place is aborted, else only the call ends; later, nothing."""

    class Part(Device):
        begun = Attribute(VInt(), 0)

        def __init__(self, name: str) -> None:
            super().__init__(name)
            self._aborts = 0

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

    def scenario(process: Process) -> None:
        device = Part("P")
        process.add(device)
        outcomes: list[str] = []
        ended = process.backend.flag()

        def done(outcome: object) -> None:
            error = getattr(outcome, "error", None)
            outcomes.append(error.kind if error is not None else "ok")
            ended.set()

        request = process.request_call("P", method, {}, done)
        assert request is not None
        until(process, lambda: device.begun.value)
        process.cancel(request)
        assert ended.wait(20)
        until(process, lambda: device.state.value is DState.Idle)
        process.cancel(request)
        process.backend.sleep(0.05)
        assert outcomes == ["Aborted"]
        assert device._aborts == aborts
        assert device.state.value is DState.Idle

    play(backend, scenario, seeds=range(5))


# idle tasks


class Tasks(Device):
    """An idle task that notes when it ran, and fails when told to."""

    fails = Attribute(VInt(), 0, writable=True)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._ran: list[tuple[float, str]] = []
        self._holds = False

    @idle_task(period=0.05)
    def look(self) -> None:
        assert not self._holds
        self._ran.append((self.clock.monotonic(), self.state.value.name))
        if self.fails.value:
            raise RuntimeError("no light")

    @publish_method
    def wait_long(self) -> None:
        self.wait(100)

    @publish_method
    def hold(self) -> None:
        self._holds = True
        self._backend_needed().sleep(0.3)
        self._holds = False

    def do_abort(self) -> None:
        if not self.fails.value:
            raise OSError("no abort")
        self.wait(0.3)


@backends
def test_idle_tasks_run_in_every_state_but_not_beside_a_holder(backend: str) -> None:
    """Rule 27: in a method's waits, in Aborting and in Fault; skipped while somebody holds the lock."""

    def scenario(process: Process) -> None:
        device = Tasks("T")
        process.add(device)
        client = Client(process)
        until(process, lambda: "Idle" in {state for _, state in device._ran})
        assert client.call("T", "hold").kind() == "ok"
        assert device.health.value == "OK"
        before = len(device._ran)
        until(process, lambda: len(device._ran) > before)  # skipped, it comes again
        client.call("T", "wait_long")
        until(process, lambda: "Running" in {state for _, state in device._ran})
        process.view("T").fails = 1
        until(process, lambda: "no light" in device.health.value)
        process.view("T").fails = 0
        assert client.call("T", "abort").kind() == "DeviceFailed"
        until(process, lambda: "Fault" in {state for _, state in device._ran})

    play(backend, scenario, seeds=range(3))


@backends
def test_a_failing_idle_task_backs_off(backend: str) -> None:
    """Rule 27: an alarm of the device, longer and longer pauses, at most so long; a success clears both."""

    def scenario(process: Process) -> None:
        device = Tasks("T")
        process.add(device)
        process.view("T").fails = 1
        until(process, lambda: device.health.alarm.severity is Severity.MAJOR)
        del device._ran[:]
        until(process, lambda: len(device._ran) >= 4)
        times = [time for time, _ in device._ran]
        gaps = [later - sooner for sooner, later in pairwise(times)]
        assert gaps[-1] > 0.15
        assert gaps[-1] < 1.0
        process.view("T").fails = 0
        until(process, lambda: device.health.value == "OK")
        del device._ran[:]
        until(process, lambda: len(device._ran) >= 4)
        times = [time for time, _ in device._ran]
        assert times[-1] - times[0] < 0.6

    play(backend, scenario, seeds=range(3), limits=Limits(idle_backoff_most=0.2))


# the end


@backends
def test_stopping_refuses_what_is_new_and_gives_up_on_a_do_close_that_hangs(backend: str) -> None:
    """Rule 28: refuse new, abort, do_close, 10 s by default; the other devices are closed all the same."""
    assert DEFAULTS.close_time == 10.0
    closed: list[str] = []

    class Closes(Device):
        def __init__(self, name: str, hangs: bool) -> None:
            super().__init__(name)
            self._hangs = hangs

        def do_abort(self) -> None:
            self.wait(0.2)

        def do_close(self) -> None:
            closed.append(self.name)
            while self._hangs:
                self._backend_needed().sleep(0.02)

        @publish_method
        def go(self) -> None:
            self.wait(100)

    def scenario(process: Process) -> None:
        first, second = Closes("A", True), Closes("B", False)
        process.add(first)
        process.add(second)
        client = Client(process)
        call = client.call("A", "go")
        until(process, lambda: first.state.value is DState.Running)
        stopper = process.backend.spawn(process.stop, "stopper")
        until(process, lambda: first.state.value is DState.Aborting)
        late = client.call("B", "go")
        assert late.kind() in ("Refused", "Removed")
        assert stopper.join(10)
        assert call.kind() == "Aborted"
        first._hangs = False

    play(backend, scenario, seeds=range(3), limits=Limits(close_time=0.4))
    assert set(closed) == {"A", "B"}


def test_an_import_leaves_the_switch_interval_alone() -> None:
    """Rule 28: `serve` sets it to 0.5 ms, an import never does."""
    code = (
        "import sys; before = sys.getswitchinterval(); import macduff, macduff.cli.app, macduff.cli.serving; "
        "import macduff.cli.running as r; print(before == sys.getswitchinterval(), r.SWITCH_INTERVAL)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout.split() == ["True", "0.0005"]
