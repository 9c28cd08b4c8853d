"""The memory of histories is bounded for each attribute and for all together, and the bound is kept (decision 20)."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff import Attribute, Device, Process, VArray, VDouble, VString
from macduff.core.keeping import Keeper
from macduff.core.ring import FEW, PAGE, Ring
from macduff.core.stores import Columns, Objects
from macduff.limits import DEFAULTS
from macduff.values import NO_ALARM, Alarm, AlarmStatus, Severity

MINOR = Alarm(Severity.MINOR, AlarmStatus.RECORD, "above")
MiB = 1024 * 1024


class Timers:
    """As much of a Process as a keeper needs; `sweep` is its timer."""

    def __init__(self, **limits: Any) -> None:
        self.limits = replace(DEFAULTS, **limits)
        self._devices: dict[str, Any] = {}
        self._loop = self
        self.keeper = Keeper(self)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # as much of one as it needs

    def leave(self, function: Any) -> None:
        """Nothing is scheduled by itself."""

    def sweep(self) -> None:
        self.keeper._sweep(None)


class One(Device):
    """One number, one text."""

    number = Attribute(VDouble(warning=(-100, 100)), 0.0)
    text = Attribute(VString(), "")
    trace = Attribute(VArray("float64"))


def bound(timers: Timers, device: Device) -> list[Ring]:
    """The rings of a device that is in no Process."""
    timers._devices[device.name] = device
    for attribute in device.attributes.values():
        timers.keeper.open(attribute)
    return [attribute._ring for attribute in device.attributes.values() if attribute._ring is not None]


steps = st.lists(st.one_of(st.integers(1, FEW), st.sampled_from(["sweep", "read"])), max_size=40)


@given(steps=steps, most=st.integers(1, 200), text=st.booleans())
def test_a_ring_is_the_newest_of_all_readings(steps: list[Any], most: int, text: bool) -> None:
    """A simple model: a list. So long as no more come between two sweeps than may wait, none is missing."""
    timers = Timers(history_readings=most)
    device = One("ONE")
    rings = bound(timers, device)
    attribute: Attribute[Any] = device.text if text else device.number
    model = [("" if text else 0.0, NO_ALARM)]
    value = 0
    waiting = 0
    for step in steps:
        if step == "sweep":
            timers.sweep()
            waiting = 0
        elif step == "read":
            found = [(reading.value, reading.alarm.severity) for reading in attribute.history()]
            assert found == [(value, alarm.severity) for value, alarm in model[-len(found) :]]
            assert len(found) <= most or most == 1
            assert len(found) >= min(len(model), most - most // 8)
            waiting = 0
        else:
            if waiting + step > FEW:
                timers.sweep()
                waiting = 0
            for _ in range(step):
                value += 1
                attribute.update(str(value) if text else float(value))
                model.append((attribute.value, attribute.alarm))
            waiting += step
        held = sum(ring.pages + ring.reserved for ring in rings) * PAGE
        assert timers.keeper.used == held, "each page is somebody's"
    for ring in rings:
        ring.close()
    assert timers.keeper.used == 0


entries = st.tuples(st.floats(allow_nan=False), st.sampled_from([NO_ALARM, MINOR]), st.integers(0, 2**62))


@given(
    batches=st.lists(st.tuples(st.lists(entries, min_size=1, max_size=20), st.integers(0, 10)), max_size=10),
    numbers=st.booleans(),
)
def test_a_store_is_a_list_that_forgets_its_head(batches: list[Any], numbers: bool) -> None:
    store = Columns("d") if numbers else Objects()
    model: list[Any] = []
    for batch, dropped in batches:
        store.extend([(*entry, 0) for entry in batch], MiB)
        store.drop(dropped)
        model = (model + batch)[dropped:]
        found = [(reading.value, reading.alarm, reading.time) for reading in store.history(1000)]
        assert found == sorted(model, key=lambda entry: entry[2])
        assert [reading[2] for reading in store.history(3)] == sorted(time for _, _, time in model[-3:])
        assert len(store) == len(model)
    store.shrink(0)
    assert not len(store)
    assert store.weight == (Columns("d") if numbers else Objects()).weight, "the weight of nothing"


@pytest.mark.parametrize("sizes", [[10], [20_000], [10, 2_000, 50_000]])
def test_arrays_count_by_their_bytes(sizes: list[int]) -> None:
    """As many as fit; one that is larger than the room of an attribute is not kept, but is told while it is."""
    timers = Timers(history_size=100_000)
    device = One("ONE")
    bound(timers, device)
    for number in range(200):
        device.trace.update(np.full(sizes[number % len(sizes)], float(number)))
        assert timers.keeper.used <= 100_000 + PAGE
    found = device.trace.history()
    assert found.values[-1][0] == 199.0
    kept = [values for values in found.values[:-1] if values.nbytes > 100_000]
    assert not kept
    if sizes == [10]:
        assert len(found) > 80


def test_a_part_of_an_array_counts_as_all_of_it() -> None:
    """A row of an image keeps the image."""
    timers = Timers(history_size=100_000)
    device = One("ONE")
    bound(timers, device)
    for _ in range(10):
        image = np.zeros((1000, 100))
        image.flags.writeable = False
        device.trace.update(image[0], owned=True)
    assert timers.keeper.used < 3 * PAGE


def test_alarms_that_all_differ_count_too() -> None:
    timers = Timers(history_size=100_000)
    device = One("ONE")
    bound(timers, device)
    for number in range(5000):
        alarm = Alarm(Severity.MINOR, AlarmStatus.RECORD, f"{number} is too much" * 10)
        device.number.update(float(number), alarm=alarm)
        if number % 50 == 0:
            timers.sweep()
            assert timers.keeper.used <= 100_000 + (FEW * 256 + PAGE) * 20
    assert device.number.history().values[-1] == 4999.0


def test_as_many_may_wait_as_come_in_two_seconds() -> None:
    """From the first burst on, which is counted; then none is missing, and what is slow again gives the room back."""
    timers = Timers()
    device = One("ONE")
    ring = bound(timers, device)[list(device.attributes).index("number")]
    for count, missing in ((2000, True), (500, False), (900, False), (10, False), (200, True), (200, False)):
        bursts = timers.keeper.bursts
        for number in range(count):
            device.number.update(float(number))
        timers.sweep()
        found = device.number.history(count=count).values.tolist()
        assert (found != [float(number) for number in range(count)]) is missing, count
        assert timers.keeper.bursts == bursts + missing
    fast = ring.reserved
    device.number.update(0.0)
    timers.sweep()
    assert ring.reserved < fast
    timers.sweep()
    assert ring.reserved == 0


def test_the_longest_give_way_and_the_short_stay() -> None:
    """So that who comes late has a history too."""
    timers = Timers(history_total=MiB)
    long = [One(f"LONG{number}") for number in range(8)]
    short = One("SHORT")
    for device in (*long, short):
        bound(timers, device)
    for number in range(20):
        short.number.update(float(number))
    for _ in range(200):
        for device in long:
            for number in range(60):
                device.number.update(float(number))
        timers.sweep()
        assert timers.keeper.used <= MiB
    late = One("LATE")
    bound(timers, late)
    for number in range(60):
        late.number.update(float(number))
    assert len(short.number.history()) == 21
    assert len(late.number.history()) == 61
    lengths = [len(device.number.history()) for device in long]
    assert min(lengths) > 2000, lengths
    assert max(lengths) < 2 * min(lengths), lengths


def test_more_attributes_than_may_wait_have_histories_all_the_same() -> None:
    """What waits never takes more than half, so that something is left for what is kept."""
    timers = Timers(history_total=MiB)
    devices = [One(f"ONE{number}") for number in range(100)]
    rings = [ring for device in devices for ring in bound(timers, device)]
    for number in range(200):
        for device in devices:
            device.number.update(float(number))
        if number % 20 == 0:
            timers.sweep()
        assert timers.keeper.used <= MiB
        assert sum(ring.reserved for ring in rings) * PAGE <= MiB // 2
    for device in devices:
        found = device.number.history().values.tolist()
        assert len(found) > 20 and found == [float(number) for number in range(200 - len(found), 200)]


def test_who_came_first_leaves_room_for_all_that_are_as_fast() -> None:
    """What was taken for the first burst is given back, also when nothing is left: then everybody's readings wait."""
    timers = Timers(history_total=MiB)
    devices = [One(f"ONE{number}") for number in range(20)]
    rings = [bound(timers, device)[list(device.attributes).index("number")] for device in devices]
    for _ in range(20):
        for number in range(10):
            for device in devices:
                device.number.update(float(number))
        timers.sweep()
    assert [ring for ring in rings if ring._waiting is None] == []
    assert sum(ring.reserved for ring in rings) * PAGE <= MiB // 2
    assert timers.keeper.used <= MiB


def test_a_flood_of_numbers_texts_and_arrays_keeps_the_bound() -> None:
    """By its own account at every moment, and by that of Python's memory: with real sweeps, from several attributes."""
    total = 4 * MiB

    limits = replace(DEFAULTS, history_total=total, history_size=MiB)
    with Process(limits=limits) as process:
        devices = [One(f"ONE{number}") for number in range(100)]
        for device in devices:
            process.add(device)
        values = [np.zeros(size) for size in (1, 100, 10_000, 60_000)]
        gc.collect()
        tracemalloc.start()
        try:
            for number in range(80):
                for device in devices:
                    for _ in range(5):
                        device.number.update(float(number))
                    device.text.update("x" * 200)
                    device.trace.update(values[number % 4])
                assert process._keeper.used <= total
            for device in devices:  # what is now is no history
                device.trace.update(values[0])
                device.text.update("")
            gc.collect()
            found, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert process._keeper.used > total // 2, "the room is used"
        assert found < total * 1.25
        newest = [len(device.number.history()) for device in devices]
        assert min(newest) >= 1


def test_with_no_room_at_all_there_is_still_what_is_now() -> None:
    timers = Timers(history_total=1, history_size=1, history_readings=1)
    device = One("ONE")
    bound(timers, device)
    for number in range(300):
        device.number.update(float(number))
        device.text.update(str(number))
        assert timers.keeper.used <= PAGE
    assert device.number.history().values.tolist() == [299.0]
    assert device.text.history().values == ("299",)
