"""Readings and changes (rules 1 to 6), and what device code may not do."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from macduff import (
    Attribute,
    BadValue,
    Device,
    MacduffError,
    Overrun,
    Process,
    Severity,
    TimedOut,
    VArray,
    VDouble,
    VInt,
    publish_method,
)
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.devices import Stage


class Meter(Device):
    """Reads."""

    level = Attribute(VDouble(units="V", warning=(0, 5), alarm=(-1, 10)), 1.0)
    a = Attribute(VInt(), 0)
    b = Attribute(VInt(), 0)
    trace = Attribute(VArray("float64"))
    gain = Attribute(VInt(), 1)

    @gain.on_put
    def _set_gain(self, gain: int) -> None:
        if gain == 13:
            raise ValueError("unlucky")
        self.wait(0.01)
        self.gain.update(gain)

    @publish_method
    def twice(self) -> int:
        """Set the gain from inside."""
        self.gain.put(self.gain.value * 2)
        return self.gain.value

    @publish_method
    def count(self, number: int) -> list[int]:
        """Watch own changes."""
        with self.watch(self.a) as watch:
            for _ in range(number):
                self.a.update(self.a.value + 1)
            return [watch.next(timeout=1) for _ in range(number)]

    @publish_method
    def nothing_comes(self) -> None:
        """Wait in vain."""
        with self.watch(self.a) as watch:
            watch.next(timeout=0.05)

    @publish_method
    def wait_for_b(self) -> int:
        """Until b is above 2."""
        return self.b.wait_for(lambda value: value > 2, timeout=10)

    @publish_method
    def report(self) -> list[str]:
        """Which changes woke it."""
        self.a.update(99)
        return sorted(self.report_wait("waiting for b", timeout=10))


def test_update_validates_and_a_bad_value_changes_nothing() -> None:
    """Rules 2, 31."""
    meter = Meter("M")
    before = meter.level.reading
    for bad in ("3", True, None, 2 + 3j):
        with pytest.raises(BadValue, match=r"M\.level: expected .*, got"):
            meter.level.update(bad)  # type: ignore[arg-type]  # the wrong value that is tested
    assert meter.level.reading == before
    meter.level.update(2)
    assert (meter.level.value, type(meter.level.value)) == (2.0, float)


def test_alarms_follow_the_ranges() -> None:
    """Design 4: warning and alarm limits raise the severity by themselves."""
    meter = Meter("M")
    for value, severity in ((1.0, Severity.NONE), (6.0, Severity.MINOR), (11.0, Severity.MAJOR), (0.0, Severity.NONE)):
        meter.level.update(value)
        assert meter.level.alarm.severity is severity


def test_update_takes_the_hardware_time_and_alarm() -> None:
    """Rule 4."""
    meter = Meter("M")
    meter.a.update(4, time=123)
    assert meter.a.reading[:4:2] == (4, 123)
    sequence = meter.a.reading.sequence
    meter.a.update(4)
    assert meter.a.time > 123
    assert meter.a.reading.sequence == sequence + 1


def test_arrays_are_copied_unless_owned() -> None:
    """Rule 1."""
    meter = Meter("M")
    mine = np.arange(4.0)
    meter.trace.update(mine)
    mine[0] = 7
    assert meter.trace.value[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        meter.trace.value[0] = 1
    meter.trace.update(mine, owned=True)
    assert np.shares_memory(meter.trace.value, mine)


def test_assignments_are_refused_with_a_sentence_that_helps() -> None:
    """Design 1."""
    meter = Meter("M")
    with pytest.raises(AttributeError, match=r"M\.a: expected a\.update\(\.\.\.\) .* write self\.a\.update\(3\)"):
        meter.a = 3  # type: ignore[assignment]  # what must not be done
    with pytest.raises(AttributeError, match=r"got 'levle'; did you mean 'level'\?"):
        meter.levle = 3
    with pytest.raises(AttributeError, match="expected nothing to be assigned"):
        meter.twice = 3  # type: ignore[assignment]  # what must not be done
    meter._private = 3


def test_reserved_and_clashing_names_are_refused_where_the_class_is_defined() -> None:
    """Rule 34."""
    with pytest.raises(TypeError, match="keeps for itself"):
        type("A", (Device,), {"meta": Attribute(VInt())})
    with pytest.raises(TypeError, match="_RBV"):
        type("A", (Device,), {"x_rbv": Attribute(VInt())})
    with pytest.raises(TypeError, match="differ in more than case"):
        type("A", (Device,), {"x": Attribute(VInt()), "X": Attribute(VInt())})


def test_an_unannotated_method_is_refused_where_the_class_is_defined() -> None:
    with pytest.raises((TypeError, RuntimeError)) as caught:

        class Bad(Device):
            @publish_method
            def go(self, target) -> None:  # type: ignore[no-untyped-def]  # what must not be left out
                """Go."""

    assert "expected an annotation" in str(caught.value) + str(caught.value.__cause__)


@pytest.mark.parametrize("backend", BACKENDS)
class TestInAProcess:
    def test_setters(self, backend: str) -> None:
        """Rule 24; design 1: a put from outside goes to on_put, one from inside is a plain call of it."""

        def scenario(process: Process) -> None:
            process.add(Meter("M"))
            view = process.view("M")
            view.gain = 5
            assert (view.gain, view.attributes["gain"].setpoint) == (5, 5)
            assert view.twice() == 10
            with pytest.raises(MacduffError, match="ValueError: unlucky"):
                view.gain = 13

        play(backend, scenario)

    def test_watch_sees_each_change_in_order(self, backend: str) -> None:
        """Rule 10."""

        def scenario(process: Process) -> None:
            process.add(Meter("M"))
            assert list(process.view("M").count(50)) == list(range(1, 51))
            with pytest.raises(TimedOut, match=r"M\.a: expected a change within 0\.05 s"):
                process.view("M").nothing_comes()

        play(backend, scenario)

    def test_wait_for_is_woken_by_an_author_thread(self, backend: str) -> None:
        """Rule 3: author's own threads carry no call."""

        def scenario(process: Process) -> None:
            meter = Meter("M")
            process.add(meter)
            pending = Client(process).call("M", "wait_for_b")

            def count() -> None:
                for value in range(1, 6):
                    meter.b.update(value)

            process.backend.spawn(count, "author")
            assert pending.result() in (3, 4, 5)

        play(backend, scenario)

    def test_report_wait_returns_what_others_changed(self, backend: str) -> None:
        """Rule 9: the call's own updates and the status do not wake it."""

        def scenario(process: Process) -> None:
            meter = Meter("M")
            process.add(meter)
            inbox = Inbox(process)
            process.listen(inbox, "M", "status")
            pending = Client(process).call("M", "report")
            inbox.until(lambda items: any(item[2].get("status", ("",))[0] == "waiting for b" for item in items))
            process.backend.spawn(lambda: meter.b.update(1), "author")
            assert list(pending.result()) == ["b"]

        play(backend, scenario)

    def test_pairs_are_never_seen_half(self, backend: str) -> None:
        """Rule 4: update(**many) and snapshot take the mutex once; listeners see whole sets."""

        def scenario(process: Process) -> None:
            meter = Meter("M")
            process.add(meter)
            inbox = Inbox(process)
            process.listen(inbox, "M", initial_value=True)
            inbox.until(lambda items: len(items) == 1)

            def write() -> None:
                for value in range(1, 100):
                    meter.update(a=value, b=value)

            task = process.backend.spawn(write, "author")
            while task.alive:
                snapshot = meter.snapshot("a", "b")
                assert snapshot["a"].value == snapshot["b"].value
                process.backend.sleep(0.001)
            inbox.until(lambda items: items[-1][0].name == "Changes" and items[-1][2].get("a", (0,))[0] == 99)
            pairs = [
                (i[2]["a"].value, i[2]["b"].value)
                for i in inbox.items
                if "a" in (i[2] if i[0].name == "Changes" else {})
            ]
            assert all(a == b for a, b in pairs)
            assert pairs == sorted(pairs)

        play(backend, scenario)

    def test_every_delivers_each_change_and_counts_gaps(self, backend: str) -> None:
        """Rule 6: nothing is merged for `every`; beyond its bound the oldest go, counted."""

        def scenario(process: Process) -> None:
            meter = Meter("M")
            process.add(meter)
            every, latest = Inbox(process), Inbox(process)
            process.listen(every, "M", "a", every=True)
            process.listen(latest, "M", "a", initial_value=True)
            latest.until(lambda items: len(items) == 1)
            for value in range(1, 501):
                meter.a.update(value)
            every.until(lambda items: bool(items) and items[-1][2]["a"].value == 500)
            assert [item[2]["a"].value for item in every.items] == list(range(1, 501))
            latest.until(lambda items: items[-1][0].name == "Changes" and items[-1][2]["a"].value == 500)

        play(backend, scenario)


def test_a_slow_watcher_gets_overrun() -> None:
    """Rule 6: 10 000 are kept, then the oldest go, counted, and the watcher is told."""

    class Slow(Device):
        a = Attribute(VInt(), 0)

        @publish_method
        def go(self) -> int:
            """Watch too many."""
            with self.watch(self.a) as watch:
                for value in range(10_050):
                    self.a.update(value)
                self.wait(0.2)  # everything is delivered by then
                try:
                    watch.next(timeout=5)
                except Overrun:
                    return watch.next()
                return -1

    def scenario(process: Process) -> None:
        process.add(Slow("S"))
        assert process.view("S").go() == 50

    play("threads", scenario)


def test_concurrent_updates_are_published_in_order() -> None:
    """Rule 2: no notification out of order, on real threads at a tiny switch interval."""
    import sys

    def scenario(process: Process) -> None:
        meter = Meter("M")
        process.add(meter)
        inbox = Inbox(process)
        process.listen(inbox, "M", "a", initial_value=True, every=True)
        inbox.until(lambda items: len(items) == 1)
        inbox.items.clear()

        def write() -> None:
            for _ in range(2000):
                meter.a.update(meter.a.value + 1)

        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        inbox.until(lambda items: len(items) == 8000)
        sequences = [item[3] for item in inbox.items]
        assert sequences == sorted(sequences)
        assert len(set(sequences)) == 8000

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        play("threads", scenario)
    finally:
        sys.setswitchinterval(before)


def test_another_device_may_not_update_ours() -> None:
    """Rule 3: a device never updates another device's attribute."""

    class Meddler(Device):
        def __init__(self, name: str, stage: Stage) -> None:
            super().__init__(name)
            self._stage = stage

        @publish_method
        def meddle(self) -> None:
            """Try it."""
            self._stage.position.update(3.0)

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        process.add(Meddler("X", stage))
        with pytest.raises(MacduffError, match=r"STAGE\.position: expected an update by its own device, got one by X"):
            process.view("X").meddle()
        assert stage.position.value == 0

    play("threads", scenario)
