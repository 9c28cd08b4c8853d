"""Many attributes updated together (rule 4): the same as one by one, in one change."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff import (
    Attribute,
    BadValue,
    Device,
    Process,
    Severity,
    VArray,
    VDouble,
    VEnum,
    VInt,
    VString,
    publish_method,
)
from tests.support.play import BACKENDS, Client, Inbox, play

backends = pytest.mark.parametrize("backend", BACKENDS)


class Panel(Device):
    """Of each kind one; `hot` has an alarm, `asked` may be put."""

    level = Attribute(VDouble(), 0.0)
    hot = Attribute(VDouble(alarm=(None, 10.0)), 0.0)
    count = Attribute(VInt(), 0)
    mode = Attribute(VEnum(["slow", "fast"]), "slow")
    text = Attribute(VString(), "")
    wave = Attribute(VArray("float64"))
    asked = Attribute(VDouble(), 0.0, writable=True)

    @publish_method
    def linger(self) -> None:
        """Update, after it was aborted too."""
        try:
            self.wait(20.0)
        finally:
            self.update(level=5.0, count=5)


VALUES = {
    "level": st.floats(-1e6, 1e6) | st.integers(-5, 5),
    "hot": st.sampled_from([0.0, 9.5, 11.0, 20]),
    "count": st.integers(-5, 5) | st.just(2.0),
    "mode": st.sampled_from(["slow", "fast"]),
    "text": st.text(max_size=3),
    "wave": st.lists(st.floats(0, 1), max_size=3),
    "asked": st.floats(0, 1),
}
BAD = {"level": "far", "hot": None, "count": 1.5, "mode": "never", "text": 3, "wave": ["a"], "asked": True}
SETS = st.lists(st.fixed_dictionaries({}, optional=VALUES), max_size=6)


def shown(device: Device) -> dict[str, Any]:
    """All but time and sequence."""
    return {name: (str(one.value), one.alarm, str(one.setpoint)) for name, one in device.attributes.items()}


@given(SETS, st.sampled_from(["", "level", "hot", "text"]))
def test_the_same_as_one_by_one(sets: list[dict[str, Any]], each: str) -> None:
    with Process() as process:
        together, one_by_one = Panel("TOGETHER"), Panel("ONE")
        for device in (together, one_by_one):
            process.add(device)
            if each:
                process.listen(Inbox(process), device.name, each, every=True)
            process.listen(Inbox(process), device.name)
        for values in sets:
            together.update(**values)
            for name, value in values.items():
                one_by_one.attributes[name].update(value)
            readings = [together.attributes[name].reading for name in values]
            assert len({reading.time for reading in readings}) <= 1
            assert [reading.sequence for reading in readings] == sorted({reading.sequence for reading in readings})
        assert shown(together) == shown(one_by_one)
        for name in VALUES:
            found, expected = (device.attributes[name].history() for device in (together, one_by_one))
            assert [str(value) for value in found.values] == [str(value) for value in expected.values], name
            assert found.alarms == expected.alarms


@given(st.fixed_dictionaries({}, optional=VALUES), st.sampled_from(list(BAD)))
def test_one_bad_value_changes_nothing(values: dict[str, Any], bad: str) -> None:
    with Process() as process:
        panel = Panel("P")
        process.add(panel)
        before, sequence = shown(panel), panel._sequence
        with pytest.raises(BadValue, match=rf"P\.{bad}\b.*: expected"):
            panel.update(**{**values, bad: BAD[bad]})
        with pytest.raises(AttributeError, match="levle"):
            panel.update(**values, levle=1.0)
        assert (shown(panel), panel._sequence) == (before, sequence)


@backends
def test_all_of_it_is_told_in_one_change_whatever_is_in_it(backend: str) -> None:
    def scenario(process: Process) -> None:
        panel = Panel("P")
        process.add(panel)
        inbox, each = Inbox(process), Inbox(process)
        process.listen(inbox, "P", initial_value=True)
        process.listen(each, "P", "count", initial_value=True, every=True)
        for heard in (inbox, each):
            heard.until(lambda items: len(items) == 1)
        panel.update(level=1.0, hot=11.0, count=3, text="x", asked=2.0)
        (change,) = [item for item in inbox.until(lambda items: len(items) > 1)[1:] if "level" in item[2]]
        assert {name: change[2][name].value for name in ("level", "hot", "count", "text", "asked")} == {
            "level": 1.0, "hot": 11.0, "count": 3, "text": "x", "asked": 2.0,
        }  # fmt: skip
        assert change[2]["hot"].alarm.severity is Severity.MAJOR
        assert change[3] == max(reading.sequence for reading in change[2].values() if hasattr(reading, "sequence"))
        each.until(lambda items: [item[2]["count"].value for item in items[1:]] == [3])
        inbox.until(lambda items: any("health" in item[2] for item in items[1:]))
        panel.update(hot=1.0, level=2.0)
        assert panel.hot.alarm.severity is Severity.NONE

    play(backend, scenario)


@backends
def test_a_dead_call_changes_none_of_it(backend: str) -> None:
    """Rule 21."""

    def scenario(process: Process) -> None:
        panel = Panel("P")
        process.add(panel)
        client = Client(process)
        call = client.call("P", "linger")
        while not panel._machine.calls:
            process.backend.sleep(0.01)
        client.call("P", "abort").result()
        assert call.kind() == "Aborted"
        assert (panel.level.value, panel.count.value) == (0.0, 0)

    play(backend, scenario)
