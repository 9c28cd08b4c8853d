"""Abort and what disobeys it (rules 19 to 22)."""

from __future__ import annotations

import pytest

from macduff import (
    Attribute,
    Device,
    DeviceFailed,
    DState,
    Process,
    Severity,
    VInt,
    VString,
    WrongState,
    publish_method,
)
from macduff.limits import Limits
from tests.support import eventually
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.devices import Counter, Scan, Stage


class Clinger(Device):
    """Does not want to end."""

    abort_grace = 0.3
    tries = Attribute(VInt(), 0)
    cleaned = Attribute(VString(), "")

    @publish_method
    def eats_exceptions(self) -> None:
        """`except Exception` must not eat the abort."""
        while True:
            try:
                self.tries.update(self.tries.value + 1)
                self.wait(0.05)
            except Exception:
                continue

    @publish_method
    def eats_everything(self) -> None:
        """A zombie: it goes on and changes nothing."""
        while True:
            try:
                self.tries.update(self.tries.value + 1)
                self.wait(0.01)
            except BaseException as error:
                if type(error).__name__ == "GreenletExit" or self._over:
                    raise
                self._nap()

    @publish_method
    def cleans_up(self) -> None:
        """Waits in its finally, shielded."""
        try:
            self.wait(100)
        finally:
            with self.shielded(1):
                self.wait(0.05)
                self.cleaned.update("shielded")
            self.cleaned.update("never")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._over = False

    def _nap(self) -> None:
        self._backend_needed().sleep(0.01)


@pytest.mark.parametrize("backend", BACKENDS)
class TestAbort:
    def test_except_exception_does_not_eat_it(self, backend: str) -> None:
        """Rule 19."""

        def scenario(process: Process) -> None:
            device = Clinger("C")
            process.add(device)
            call = Client(process).call("C", "eats_exceptions")
            device_tries(process, device, 3)
            process.view("C").abort()
            assert call.kind() == "Aborted"
            assert process.view("C").state is DState.Idle

        play(backend, scenario)

    def test_shielded_cleanup_works(self, backend: str) -> None:
        """Rule 19: inside shielded waits and updates work, outside they do not."""

        def scenario(process: Process) -> None:
            device = Clinger("C")
            process.add(device)
            call = Client(process).call("C", "cleans_up")
            process.view("C").abort()
            assert call.kind() == "Aborted"
            assert device.cleaned.value in ("", "shielded")

        play(backend, scenario)

    def test_a_zombie_changes_nothing(self, backend: str) -> None:
        """Rules 21, 22: quarantined, named in health, its updates without effect, also after a forced reset."""

        def scenario(process: Process) -> None:
            device = Clinger("C")
            process.add(device)
            view, client = process.view("C"), Client(process)
            call = client.call("C", "eats_everything")
            device_tries(process, device, 3)
            with pytest.raises(DeviceFailed, match=r"C\.eats_everything.*: expected to end within .* quarantined"):
                view.abort()
            assert call.kind() == "Aborted"
            assert view.state == DState.Fault
            assert "eats_everything does not obey" in view.health
            with pytest.raises(WrongState, match=r"reset\(force=True\)"):
                view.reset()
            view.reset(force=True)
            assert view.state == DState.Idle
            tries = device.tries.reading
            process.backend.sleep(0.1)
            assert device.tries.reading == tries
            other = client.call("C", "eats_exceptions")  # the device has a free lock and place
            device_tries(process, device, tries.value + 2)
            view.abort()
            assert other.kind() == "Aborted"
            device._over = True

        play(backend, scenario)

    def test_abort_of_a_parent_aborts_its_children(self, backend: str) -> None:
        """Rules 14, 20."""

        def scenario(process: Process) -> None:
            stage, counter = Stage("STAGE"), Counter("COUNT")
            process.add(stage)
            process.add(counter)
            process.add(Scan("SCAN", stage=stage, counter=counter))
            view, client = process.view("SCAN"), Client(process)
            view.configure(points=50)
            run = client.call("SCAN", "run")
            inbox = Inbox(process)
            process.listen(inbox, "SCAN")
            inbox.until(lambda _: view.completed_steps >= 1)
            view.abort()
            assert run.kind() == "Aborted"
            assert (view.state, counter.state.value) == (DState.Aborted, DState.Aborted)
            assert stage.state.value is DState.Idle
            view.reset()
            assert (view.state, counter.state.value) == (DState.Idle, DState.Idle)

        play(backend, scenario)

    def test_nothing_of_a_dead_call_comes_after_aborting(self, backend: str) -> None:
        """Rule 21: no change of a dead call has a higher sequence than Aborting."""

        def scenario(process: Process) -> None:
            device = Counter("COUNT")
            process.add(device)
            view, client = process.view("COUNT"), Client(process)
            view.configure(frames=500)
            inbox = Inbox(process)
            process.listen(inbox, "COUNT", every=True)
            run = client.call("COUNT", "run")
            inbox.until(lambda _: device.completed_steps.value >= 3)
            view.abort()
            assert run.kind() == "Aborted"
            states = [i for i in inbox.items if "state" in i[2] and i[2]["state"].value is DState.Aborting]
            steps = [i for i in inbox.items if "completed_steps" in i[2]]
            assert max(item[3] for item in steps) < states[0][3]

        play(backend, scenario)


def device_tries(process: Process, device: Clinger, wanted: int) -> None:
    """Wait until the device's method is on its way."""
    inbox = Inbox(process)
    listener = process.listen(inbox, device.name)
    inbox.until(lambda _: device.tries.value >= wanted)
    process.unlisten(listener)


def test_do_abort_that_fails_means_fault() -> None:
    """Rule 20: an Error and Fault."""

    class Broken(Device):
        def do_abort(self) -> None:
            raise OSError("no answer")

    def scenario(process: Process) -> None:
        process.add(Broken("B"))
        view = process.view("B")
        with pytest.raises(DeviceFailed, match="OSError: no answer"):
            view.abort()
        assert view.state == DState.Fault
        view.reset()
        assert view.state == DState.Idle

    play("threads", scenario)


def test_the_watchdog_names_the_method_that_holds_the_lock() -> None:
    """Rule 22: reported in health with method, file and line; cleared when it waits again."""
    import threading

    class Holder(Device):
        def __init__(self, name: str) -> None:
            super().__init__(name)
            self._go_on = threading.Event()

        @publish_method
        def hold(self) -> None:
            """Hold the lock without a wait."""
            self._go_on.wait(10)
            self.wait(30)

    def scenario(process: Process) -> None:
        device = Holder("H")
        process.add(device)
        call = Client(process).call("H", "hold")
        eventually(lambda: device.health.alarm.severity is Severity.MINOR, "the watchdog's report")
        assert "hold has held the lock for" in device.health.value
        assert "test_abort.py" in device.health.value  # though the thread is in threading.py
        device._go_on.set()
        eventually(lambda: device.health.value == "OK", "the end of the report")
        process.view("H").abort()
        assert call.kind() == "Aborted"

    play("threads", scenario, limits=Limits(watchdog=0.3))
