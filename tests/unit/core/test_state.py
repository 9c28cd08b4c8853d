"""The state machine: configure, run, pause, rewind, resume, abort, reset (rules 16 to 18, 24)."""

from __future__ import annotations

import pytest

from macduff import (
    Attribute,
    BadValue,
    DeviceFailed,
    DState,
    NotWriteable,
    PausableDevice,
    Process,
    VDouble,
    VInt,
    WrongState,
)
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.devices import Counter

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


def counter(process: Process) -> Counter:
    device = Counter("COUNT")
    process.add(device)
    return device


def test_configure_and_run(backend: str) -> None:
    """Rules 16, 17: configure returns when Ready, run does every step once."""

    def scenario(process: Process) -> None:
        device = counter(process)
        inbox = Inbox(process)
        process.listen(inbox, "COUNT")
        view = process.view("COUNT")
        view.configure(frames=3)
        assert view.state == DState.Ready
        assert (view.total_steps, view.completed_steps, view.frames) == (3, 0, 3)
        view.run()
        assert device._done == [0, 1, 2]
        assert inbox.states() == ["Configuring", "Ready", "Running", "Ready"]
        view.run()  # from Ready with all steps done it starts from 0
        assert device._done == [0, 1, 2, 0, 1, 2]

    play(backend, scenario)


def test_pause_rewind_resume(backend: str) -> None:
    """Rule 17: a pause is taken at a checkpoint; run stays open; no step is lost or done twice."""

    def scenario(process: Process) -> None:
        device = counter(process)
        inbox = Inbox(process)
        process.listen(inbox, "COUNT")
        view, client = process.view("COUNT"), Client(process)
        view.configure(frames=20)
        run = client.call("COUNT", "run")
        inbox.until(lambda items: device.completed_steps.value >= 3)
        view.pause()
        assert view.state == DState.Paused
        done = view.completed_steps
        assert 3 <= done < 20
        view.rewind(2)
        assert view.completed_steps == done - 2
        view.resume()
        assert view.state in (DState.Running, DState.Ready)
        assert run.kind() == "ok"
        assert device._done == list(range(20))
        assert device._called == ["configure", "run", "stop", "rewind", "run"]
        states = ["Configuring", "Ready", "Running", "Rewinding", "Paused", "Rewinding", "Paused", "Running", "Ready"]
        assert inbox.states() == states

    play(backend, scenario)


def test_pause_after_the_last_step_is_too_late(backend: str) -> None:
    """Rule 17: the run ends normally and the pause gets wrong-state."""

    class Late(PausableDevice):
        def do_configure(self) -> None:
            self.total_steps.update(1)

        def do_run(self) -> None:
            self.completed_steps.update(1)
            self.wait(1.0)
            self.checkpoint()

    def scenario(process: Process) -> None:
        process.add(Late("LATE"))
        client = Client(process)
        process.view("LATE").configure()
        run = client.call("LATE", "run")
        pause = client.call("LATE", "pause")
        assert run.kind() == "ok"
        with pytest.raises(WrongState, match="the run ended first"):
            pause.result()

    play(backend, scenario)


def test_a_long_wait_may_be_cut_by_a_pause(backend: str) -> None:
    """Rule 17: checkpoint(timeout) and wait(s, pausable=True); no other wait is cut."""

    class Slow(PausableDevice):
        def do_configure(self) -> None:
            self.total_steps.update(2)

        def do_run(self) -> None:
            while self.completed_steps.value < 2:
                self.wait(3600, pausable=True)
                self.completed_steps.update(self.completed_steps.value + 1)

    def scenario(process: Process) -> None:
        process.add(Slow("SLOW"))
        view, client = process.view("SLOW"), Client(process)
        view.configure()
        run = client.call("SLOW", "run")
        view.pause()
        assert view.state == DState.Paused
        view.abort()
        assert run.kind() == "Aborted"

    play(backend, scenario)


def test_wrong_states_are_refused_with_what_is_allowed(backend: str) -> None:
    """Rule 16."""

    def scenario(process: Process) -> None:
        counter(process)
        view = process.view("COUNT")
        for method in ("run", "pause", "resume", "reset"):
            with pytest.raises(WrongState, match=rf"COUNT\.{method}: expected .*, got Idle; allowed now: .*configure"):
                getattr(view, method)()
        with pytest.raises(WrongState):
            view.rewind(0)
        view.configure()
        with pytest.raises(BadValue, match=r"expected 0 to 0 completed steps, got 1"):
            view.rewind(1)
        assert view.state == DState.Ready
        view.abort()
        with pytest.raises(WrongState, match=r"allowed now: .*reset"):
            view.configure()
        view.reset()
        assert view.state == DState.Idle

    play(backend, scenario)


def test_abort_ends_run_and_reset_makes_idle(backend: str) -> None:
    """Rules 16, 20: calls ended by an abort return Error kind Aborted."""

    def scenario(process: Process) -> None:
        device = counter(process)
        view, client = process.view("COUNT"), Client(process)
        view.configure(frames=100)
        run = client.call("COUNT", "run")
        inbox = Inbox(process)
        process.listen(inbox, "COUNT")
        inbox.until(lambda _: device.completed_steps.value >= 2)
        first, second = client.call("COUNT", "abort"), client.call("COUNT", "abort")
        assert (first.kind(), second.kind(), run.kind()) == ("ok", "ok", "Aborted")
        assert view.state == DState.Aborted
        assert device._called[-1] == "stop"
        view.abort()  # in Aborted it returns at once
        view.reset()
        assert view.state == DState.Idle

    play(backend, scenario)


def test_validate_that_raises_changes_nothing(backend: str) -> None:
    """Rule 18."""

    class Picky(Counter):
        def validate(self, frames: int, wait_time: float) -> dict[str, object]:
            if frames % 2:
                raise ValueError("an even number of frames, please")
            return {"frames": frames, "duration": frames * wait_time}

    def scenario(process: Process) -> None:
        device = Picky("COUNT")
        process.add(device)
        view = process.view("COUNT")
        before = device.snapshot("state", "frames", "completed_steps")
        with pytest.raises(DeviceFailed, match="ValueError: an even number"):
            view.configure(frames=3)
        assert device.snapshot("state", "frames", "completed_steps") == before
        estimate = view.validate(frames=4, wait_time=0.5)
        assert estimate == {"frames": 4, "wait_time": 0.5, "duration": 2.0}
        assert device.snapshot("state", "frames", "completed_steps") == before
        view.configure(frames=4)
        assert view.state == DState.Ready

    play(backend, scenario)


def test_a_do_that_raises_means_fault(backend: str) -> None:
    """Rule 18: Fault, its message, an Error to its caller; reset leaves it."""

    class Breaks(Counter):
        def do_run(self) -> DState:
            raise OSError("the cable fell out")

    def scenario(process: Process) -> None:
        process.add(Breaks("COUNT"))
        view = process.view("COUNT")
        view.configure()
        with pytest.raises(DeviceFailed, match="OSError: the cable fell out"):
            view.run()
        assert view.state == DState.Fault
        assert "the cable fell out" in view.health
        view.reset()
        assert (view.state, view.health) == (DState.Idle, "OK")

    play(backend, scenario)


def test_a_do_that_returns_a_wrong_state_means_fault(backend: str) -> None:
    """Rule 16: anything else is Fault."""

    class Strange(Counter):
        def do_run(self) -> DState:
            return DState.Aborting

    def scenario(process: Process) -> None:
        process.add(Strange("COUNT"))
        view = process.view("COUNT")
        view.configure()
        with pytest.raises(DeviceFailed, match=r"expected to return DState\.Ready or DState\.Idle, got"):
            view.run()
        assert view.state == DState.Fault

    play(backend, scenario)


def test_a_put_of_a_parameter(backend: str) -> None:
    """Rule 24: Idle stores, Ready reconfigures with every other parameter as it stands, else refused."""

    def scenario(process: Process) -> None:
        device = counter(process)
        view, client = process.view("COUNT"), Client(process)
        view.frames = 7
        assert (view.frames, view.state, device._called) == (7, DState.Idle, [])
        assert device.configure.defaults == {"frames": 7, "wait_time": 0.01}
        view.configure(wait_time=0.02)
        assert view.frames == 7
        view.frames = 9
        assert (view.total_steps, view.wait_time, device._called) == (9, 0.02, ["configure", "configure"])
        view.put(frames=10, wait_time=0.03)
        assert device._called == ["configure"] * 3
        run = client.call("COUNT", "run")
        with pytest.raises(WrongState):
            view.frames = 3
        assert run.kind() == "ok"
        with pytest.raises(BadValue):
            view.frames = 0
        with pytest.raises(NotWriteable):
            view.completed_steps = 3

    play(backend, scenario)


def test_configure_on_put(backend: str) -> None:
    """Rule 24: where the class says so, a put in Idle configures."""

    class Eager(Counter):
        configure_on_put = True

    def scenario(process: Process) -> None:
        process.add(Eager("COUNT"))
        view = process.view("COUNT")
        view.frames = 4
        assert (view.state, view.total_steps) == (DState.Ready, 4)

    play(backend, scenario)


def test_handle_event_may_consume(backend: str) -> None:
    """Design 5: asked first, and may consume an event, but not abort."""

    class Stubborn(Counter):
        consumes = Attribute(VInt(), 1, writable=True)

        def handle_event(self, event: str) -> bool:
            return bool(self.consumes.value)

    def scenario(process: Process) -> None:
        process.add(Stubborn("COUNT"))
        view = process.view("COUNT")
        view.configure()
        assert view.state == DState.Idle
        view.consumes = 0
        view.configure()
        assert view.state == DState.Ready
        view.consumes = 1
        view.abort()
        assert view.state == DState.Aborted

    play(backend, scenario)


def test_of_two_configures_one_wins(backend: str) -> None:
    """Rule 23: the other is told who holds."""

    class Long(Counter):
        settle = Attribute(VDouble(units="s"), 0.2)

        def do_configure(self) -> None:
            self.wait(self.settle.value)

    def scenario(process: Process) -> None:
        process.add(Long("COUNT"))
        client = Client(process)
        kinds = [client.call("COUNT", "configure"), client.call("COUNT", "configure")]
        assert sorted(pending.kind() for pending in kinds) == ["Busy", "ok"]

    play(backend, scenario)
