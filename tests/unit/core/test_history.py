"""The history of an attribute: every reading, oldest first, as far back as there is room (decision 20)."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest

from macduff import (
    Attribute,
    BadValue,
    Device,
    Process,
    Severity,
    VAction,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VInt,
    VString,
    VTable,
)
from macduff.core.keeping import INTERVAL
from macduff.values import Alarm, AlarmStatus
from tests.support.play import BACKENDS, play

SECOND = 1_000_000_000


class Bench(Device):
    """One attribute of each kind."""

    number = Attribute(VDouble(units="mm", warning=(-10, 10)), 0.5)
    plain = Attribute(VDouble(), 0.0)
    count = Attribute(VInt(signed=False), 0)
    speed = Attribute(VEnum(("slow", "fast")), "slow")
    switch = Attribute(VBool(), False)
    text = Attribute(VString(), "first")
    trace = Attribute(VArray("float64"), np.zeros(2))
    table = Attribute(VTable({"x": VArray("int32")}))
    button = Attribute(VAction())


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_reading_is_there_and_the_first_value_before_them(backend: str) -> None:
    """Not only those that somebody listened to, before and after they were put into columns."""

    def scenario(process: Process) -> None:
        bench = Bench("B")
        process.add(bench)
        for number in range(1, 50):
            bench.plain.update(float(number))
        process.backend.sleep(2.2 * INTERVAL)
        assert not process._keeper._active, "nothing changes, so nothing is swept"
        for number in range(50, 100):
            bench.plain.update(float(number))
        found = bench.plain.history()
        assert found.values.tolist() == [float(number) for number in range(100)]
        assert found.times[-1] == bench.plain.time
        assert found.severities.tolist() == [0] * 100

    play(backend, scenario, seeds=range(5))


def test_each_type_is_kept_as_it_is() -> None:
    with Process() as process:
        bench = Bench("B")
        process.add(bench)
        bench.number.update(math.nan)
        bench.count.update(2**64 - 1)
        bench.speed.update("fast")
        bench.switch.update(True)
        bench.text.update("second")
        bench.trace.update(np.ones(3))
        bench.update(table={"x": [1, 2]})
        assert str(bench.number.history().values.tolist()) == "[0.5, nan]"
        assert bench.count.history().values.tolist() == [0, 2**64 - 1]
        assert bench.speed.history().values == ("slow", "fast")
        assert bench.switch.history().values == (False, True)
        assert bench.text.history().values == ("first", "second")
        assert [one.tolist() for one in bench.trace.history().values] == [[0, 0], [1, 1, 1]]
        assert [one["x"].tolist() for one in bench.table.history().values] == [[], [1, 2]]
        assert len(bench.button.history()) == 1


def test_alarms_belong_to_their_readings() -> None:
    with Process() as process:
        bench = Bench("B")
        process.add(bench)
        for value in (1.0, 11.0, 12.0, 2.0):
            bench.number.update(value)
        invalid = Alarm(Severity.INVALID, AlarmStatus.DRIVER, "away")
        bench.number.update(2.0, alarm=invalid)
        found = bench.number.history()
        assert found.severities.tolist() == [0, 0, 1, 1, 0, 3]
        assert [reading.alarm for reading in found][-1] == invalid
        assert found.newest(2).alarms == ((0, bench.plain.alarm), (1, invalid))


def test_what_comes_with_an_earlier_time_stands_where_it_belongs() -> None:
    """A clock that is set back, or a source that tells late. Those of the same time stay as they came."""
    with Process() as process:
        bench = Bench("B")
        process.add(bench)
        start = bench.plain.time
        for value, after in ((1.0, 30), (2.0, 10), (3.0, 10), (4.0, 40)):
            bench.plain.update(value, time=start + after)
        found = bench.plain.history()
        assert found.values.tolist() == [0.0, 2.0, 3.0, 1.0, 4.0]
        bench.plain.update(5.0, time=2**70)
        assert bench.plain.history().values.tolist()[-1] == 5.0, "a time that is none does no harm"


def test_a_part_is_asked_for_by_seconds_by_time_or_by_count() -> None:
    with Process() as process:
        bench = Bench("B")
        process.add(bench)
        now = process.backend.clock.time_ns()
        bench.text.update("long ago", time=now - 1000 * SECOND)
        bench.text.update("a minute ago", time=now - 60 * SECOND)
        bench.text.update("just now", time=now - SECOND)
        assert bench.text.history(seconds=30).values == ("a minute ago", "just now")
        assert bench.text.history(since=now - 60 * SECOND).values == ("just now",)
        assert bench.text.history(count=1).values == ("just now",)
        for wrong in ({"seconds": -1.0}, {"count": 0}, {"seconds": math.nan}):
            with pytest.raises(BadValue, match=r"B\.text\.history"):
                bench.text.history(**wrong)  # pyright: ignore[reportArgumentType]  # one of a few


def test_other_units_or_another_kind_of_value_begin_a_new_history() -> None:
    """Limits do not: numbers keep their meaning."""
    with Process() as process:
        bench = Bench("B")
        process.add(bench)
        bench.number.update(1.0)
        bench.number.change_type(VDouble(units="mm", warning=(-1, 1)))
        assert bench.number.history().values.tolist() == [0.5, 1.0]
        bench.number.change_type(VDouble(units="um"))
        assert bench.number.history().values.tolist() == [1.0]
        bench.number.update(1000.0)
        assert bench.number.history().values.tolist() == [1000.0]
        bench.number.change_type(VInt())
        bench.number.update(3)
        assert bench.number.history().values.tolist()[-1] == 3


def test_a_new_device_of_the_same_name_has_a_history_of_its_own_and_the_old_ones_memory_is_free() -> None:
    with Process() as process:
        bench = Bench("B")
        process.add(bench)
        empty = process._keeper.used
        for number in range(2000):
            bench.plain.update(float(number))
            bench.text.update(str(number))
        assert process._keeper.used > empty
        process.remove("B")
        bench.plain.update(1.0)
        again = Bench("B")
        process.add(again)
        again.plain.update(7.0)
        assert again.plain.history().values.tolist() == [0.0, 7.0]
        process.remove("B")
        process.backend.sleep(0)
        assert len(bench.plain.history()) == 1, "only what is now"
        assert process._keeper.used <= empty + 4 * 2048, "but for what the Process tells of itself"


def test_attributes_that_come_and_go_take_their_memory_with_them() -> None:
    with Process() as process:
        bench = Bench("B")
        process.add(bench)
        before = process._keeper.used
        for number in range(50):
            extra = bench.add_attribute(f"extra{number}", Attribute(VString(), ""))
            extra.update("x" * 100_000)
            bench.remove_attribute(f"extra{number}")
        gone = threading.Event()
        process._post(gone.set)
        assert gone.wait(10)
        assert process._keeper.used == before


def test_a_device_on_its_own_has_only_what_is_now() -> None:
    bench = Bench("B")
    bench.plain.update(3.0)
    assert [reading.value for reading in bench.plain.history()] == [3.0]


def test_who_reads_while_it_is_written_sees_whole_readings_in_order() -> None:
    """And the newest of them, at least as new as what was there before the question."""
    with Process() as process:
        bench = Bench("B")
        process.add(bench)
        over = threading.Event()

        def write() -> None:
            value = 0.0
            while not over.is_set():
                value += 1.0
                bench.plain.update(value)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(300):
                before = bench.plain.value
                found = bench.plain.history()
                values = found.values
                assert len(values) == len(found.times)
                assert values[-1] >= before
                assert bool((np.diff(values) > 0).all())
        finally:
            over.set()
            writer.join()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_process_that_is_left_alone_has_nothing_to_do(backend: str) -> None:
    """Sweeps end when nothing changes any more."""

    def scenario(process: Process) -> None:
        bench = Bench("B")
        process.add(bench)
        bench.plain.update(1.0)
        process.backend.sleep(2.2 * INTERVAL)
        assert process._keeper._timer is None
        bench.plain.update(2.0)
        assert bench.plain.history().values.tolist() == [0.0, 1.0, 2.0]

    play(backend, scenario, seeds=range(5))
