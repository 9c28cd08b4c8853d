"""The table of a monitor as lines, in windows of all sizes."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from macduff.cli.rows import Row
from macduff.cli.table import Table
from macduff.client import Client
from macduff.values import NO_ALARM, Alarm, AlarmStatus, Reading, Severity, VDouble, VString, VType

MM = VDouble(units="mm", precision=2)


def client(connected: bool = True) -> Client:
    return cast(Client, SimpleNamespace(connected=connected, address="ws://127.0.0.1:8008", reason="it was refused"))


def row(path: str, vtype: VType[Any], value: Any, alarm: Alarm = NO_ALARM, changes: float = 0.0) -> Row:
    reading = None if value is None else Reading(value, alarm, time.time_ns(), 1)
    found = SimpleNamespace(
        path=path, info=SimpleNamespace(vtype=vtype), reading=reading, look=lambda: None, rate=lambda: changes
    )
    return cast(Row, found)


def alarm(severity: Severity, message: str) -> Alarm:
    return Alarm(severity, AlarmStatus.DEVICE, message)


TEXTS = st.text(max_size=60)
ALARMS = st.builds(alarm, st.sampled_from(Severity), TEXTS) | st.just(NO_ALARM)
ROWS = st.builds(row, TEXTS.map("X.".__add__), st.just(VString()), TEXTS, ALARMS, st.floats(0, 1e5)) | st.builds(
    row, TEXTS.map("Y.".__add__), st.just(MM), st.floats() | st.none(), ALARMS
)


@given(
    st.lists(ROWS, max_size=12), st.integers(1, 160), st.none() | st.integers(1, 30), st.booleans(), st.booleans(),
    st.integers(-30, 30),
)  # fmt: skip
def test_whatever_there_is_fits_the_window(
    rows: list[Row], width: int, height: int | None, connected: bool, ascii_only: bool, moved: int
) -> None:
    table = Table(client(connected), rows, ascii_only)
    for _ in range(2):
        lines = table.lines(width, height)
        table.move(moved)
        assert all(line.plain.isprintable() for line in lines)
        if height is not None:
            assert len(lines) <= height
        else:
            assert len(lines) == 2 + len(rows)
        if width >= 30:
            assert {cell_len(line.plain) for line in lines} == {width}


def test_a_column_does_not_get_narrower_until_the_window_does() -> None:
    rows = [row("X.a", VString(), "much longer than what comes then")]
    table = Table(client(), rows)
    at = [line.plain.index("alarm") for line in table.lines(100)[1:2]]
    rows[0].reading = Reading("short", NO_ALARM, time.time_ns(), 2)
    assert [line.plain.index("alarm") for line in table.lines(100)[1:2]] == at
    assert [line.plain.index("alarm") for line in table.lines(99)[1:2]] < at


@pytest.mark.parametrize(
    ("severity", "message", "shown", "plainly"),
    [
        (Severity.MINOR, "warm", "▲ MINOR warm", "! MINOR warm"),
        (Severity.MAJOR, "hot", "■ MAJOR hot", "!! MAJOR hot"),
        (Severity.INVALID, "", "? INVALID", "? INVALID"),
        (Severity.INVALID, "disconnected: X: it was removed", "✗ disconnected: X:", "x disconnected: X:"),
    ],
)
def test_each_alarm_has_an_icon_and_its_name(severity: Severity, message: str, shown: str, plainly: str) -> None:
    rows = [row("X.a", MM, 1.0, alarm(severity, message))]
    for ascii_only, expected in ((False, shown), (True, plainly)):
        line = Table(client(), rows, ascii_only).lines(100)[2]
        assert expected in line.plain and "1.00 mm" in line.plain
        assert line.plain.isascii() or not ascii_only
