"""Values, ages, rates and columns of a table on a terminal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.cli.brief import age, brief, rate
from macduff.cli.columns import SETS, fitted, gap
from macduff.values import VArray, VBool, VDouble, VEnum, VInt, VString, VType

MANY = VArray(VDouble(precision=1))
COLUMNS = SETS[0]


@pytest.mark.parametrize(
    ("vtype", "value", "shown"),
    [
        (VDouble(precision=2), 1.005, "1.00"),
        (VInt(), 7, "7"),
        (VBool(), True, "true"),
        (VEnum(("in", "out")), "in", "in"),
        (VString(), "two\nlines \x1b[2J", "two\\nlines \\x1b[2J"),
        (VString(), None, ""),
        (MANY, list(range(1000)), "[0.0, 1.0, 2.0, …] (1000)"),
        (VArray("uint8", 2), np.zeros((480, 640), np.uint8), "480 \N{MULTIPLICATION SIGN} 640 uint8, 0 to 0"),
    ],
)
def test_a_value_is_short_and_on_one_line(vtype: VType[Any], value: Any, shown: str) -> None:
    whole = value if value is None else vtype.validate(value, "X")
    assert brief(vtype, whole, 26) == shown


@given(st.text())
def test_no_text_is_a_command_to_the_terminal(text: str) -> None:
    assert brief(VString(), text, 1000).isprintable()


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "now"), (0.9, "now"), (1, "1 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"),
     (47 * 3600, "47 h"), (48 * 3600, "2 d"), (400 * 86400, "400 d")],
)  # fmt: skip
def test_ages(seconds: float, shown: str) -> None:
    assert age(seconds) == shown


@pytest.mark.parametrize(
    ("per_second", "shown"), [(0, ""), (0.33, "0.3/s"), (9.94, "9.9/s"), (50, "50/s"), (25e3, "25000/s")]
)
def test_rates(per_second: float, shown: str) -> None:
    assert rate(per_second) == shown


WANTED = st.fixed_dictionaries({name: st.integers(1, 200) for name in COLUMNS}).map(
    lambda wanted: {**wanted, "units": wanted["units"] % 12, "changed": 7, "rate": 7}
)


@given(WANTED, st.integers(30, 300))
def test_columns_fit_the_width(wanted: dict[str, int], width: int) -> None:
    columns = fitted(wanted, width)
    assert sum(columns.values()) + sum(map(gap, list(columns)[1:])) <= width
    assert all(0 < columns[name] <= wanted[name] for name in columns)
    assert {"name", "value", "alarm"} <= columns.keys()


@given(WANTED)
def test_columns_get_what_they_want_where_there_is_room(wanted: dict[str, int]) -> None:
    assert fitted(wanted, 2000) == {name: width for name, width in wanted.items() if width}


def test_what_is_left_out_first_when_it_gets_narrow() -> None:
    wanted = {"name": 20, "value": 10, "units": 4, "alarm": 40, "changed": 7, "rate": 6}
    shown = [list(fitted(wanted, width)) for width in (100, 66, 55, 49, 10)]
    assert shown == [list(names) for names in (SETS[0], SETS[1], SETS[2], SETS[3], SETS[3])]
    assert fitted(wanted, 80)["alarm"] == 80 - 20 - 10 - 4 - 7 - 6 - 4 * 2 - 1
