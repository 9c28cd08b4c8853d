"""A shield and the grace that end at the same moment (rules 12, 19, 20, 22)."""

from __future__ import annotations

import pytest

from macduff import Attribute, Device, DeviceFailed, DState, Process, VInt, publish_method
from macduff.limits import Limits
from tests.support.play import BACKENDS, Client, play
from tests.unit.core.test_gaps_support import until

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


@pytest.mark.parametrize("ended_by", ["abort", "go"])
def test_a_shield_that_lasts_as_long_as_the_grace_is_no_disobedience(backend: str, ended_by: str) -> None:
    """Rules 12, 19, 20: it is told to end when the grace is over, not before; no Fault, and no Busy."""

    class Long(Device):
        abort_grace = 0.3
        begun = Attribute(VInt(), 0)

        @publish_method(busy="replace")
        def go(self, target: int) -> None:
            if target:
                return
            try:
                self.begun.update(1)
                self.wait(100)
            finally:
                with self.shielded(50):
                    self.wait(50)

    def scenario(process: Process) -> None:
        device = Long("L")
        process.add(device)
        client = Client(process)
        first = client.call("L", "go", target=0)
        until(process, lambda: device.begun.value)
        client.call("L", ended_by, **({"target": 1} if ended_by == "go" else {})).result()
        assert first.kind() == {"abort": "Aborted", "go": "Superseded"}[ended_by]
        assert (device.state.value, device.health.value) == (DState.Idle, "OK")

    for _ in range(1 if backend == "simulated" else 4):  # it was a race
        play(backend, scenario, seeds=range(60))


def test_a_call_that_clings_in_a_shield_is_quarantined_a_moment_later(backend: str) -> None:
    """Rules 19, 20, 22: a shield is no way round; the one more moment comes once."""

    class Clings(Device):
        abort_grace = 0.1
        begun = Attribute(VInt(), 0)
        _over = False

        @publish_method
        def go(self) -> None:
            self.begun.update(1)
            while not self._over:
                with self.shielded(50):
                    self._backend_needed().sleep(0.01)

    def scenario(process: Process) -> None:
        device = Clings("C")
        process.add(device)
        call = Client(process).call("C", "go")
        until(process, lambda: device.begun.value)
        began = process.backend.clock.monotonic()
        with pytest.raises(DeviceFailed, match="quarantined"):
            process.view("C").abort()
        assert 0.29 < process.backend.clock.monotonic() - began < 1.5
        assert call.kind() == "Aborted"
        assert device.state.value is DState.Fault
        device._over = True
        until(process, lambda: not device._machine.zombies)

    play(backend, scenario, seeds=range(5), limits=Limits(shield_leave=0.2))
