"""Readings, changes and their order, sentence by sentence (rules 1 to 7)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from macduff import Attribute, Device, DeviceFailed, MacduffError, Process, VAction, VInt, publish_method
from macduff.core import SourceContext
from macduff.limits import DEFAULTS, Limits
from tests.support.play import BACKENDS, Client, Inbox, play

backends = pytest.mark.parametrize("backend", BACKENDS)


class Meter(Device):
    """Counts, and asks."""

    a = Attribute(VInt(), 0)
    b = Attribute(VInt(), 0)
    wish = Attribute(VInt(), 0, writable=True)
    go_on = Attribute(VInt(), 0)

    @publish_method
    def count(self, to: int) -> int:
        """Count without a wait."""
        for value in range(1, to + 1):
            self.a.update(value)
        return self.a.value

    @publish_method(busy="replace")
    def give(self, value: int) -> int:
        """Return it."""
        return value


class Held:
    """The Process thread does nothing from where this was made, in the order of requests, to its end."""

    def __init__(self, process: Process) -> None:
        self._held, self._go_on = process.backend.flag(), process.backend.flag()
        process._post(self._hold)

    def _hold(self) -> None:
        self._held.set()
        self._go_on.wait(20)

    def __enter__(self) -> None:
        assert self._held.wait(20)

    def __exit__(self, *_: object) -> None:
        self._go_on.set()


def ended(device: Device, process: Process) -> None:
    """Wait until the code of every call of the device has ended, whatever the Process knows of it."""
    for _ in range(1000):
        if all(call.outcome is not None and not call.holds for call in device._machine.calls):
            return
        process.backend.sleep(0.01)
    raise AssertionError("it goes on")


def readings(inbox: Inbox, name: str) -> list[Any]:
    return [item[2][name] for item in inbox.items if item[0].name == "Changes" and name in item[2]]


def test_reading_a_value_takes_no_lock() -> None:
    """Rule 1: `.value` never waits and never locks, not even while somebody else has mutex and lock."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        got: list[int] = []
        with meter._mutex:
            reader = threading.Thread(target=lambda: got.extend([meter.a.value, meter.a.setpoint]))
            reader.start()
            reader.join(10)
        assert got == [0, 0]

    play("threads", scenario)


def test_a_reading_cannot_be_changed() -> None:
    """Rule 1."""
    reading = Meter("M").a.reading
    with pytest.raises(AttributeError):
        reading.value = 3  # type: ignore[misc]
    with pytest.raises(AttributeError):
        reading.alarm.message = "x"  # type: ignore[misc]


@backends
def test_without_a_listener_nothing_is_appended(backend: str) -> None:
    """Rule 2: the lane stays empty; a thread reads its own writes at once; of an unheard attribute nothing is told."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        with Held(process):
            for value in range(1, 50):
                meter.a.update(value)
                assert meter.a.value == value
            assert (len(process._lane), len(meter._unpublished)) == (0, 0)
        inbox = Inbox(process)
        process.listen(inbox, "M", "a", initial_value=True)
        inbox.until(lambda items: len(items) == 1)
        with Held(process):
            meter.b.update(7)
            assert len(process._lane) == 0
            meter.a.update(7)
            assert len(process._lane) == 1

    play(backend, scenario, seeds=range(5))


@backends
def test_between_two_barriers_one_entry_per_attribute(backend: str) -> None:
    """Rule 6: the change lane is merged, newest wins, however long the Process is kept."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        inbox = Inbox(process)
        process.listen(inbox, "M", initial_value=True)
        inbox.until(lambda items: len(items) == 1)
        with Held(process):
            for value in range(1, 1000):
                meter.update(a=value, b=-value)
            assert len(process._lane) == 1
            (segment,) = meter._unpublished
            assert {attribute.name for attribute in segment.latest} == {"a", "b"}
            assert not segment.every
        inbox.until(lambda items: bool(readings(inbox, "a")))
        assert [reading.value for reading in readings(inbox, "a")] == [999]

    play(backend, scenario, seeds=range(5))


@backends
def test_equal_values_have_new_times_and_are_told(backend: str) -> None:
    """Rule 4: subscribers of the attribute see an equal value, and each one under `every`."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        latest, every = Inbox(process), Inbox(process)
        process.listen(latest, "M", "a", initial_value=True)
        process.listen(every, "M", "a", initial_value=True, every=True)
        every.until(lambda items: len(items) == 1)
        for stamp in (11, 12, 13):
            meter.a.update(5, time=stamp)
        every.until(lambda items: len(items) == 4)
        assert [(r.value, r.time) for r in readings(every, "a")] == [(5, 11), (5, 12), (5, 13)]
        latest.until(lambda items: bool(readings(latest, "a")) and readings(latest, "a")[-1].time == 13)

    play(backend, scenario, seeds=range(8))


@backends
def test_every_subscriber_of_a_value_sees_each_equal_one(backend: str) -> None:
    """Rule 4."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        every = Inbox(process)
        process.listen(every, "M", "a.value", initial_value=True, every=True)
        every.until(lambda items: len(items) == 1)
        for _ in range(3):
            meter.a.update(0)
        every.until(lambda items: len(items) == 4)
        assert [reading.value for reading in readings(every, "a")] == [0, 0, 0]

    play(backend, scenario, seeds=range(5))


@backends
def test_beyond_its_bound_every_is_told_of_the_gap(backend: str) -> None:
    """Rule 6: the oldest go, counted; Overrun comes first, then what is left, in order. 10 000 by default."""
    assert DEFAULTS.every_changes == 10_000

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        every, latest = Inbox(process), Inbox(process)
        process.listen(latest, "M", "a")
        process.listen(every, "M", every=True, initial_value=True)
        every.until(lambda items: len(items) == 1)
        with Held(process):
            for value in range(1, 26):
                meter.a.update(value)
            meter.b.update(1)
        every.until(lambda items: bool(readings(every, "b")))
        (gap,) = [item for item in every.items if item[0].name == "Overrun"]
        assert gap[1:] == ("M", "a", 15)
        assert every.items.index(gap) == 1
        assert [reading.value for reading in readings(every, "a")] == list(range(16, 26))
        assert [reading.value for reading in readings(latest, "a")] == [25]
        assert not [item for item in latest.items if item[0].name == "Overrun"]

    play(backend, scenario, seeds=range(5), limits=Limits(every_changes=10))


@backends
def test_the_first_decision_wins(backend: str) -> None:
    """Rule 5: what was decided before the end of a call was read is its reply, although the call returned a value."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        client = Client(process)
        decisions: list[tuple[str, dict[str, int]]] = [("abort", {}), ("give", {"value": 2})]
        for decision, arguments in decisions:
            with Held(process):
                first = client.call("M", "give", value=1)
                again = Held(process)  # comes right behind the acceptance of the call
            with again:
                ended(meter, process)
                assert not first.outcomes
                by = client.call("M", decision, **arguments)
            by.result()
            assert first.kind() in ("Aborted", "Superseded")

    play(backend, scenario, seeds=range(20))


@backends
def test_an_abort_overtakes_changes(backend: str) -> None:
    """Rule 5: abort travels in the control lane, which is drained first."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        inbox = Inbox(process)
        process.listen(inbox, "M", every=True, initial_value=True)
        inbox.until(lambda items: len(items) == 1)
        with Held(process):
            meter.a.update(1)
            before = meter.a.reading.sequence
            call = Client(process).call("M", "abort")
        assert call.kind() == "ok"
        states = readings(inbox, "state")
        assert [reading.value.value for reading in states] == ["Aborting", "Idle"]
        assert states[0].sequence > before
        sequences = [item[3] for item in inbox.items]
        assert sequences == sorted(sequences)

    play(backend, scenario, seeds=range(8))


@backends
def test_a_late_listener_gets_nothing_older(backend: str) -> None:
    """Rule 5: what waits in the lane went to the others; the new one has it in its first value."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        old, new = Inbox(process), Inbox(process)
        process.listen(old, "M", initial_value=True)
        old.until(lambda items: len(items) == 1)
        with Held(process):
            meter.update(a=1, b=1)
            process.listen(new, "M", initial_value=True)
            meter.update(a=2, b=2)
        meter.a.update(3)
        for inbox in (old, new):
            inbox.until(lambda items: bool(items) and items[-1][3] == meter.a.reading.sequence)
        (_, _, _, first) = new.items[0]
        assert new.items[0][0].name == "Value"
        assert all(reading.sequence > first for name in "ab" for reading in readings(new, name))
        assert readings(old, "a")[-1].value == 3

    play(backend, scenario, seeds=range(20))


@backends
def test_a_reply_is_behind_the_changes_it_made(backend: str) -> None:
    """Rule 5: of a method, and of a put that is nothing but a value, while the Process is behind."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        inbox = Inbox(process)
        process.listen(inbox, "M", initial_value=True)
        inbox.until(lambda items: len(items) == 1)
        seen: list[tuple[str, int]] = []
        flag = process.backend.flag()

        def done(outcome: Any) -> None:
            seen.append((str(outcome.value), len(inbox.items)))
            if len(seen) == 2:
                flag.set()

        with Held(process):
            process.request_call("M", "count", {"to": 7}, done)
            process.request_put("M", {"wish": 3}, done)
        assert flag.wait(20)
        (put, call) = sorted(seen, key=lambda entry: entry[0] != "None")
        assert any("wish" in item[2] for item in inbox.items[1 : put[1]])
        assert any("a" in item[2] and item[2]["a"].value == 7 for item in inbox.items[1 : call[1]])
        assert [r.value.value for r in readings(inbox, "state")] == ["Running", "Idle"]

    play(backend, scenario, seeds=range(8))


class Silent:
    """A source that says nothing."""

    writable = True

    def simulated(self) -> Silent:
        return self

    def bind(self, context: SourceContext) -> Silent:
        return self

    def start(self) -> None: ...
    def put(self, value: Any, done: Callable[[MacduffError | None], None]) -> None: ...
    def close(self) -> None: ...


@backends
def test_only_its_source_updates_an_attribute_that_has_one(backend: str) -> None:
    """Rules 3, 7: also in update(**many); before its first word it has its type's zero, INVALID."""

    class Sourced(Device):
        level = Attribute(VInt(), source=Silent())
        other = Attribute(VInt(), 0)
        button = Attribute(VAction(), source=Silent())

        @publish_method
        def one(self) -> None:
            self.level.update(3)

        @publish_method
        def many(self) -> None:
            self.update(other=3, level=3)

    def scenario(process: Process) -> None:
        device = Sourced("S")
        process.add(device)
        for method in ("one", "many"):
            with pytest.raises(DeviceFailed, match=r"S\.level: its value comes from .*put\(3\) asks for a change"):
                Client(process).call("S", method).result()
        assert (device.level.value, device.other.value) == (0, 0)
        assert (device.level.alarm.severity.name, device.level.alarm.message) == ("INVALID", "never connected")
        assert device.button.alarm.message == "never connected"

    play(backend, scenario, seeds=range(2))


@backends
def test_a_thread_of_the_authors_own_carries_no_call(backend: str) -> None:
    """Rules 3, 11: started by a method, it goes on updating when that has ended and another was aborted."""

    class Sdk(Device):
        ticks = Attribute(VInt(), 0)

        @publish_method
        def begin(self) -> None:
            self._go_on = self._backend_needed().flag()

            def deliver() -> None:
                assert self._local.call is None
                self._go_on.wait(20)
                self.ticks.update(5)

            self._backend_needed().spawn(deliver, "SDK")
            self.wait(100)

    def scenario(process: Process) -> None:
        device = Sdk("S")
        process.add(device)
        inbox = Inbox(process)
        process.listen(inbox, "S", "ticks")
        call = Client(process).call("S", "begin")
        for _ in range(1000):
            if hasattr(device, "_go_on"):
                break
            process.backend.sleep(0.01)
        process.view("S").abort()
        assert call.kind() == "Aborted"
        device._go_on.set()
        inbox.until(lambda items: bool(items))
        assert device.ticks.value == 5

    play(backend, scenario, seeds=range(5))
