"""Configure, run, pause and rewind, sentence by sentence (rules 16 to 18)."""

from __future__ import annotations

import pytest

from macduff import (
    Attribute,
    BadValue,
    DeviceFailed,
    DState,
    PausableDevice,
    Process,
    VInt,
    VString,
    WrongState,
)
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.devices import Counter
from tests.unit.core.test_gaps_support import changed

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


class Steps(PausableDevice):
    """Two steps, each of which waits where a pause may not, or may, come in."""

    how = Attribute(VString(), "wait", parameter=True)
    at = Attribute(VInt(), 0)
    last = Attribute(VInt(), 0)

    def do_configure(self) -> None:
        self.total_steps.update(3)

    def do_run(self) -> None:
        while self.completed_steps.value < 3:
            self.at.update(self.at.value + 1)
            if self.how.value == "wait":
                self.wait(0.3)
            else:
                self.checkpoint(timeout=0.3)
            self.completed_steps.update(self.completed_steps.value + 1)
            self.checkpoint()

    def do_stop(self) -> None:
        if self.last.value:
            self.completed_steps.update(self.last.value)


@pytest.mark.parametrize(("how", "completed"), [("wait", 1), ("checkpoint", 0)])
def test_a_pause_is_taken_at_checkpoints_only(backend: str, how: str, completed: int) -> None:
    """Rule 17: never inside a wait; `checkpoint(timeout=...)` is one that may be cut. In Rewinding no pause."""

    def scenario(process: Process) -> None:
        device = Steps("S")
        process.add(device)
        view, client = process.view("S"), Client(process)
        view.configure(how=how)
        run = client.call("S", "run")
        changed(process, device, lambda: device.at.value == 1)
        began = process.backend.clock.monotonic()
        view.pause()
        took = process.backend.clock.monotonic() - began
        assert (took > 0.1) == (how == "wait")
        assert (view.state, view.completed_steps) == (DState.Paused, completed)
        with pytest.raises(WrongState, match="expected Running, got Paused"):
            view.pause()
        assert not run.outcomes
        view.resume()
        assert run.kind() == "ok"
        assert device.at.value == (3 if how == "wait" else 4)

    play(backend, scenario, seeds=range(5))


def test_do_stop_may_raise_completed_steps(backend: str) -> None:
    """Rule 17: before Paused, then it is final; resume returns when Running and goes on from there."""

    def scenario(process: Process) -> None:
        device = Steps("S")
        process.add(device)
        view, client = process.view("S"), Client(process)
        view.configure(how="checkpoint")
        device.last.update(2)
        inbox = Inbox(process)
        process.listen(inbox, "S", every=True, initial_value=True)
        run = client.call("S", "run")
        changed(process, device, lambda: device.at.value == 1)
        view.pause()
        assert view.completed_steps == 2
        changes = [key for item in inbox.items[1:] for key in item[2] if key in ("state", "completed_steps")]
        assert changes == ["state", "state", "completed_steps", "state"]  # Running, Rewinding, 2, Paused
        view.resume()
        assert inbox.states()[-1] in ("Running", "Ready")
        assert run.kind() == "ok"
        assert (view.completed_steps, device.at.value) == (3, 2)

    play(backend, scenario, seeds=range(5))


def test_pause_in_other_states(backend: str) -> None:
    """Rules 16, 17: wrong-state while Configuring and Rewinding, and a second pause before the first is taken."""

    class Slow(Steps):
        def do_configure(self) -> None:
            super().do_configure()
            self.wait(0.2)

        def do_stop(self) -> None:
            self.wait(0.2)

    def scenario(process: Process) -> None:
        device = Slow("S")
        process.add(device)
        client = Client(process)
        configure = client.call("S", "configure", how="wait")
        changed(process, device, lambda: device.state.value is DState.Configuring)
        with pytest.raises(WrongState, match=r"S\.pause: expected Running, got Configuring"):
            client.call("S", "pause").result()
        configure.result()
        client.call("S", "run")
        changed(process, device, lambda: device.at.value == 1)
        first = client.call("S", "pause")
        with pytest.raises(WrongState, match="a device that is not pausing yet"):
            client.call("S", "pause").result()
        changed(process, device, lambda: device.state.value is DState.Rewinding)
        with pytest.raises(WrongState, match="got Rewinding"):
            client.call("S", "pause").result()
        assert first.kind() == "ok"
        client.call("S", "abort").result()

    play(backend, scenario, seeds=range(3))


def test_how_far_a_rewind_goes(backend: str) -> None:
    """Rules 16, 17: relative, 0 to completed_steps, from Ready back to Ready; a run then does only what is left."""

    def scenario(process: Process) -> None:
        device = Counter("COUNT")
        process.add(device)
        view = process.view("COUNT")
        view.configure(frames=5)
        view.run()
        for steps in (-1, 6):
            with pytest.raises(BadValue, match=rf"expected 0 to 5 completed steps, got {steps}"):
                view.rewind(steps)
        view.rewind(0)
        assert (view.state, view.completed_steps) == (DState.Ready, 5)
        view.rewind(2)
        assert (view.state, view.completed_steps) == (DState.Ready, 3)
        view.run()
        assert (device._done, device._called) == ([0, 1, 2, 3, 4], ["configure", "run", "rewind", "rewind", "run"])
        view.configure(frames=4)
        assert view.completed_steps == 0

    play(backend, scenario, seeds=range(3))


class Breaks(PausableDevice):
    """Raises where it is told to."""

    where = Attribute(VString(), "", writable=True)
    x = Attribute(VInt(), 0, parameter=True)

    def _break(self, where: str) -> None:
        if self.where.value == where:
            raise OSError(f"the cable of {where}")

    def validate(self, x: int) -> dict[str, object]:
        self._break("validate")
        return {"x": 2 * x}

    def do_configure(self) -> None:
        self._break("do_configure")
        self.total_steps.update(1)

    def do_run(self) -> None:
        self._break("do_run")
        self.checkpoint(timeout=10)

    def do_stop(self) -> None:
        self._break("do_stop")

    def do_rewind(self, steps: int) -> None:
        self._break("do_rewind")

    def do_reset(self) -> None:
        self._break("do_reset")


@pytest.mark.parametrize("where", ["do_configure", "do_run", "do_stop", "do_rewind", "do_reset"])
def test_every_do_that_raises_means_fault(backend: str, where: str) -> None:
    """Rule 18: Fault, message in health, Error to its caller, and to the run's; reset leaves it."""

    def scenario(process: Process) -> None:
        device = Breaks("B")
        process.add(device)
        view, client = process.view("B"), Client(process)
        if where != "do_configure":
            view.configure()
        view.where = where
        event = {"do_stop": "pause"}.get(where, where[3:])
        run = None
        if event == "pause":
            run = client.call("B", "run")
            changed(process, device, lambda: device.state.value is DState.Running)
        with pytest.raises(DeviceFailed, match=f"OSError: the cable of {where}"):
            getattr(view, event)(**({"steps": 0} if event == "rewind" else {}))
        assert run is None or "the cable of do_stop" in str(run.wait().error)
        assert view.state == DState.Fault
        assert f"the cable of {where}" in view.health
        assert device._machine.place is None
        view.where = ""
        view.reset()
        assert (view.state, view.health) == (DState.Idle, "OK")

    play(backend, scenario, seeds=range(3))
