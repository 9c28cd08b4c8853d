"""Bounds on calls and threads, and code that hangs where an abort must come all the same (rules 13, 20, 22, 27)."""

from __future__ import annotations

import pytest

from macduff import Attribute, Device, DeviceFailed, DState, Process, VInt, WrongState, idle_task, publish_method
from macduff.errors import TooMany
from macduff.limits import Limits
from tests.support.play import BACKENDS, Client, Inbox, play

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


class Waiter(Device):
    """Waits."""

    begun = Attribute(VInt(), 0)

    @publish_method(busy="allow")
    def linger(self) -> None:
        """Wait for ever."""
        self.begun.update(self.begun.value + 1)
        self.wait(1e6)

    @publish_method(busy="allow")
    def starts_one_more(self) -> None:
        """Start what there is no room for."""
        self.start(self._nothing).result()

    def _nothing(self) -> None:
        self.wait(0)


def test_the_bound_on_open_calls(backend: str) -> None:
    """Rule 13: 512 in all, beyond that TooMany; an abort has workers of its own."""

    def scenario(process: Process) -> None:
        bound = process.limits.open_calls
        device = Waiter("W")
        process.add(device)
        client = Client(process)
        open_calls = [client.call("W", "linger") for _ in range(bound)]
        inbox = Inbox(process)
        process.listen(inbox, "W", initial_value=True)
        inbox.until(lambda _: device.begun.value == bound, timeout=40)
        with pytest.raises(TooMany, match=rf"W\.linger: expected at most {bound} open calls") as caught:
            client.call("W", "linger").result()
        assert (caught.value.device, caught.value.member, caught.value.allowed) == ("W", "linger", ("abort",))
        process.view("W").abort()
        assert {pending.kind() for pending in open_calls} == {"Aborted"}
        assert process._manager.open == 0

    if backend == "threads":
        play(backend, scenario)  # the real bound
    else:
        play(backend, scenario, seeds=range(3), limits=Limits(open_calls=20, reserved_workers=2, runnable_calls=3))


def test_there_is_no_room_for_what_a_call_starts(backend: str) -> None:
    """Rule 13: it counts too."""

    def scenario(process: Process) -> None:
        process.add(Waiter("W"))
        with pytest.raises(TooMany):
            process.view("W").starts_one_more()

    play(backend, scenario, seeds=range(3), limits=Limits(open_calls=1))


class Hanging(Device):
    """Hangs where Python cannot reach it, until the test lets go."""

    abort_grace = 0.3
    ticks = Attribute(VInt(), 0)
    hangs_in = ""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._go_on = False
        self._began = False

    def _hang(self, where: str) -> None:
        if self.hangs_in != where or self._go_on:
            return
        self._began = True
        while not self._go_on:
            self._backend_needed().sleep(0.02)

    def do_connect(self) -> None:
        self._hang("connect")

    @idle_task(period=0.05)
    def tick(self) -> None:
        self._hang("idle")
        self.ticks.update(self.ticks.value + 1)

    @publish_method
    def hold(self) -> None:
        """Hang."""
        self._hang("method")

    @publish_method(busy="allow")
    def count(self) -> None:
        """Something ordinary."""
        self.ticks.update(self.ticks.value + 1)


def hanging(process: Process, where: str) -> Hanging:
    device: Hanging = type("Hanging", (Hanging,), {"hangs_in": where, "__module__": __name__})("H")
    process.add(device)
    asked = False
    for _ in range(500):
        if device._began:
            return device
        if where == "method" and not device._machine.connecting and not asked:
            asked = True
            Client(process).call("H", "hold")
        process.backend.sleep(0.01)
    raise AssertionError("it does not hang")


@pytest.mark.parametrize("where", ["connect", "idle"])
def test_an_abort_frees_a_device_from_what_hangs(backend: str, where: str) -> None:
    """Rules 20, 22: also from do_connect and idle tasks: quarantined, and done again after a forced reset."""

    def scenario(process: Process) -> None:
        device = hanging(process, where)
        view = process.view("H")
        with pytest.raises(DeviceFailed, match="quarantined"):
            view.abort()
        assert view.state == DState.Fault
        with pytest.raises(WrongState, match=r"reset\(force=True\)"):
            view.reset()
        with pytest.raises(WrongState):
            view.hold()
        ticks = device.ticks.value
        device._go_on = True
        view.reset(force=True)
        inbox = Inbox(process)
        process.listen(inbox, "H", initial_value=True)
        # An idle task may go before do_connect is done again; the next tick tells us to look.
        inbox.until(
            lambda _: device.health.value == "OK" and device.ticks.value > ticks and not device._machine.connecting
        )
        view.count()
        view.abort()  # what was quarantined is forgiven
        assert view.state == DState.Idle

    play(backend, scenario, seeds=range(4))


def test_who_only_waits_for_the_lock_is_not_quarantined(backend: str) -> None:
    """Rule 22: only what disobeys is; a call that waits for the lock which that one holds ends by itself."""

    def scenario(process: Process) -> None:
        device = hanging(process, "method")
        waiting = Client(process).call("H", "count")
        process.backend.sleep(0.05)
        with pytest.raises(DeviceFailed, match=r"^H\.hold: expected to end within"):
            process.view("H").abort()
        assert waiting.kind() == "Aborted"
        assert [call.name for call in device._machine.zombies] == ["hold"]
        device._go_on = True
        process.backend.sleep(0.2)
        assert device._machine.zombies == []

    play(backend, scenario, seeds=range(4))


def test_an_abort_ends_a_call_that_waits_for_a_place(backend: str) -> None:
    """Rules 13, 20: of the runnable calls another may hog all places."""

    def scenario(process: Process) -> None:
        hog = hanging(process, "method")
        process.add(Waiter("W"))
        call = Client(process).call("W", "linger")
        process.backend.sleep(0.05)
        process.view("W").abort()
        assert call.kind() == "Aborted"
        assert process.devices["W"].state.value is DState.Idle
        hog._go_on = True

    play(backend, scenario, seeds=range(4), limits=Limits(runnable_calls=1))


def test_so_many_quarantined_threads_are_replaced(backend: str) -> None:
    """Rule 22: at most 16 a Process; beyond that they count against the pool, and the Process says so."""

    def scenario(process: Process) -> None:
        device = hanging(process, "method")
        for number in range(3):
            if number:
                Client(process).call("H", "hold")
                process.backend.sleep(0.1)
            with pytest.raises(DeviceFailed):
                process.view("H").abort()
            process.view("H").reset(force=True)
        assert process.devices["."].health.value.startswith("3 quarantined threads, of which 2 were replaced")
        assert process._manager.pool._given_up == 2
        device._go_on = True
        process.backend.sleep(0.3)
        assert process._manager.pool._given_up == 0
        assert process.devices["."].health.value == "OK"

    play(backend, scenario, seeds=range(3), limits=Limits(quarantined_threads=2))


def test_idle_tasks_of_a_device_run_one_at_a_time_and_all(backend: str) -> None:
    """Rule 27."""

    class Two(Device):
        ticks = Attribute(VInt(), 0)
        inside = Attribute(VInt(), 0)

        def _once(self, which: int) -> None:
            assert self.inside.value == 0
            self.inside.update(which)
            self.wait(0.01)
            self.inside.update(0)
            self._seen.add(which)

        def __init__(self, name: str) -> None:
            super().__init__(name)
            self._seen: set[int] = set()

        @idle_task(period=0.05)
        def first(self) -> None:
            self._once(1)

        @idle_task(period=0.05)
        def second(self) -> None:
            self._once(2)

    def scenario(process: Process) -> None:
        device = Two("T")
        process.add(device)
        inbox = Inbox(process)
        process.listen(inbox, "T", initial_value=True)
        inbox.until(lambda _: device._seen == {1, 2})
        assert device.health.value == "OK"

    play(backend, scenario, seeds=range(5))
