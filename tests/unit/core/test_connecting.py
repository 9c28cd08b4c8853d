"""Many devices that connect at once leave everybody else the workers that are theirs (rule 13)."""

from __future__ import annotations

from functools import partial

import pytest

from macduff import ConfigurableDevice, Device, DState, Process, publish_method
from macduff.limits import Limits
from tests.support.play import BACKENDS, Client, play
from tests.unit.core.test_gaps_support import until

pytestmark = pytest.mark.parametrize("backend", BACKENDS)
FEW = Limits(open_calls=2, reserved_workers=2)


class Hangs(Device):
    """Connects when the test lets it."""

    def __init__(self, name: str, begun: list[str]) -> None:
        super().__init__(name)
        self._begun = begun
        self._over = False

    def do_connect(self) -> None:
        self._begun.append(self.name)
        while not self._over:
            self._backend_needed().sleep(0.01)

    @publish_method
    def works(self) -> bool:
        return True


class Moves(Device):
    """Has something to abort."""

    @publish_method
    def move(self) -> None:
        self.wait(1e6)


def hanging(process: Process, number: int) -> tuple[list[Hangs], list[str]]:
    """Devices whose do_connect hangs, and the names of those that have begun."""
    begun: list[str] = []
    devices = [Hangs(f"H{n}", begun) for n in range(number)]
    for device in devices:
        process.add(device)
    return devices, begun


def test_connects_leave_aborts_their_workers(backend: str) -> None:
    """Rule 13: they are put off when there is no room for one more call."""

    def scenario(process: Process) -> None:
        process.add(Moves("M"))
        client = Client(process)
        move = client.call("M", "move")
        devices, begun = hanging(process, 4)
        until(process, lambda: begun)
        assert client.call("M", "abort").kind() == "ok"
        assert move.kind() == "Aborted"
        assert process.devices["M"].state.value is DState.Idle
        for device in devices:
            device._over = True
        until(process, lambda: not any(device._machine.connecting for device in devices))

    play(backend, scenario, seeds=range(5), limits=FEW)


def test_connects_that_were_put_off_come_in_turn(backend: str) -> None:
    """Rule 13: each as soon as there is room; nobody is told of an error, and one that was removed is passed over."""

    def scenario(process: Process) -> None:
        devices, begun = hanging(process, 5)
        until(process, lambda: len(begun) == 2)
        process.remove("H2")
        process.backend.sleep(0.05)
        assert sorted(begun) == ["H0", "H1"]
        devices[1]._over = True
        until(process, lambda: len(begun) == 3)
        assert begun[2] == "H3"
        for device in devices:
            device._over = True
        until(process, lambda: len(begun) == 4)
        until(process, lambda: not devices[4]._machine.connecting)
        assert {device.health.value for device in devices} == {"OK"}
        assert process.view("H4").works() is True

    play(backend, scenario, seeds=range(5), limits=FEW)


def test_what_was_put_off_is_not_begun_when_the_process_stops(backend: str) -> None:
    """Rule 28: room that the end makes is not for connecting."""
    begun: list[str] = []

    def scenario(process: Process) -> None:
        process.add(Moves("M"))
        process.add(Moves("N"))
        for name in ("M", "N"):
            Client(process).call(name, "move")
        process.add(Hangs("H", begun))
        process.stop()
        assert begun == []

    play(backend, scenario, seeds=range(5), limits=FEW)


def test_a_reset_does_not_multiply_the_attempts(backend: str) -> None:
    """Rule 27: the attempt that a reset makes is in the place of the one that was to come."""

    class Dead(ConfigurableDevice):
        def do_connect(self) -> None:
            attempts.append(self.clock.monotonic())
            raise OSError("nobody there")

    attempts: list[float] = []

    def enough(number: int) -> bool:
        return len(attempts) >= number

    def scenario(process: Process) -> None:
        attempts.clear()
        device = Dead("D")
        process.add(device)
        for number in range(1, 4):
            until(process, partial(enough, number))
            process.view("D").abort()
            process.view("D").reset()
            assert device.state.value is DState.Idle
        until(process, partial(enough, 4))
        begin = len(attempts)
        process.backend.sleep(2.5)
        assert len(attempts) - begin <= 3

    limits = Limits(connect_retry_first=1.0, connect_retry_most=1.0)
    play(backend, scenario, seeds=range(5), limits=limits)
