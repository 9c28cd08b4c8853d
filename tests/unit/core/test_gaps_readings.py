"""Readings and changes, sentence by sentence (rules 1 to 4, 6, 7)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from macduff import Attribute, Device, DeviceFailed, MacduffError, Process, VAction, VInt, publish_method
from macduff.core import SourceContext
from macduff.limits import DEFAULTS, Limits
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.test_gaps_support import Kept, Meter, readings

backends = pytest.mark.parametrize("backend", BACKENDS)


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
        reading.value = 3  # type: ignore[misc]  # what must not be done
    with pytest.raises(AttributeError):
        reading.alarm.message = "x"  # type: ignore[misc]  # what must not be done


@backends
def test_without_a_listener_nothing_is_appended(backend: str) -> None:
    """Rule 2: the lane stays empty; a thread reads its own writes at once; of an unheard attribute nothing is told."""

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        with Kept(process):
            for value in range(1, 50):
                meter.a.update(value)
                assert meter.a.value == value
            assert (len(process._lane), len(meter._unpublished)) == (0, 0)
        inbox = Inbox(process)
        process.listen(inbox, "M", "a", initial_value=True)
        inbox.until(lambda items: len(items) == 1)
        with Kept(process):
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
        with Kept(process):
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
        with Kept(process):
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


@backends
def test_what_a_source_tells_of_a_removed_device_is_counted_and_seen(backend: str, caplog: Any) -> None:
    """Rules 3, 6: the Process has the sum, which /metrics shows; a line for each device says why."""

    class Chatty(Silent):
        def bind(self, context: SourceContext) -> Chatty:
            self.context = context
            return self

    def scenario(process: Process) -> None:
        caplog.clear()
        for name in ("A", "B"):
            source = Chatty()
            process.add(type("Sourced", (Device,), {"level": Attribute(VInt(), source=source)})(name))
            source.context.update(3)
            process.remove(name)
            for value in (4, 5):
                source.context.update(value)
            source.context.invalid("it is gone")
            assert source.context.target.value == 3
        assert process.dropped == 6
        assert [record.message for record in caplog.records if "dropped" in record.message] == [
            f"{name}: it was removed, and what its sources go on telling is dropped" for name in ("A", "B")
        ]

    with caplog.at_level("DEBUG", "macduff.device"):
        play(backend, scenario, seeds=range(2))
