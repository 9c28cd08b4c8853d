"""The layout of DBR types, held against caproto's own structures."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import caproto
import pytest
from caproto import AlarmStatus as CaprotoStatus
from caproto import CAStatus

from macduff.convert.ca import Facts, condition_of, facts_of, form_of
from macduff.convert.ca.dbr import CONDITIONS, CTRL, GR, STS, TIME, cut, header
from macduff.servers.ca import wire
from macduff.values import Alarm, AlarmStatus, Severity, VDouble, VInt

KINDS = range(7)
FACTS = Facts("mm", 3, (-6, 6), (-5, 5), (-3, 3), (-4, 4), ("off", "on"))
STAMP = 1_700_000_000_123_456_789
SECONDS_TO_1990 = 631152000


def parsed(flavour: int, kind: int, facts: Facts = FACTS, time: int = STAMP) -> Any:
    """As caproto reads it."""
    data = header(flavour, kind, 4, 2, time, facts)
    structure = caproto.DBR_TYPES[flavour * 7 + kind]
    assert len(data) == ctypes.sizeof(structure)
    return structure.from_buffer_copy(data)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flavour", [STS, TIME, GR, CTRL])
def test_every_header_has_alarm_and_length(flavour: int, kind: int) -> None:
    if (flavour, kind) == (CTRL, 0):
        assert len(header(CTRL, 0, 4, 2, STAMP, FACTS)) == 4, "a string has no metadata: libca takes the alarm for it"
        return
    found = parsed(flavour, kind)
    assert (found.status, found.severity) == (4, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_time_stamps_count_from_1990(kind: int) -> None:
    found = parsed(TIME, kind)
    assert (found.secondsSinceEpoch, found.nanoSeconds) == (1_700_000_000 - SECONDS_TO_1990, 123_456_789)
    never = parsed(TIME, kind, time=0)
    assert (never.secondsSinceEpoch, never.nanoSeconds) == (0, 0)


@pytest.mark.parametrize("kind", [1, 2, 5, 6])
def test_metadata_of_numbers(kind: int) -> None:
    found = parsed(CTRL, kind)
    assert found.units == b"mm"
    names = ("disp", "ctrl", "alarm", "warning")
    assert [getattr(found, f"lower_{name}_limit") for name in names] == [-6, -5, -4, -3]
    assert [getattr(found, f"upper_{name}_limit") for name in names] == [6, 5, 4, 3]
    if kind in (2, 6):
        assert found.precision == 3


def test_limits_that_a_kind_cannot_hold_go_as_far_as_it_goes() -> None:
    """Metadata are for screens; values are never cut so."""
    facts = Facts(control=(-1e9, 1e300), alarm=(None, 5))
    short, single, double = parsed(CTRL, 1, facts), parsed(CTRL, 2, facts), parsed(CTRL, 6, facts)
    assert (short.lower_ctrl_limit, short.upper_ctrl_limit) == (-32768, 32767)
    assert (short.lower_alarm_limit, short.upper_alarm_limit) == (-32768, 5)
    assert single.upper_ctrl_limit == math.inf
    assert double.upper_ctrl_limit == 1e300
    assert math.isnan(double.lower_alarm_limit)
    assert math.isnan(double.lower_warning_limit)


def test_labels_are_told_up_to_16() -> None:
    found = parsed(CTRL, 3, Facts(labels=tuple(f"label {n}" for n in range(20))))
    assert list(found.enum_strings) == [f"label {n}".encode() for n in range(16)]


def test_units_of_more_than_seven_bytes_are_cut_between_characters() -> None:
    assert parsed(CTRL, 6, Facts("µm/sµµ")).units == "µm/sµ".encode()


@pytest.mark.parametrize(
    ("text", "most", "data"),
    [
        ("short", 5, b"short"),
        ("longer", 5, b"lo..."),
        ("grüße", 7, "grüße".encode()),
        ("grüßes", 7, b"gr\xc3\xbc..."),
        ("a\0b", 9, b"a..."),
    ],
)
def test_text_that_is_cut_says_so(text: str, most: int, data: bytes) -> None:
    assert cut(text, most) == data


def test_conditions_are_epics_own() -> None:
    named = {status.value: status.name for status in CaprotoStatus}
    for number, word in enumerate(CONDITIONS):
        if word != "BAD_SUB":  # which caproto spells otherwise
            assert named[number] == word


@pytest.mark.parametrize(
    ("value", "word"),
    [(0, "NO_ALARM"), (3.5, "HIGH"), (4.5, "HIHI"), (-3.5, "LOW"), (-4.5, "LOLO"), (math.nan, "SOFT")],
)
def test_beyond_a_limit_is_the_condition_of_that_limit(value: float, word: str) -> None:
    vtype = VDouble(warning=(-3, 3), alarm=(-4, 4))
    assert CONDITIONS[condition_of(vtype.alarm_for(value))] == word


def test_every_status_of_ours_has_a_condition() -> None:
    words = {status: CONDITIONS[condition_of(Alarm(Severity.MAJOR, status, ""))] for status in AlarmStatus}
    assert words.pop(AlarmStatus.NONE) == "NO_ALARM"
    assert "NO_ALARM" not in words.values()


def test_codes_are_epics_own() -> None:
    for name in ("NORMAL", "TIMEOUT", "BADTYPE", "GETFAIL", "PUTFAIL", "NOWTACCESS", "NOCONVERT", "BADCHID"):
        assert getattr(wire, f"ECA_{name}") == CAStatus[f"ECA_{name}"].value.code_with_severity


def test_facts_of_a_type() -> None:
    vtype = VInt(32, units="counts", control=(0, 7))
    form = form_of(vtype)
    assert facts_of(vtype, form.labels) == Facts("counts", None, (0, 7), (0, 7))
