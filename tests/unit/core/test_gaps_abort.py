"""Abort, sentence by sentence (rules 20, 21)."""

from __future__ import annotations

import pytest

from macduff import (
    Attribute,
    Child,
    Device,
    DeviceFailed,
    DState,
    MacduffError,
    Process,
    VInt,
    publish_method,
)
from macduff.limits import DEFAULTS
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.test_gaps_support import until

backends = pytest.mark.parametrize("backend", BACKENDS)


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
