"""Idle tasks and the end, sentence by sentence (rules 27, 28)."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest

from macduff import (
    Attribute,
    Device,
    DState,
    Process,
    Severity,
    VInt,
    idle_task,
    publish_method,
)
from macduff.limits import DEFAULTS, Limits
from tests.support.play import BACKENDS, Client, play
from tests.unit.core.test_gaps_support import until

backends = pytest.mark.parametrize("backend", BACKENDS)


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
        held = client.call("T", "hold")
        until(process, lambda: device._holds)
        in_line: list[object] = []  # skipped, rather than the next in line
        while device._holds:
            queued = [call for call in list(device._machine.calls) if call.kind == "idle" and call.queued]
            assert in_line.count(queued) < 5 or not queued
            in_line.append(queued)
            process.backend.sleep(0.01)
        assert held.kind() == "ok"
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
        began = process.backend.clock.monotonic()
        assert stopper.join(10)
        assert process.backend.clock.monotonic() - began < 3.0
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
