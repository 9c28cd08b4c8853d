"""Values, ages, rates and columns of a table on a terminal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from macduff.cli.brief import age, brief, printable, rate
from macduff.cli.columns import SETS, fitted, gap
from macduff.values import VArray, VBool, VDouble, VEnum, VInt, VMap, VString, VTable, VType

TENTHS = VDouble(precision=1)
MANY = VArray(TENTHS)
COLUMNS = SETS[0]


@pytest.mark.parametrize(
    ("vtype", "value", "shown"),
    [
        (VDouble(precision=2), 1.005, "1.00"),
        (VDouble(), 0.1, "0.1"),
        (VInt(), 7, "7"),
        (VBool(), True, "true"),
        (VEnum(("in", "out")), "in", "in"),
        (VString(), "two\nlines \x1b[2J", "two\\nlines \\x1b[2J"),
        (VString(), None, ""),
        (MANY, [], "[]"),
        (MANY, [1, 2], "[1.0, 2.0]"),
        (MANY, range(1000), "[0.0, 1.0, 2.0, …] (1000)"),
        (VArray(VString()), ["a"] * 12, "[a, a, a, a, a, a, …] (12)"),
        (VArray(VString()), ["a" * 50, "b"], f"[{'a' * 50}, …] (2)"),
        (VArray("uint8", 2), np.zeros((480, 640), np.uint8), "480 x 640 uint8"),
        (VTable({"x": MANY, "y": MANY}), {"x": [1, 2], "y": [3, 4]}, "2 rows: x, y"),
        (VTable({"x": MANY}), {"x": [1]}, "1 row: x"),
        (VMap({"x": TENTHS, "many": MANY}), {"x": 1, "many": list(range(9))}, "{x: 1.0, many: [0.0, 1.0, 2.0, …] (9)}"),
    ],
)  # fmt: skip
def test_a_value_is_short_and_on_one_line(vtype: VType[Any], value: Any, shown: str) -> None:
    whole = value if value is None else vtype.validate(list(value) if isinstance(value, range) else value, "X")
    assert brief(vtype, whole, 26) == shown


def test_of_a_long_array_little_is_made_text() -> None:
    """The rest is not even looked at: a picture's worth of numbers, ten times a second, would cost all there is."""

    class Counted(tuple[str, ...]):
        asked = 0

        def __iter__(self) -> Any:
            for item in super().__iter__():
                Counted.asked += 1
                yield item

    assert brief(VArray(VString()), Counted(["a"] * 100_000), 30).endswith("(100000)")
    assert Counted.asked < 30


@given(st.text())
def test_no_text_is_a_command_to_the_terminal(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(text) == text or not text.isprintable()


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


def test_wide_characters_count_for_what_they_take() -> None:
    assert cell_len(printable("温度")) == 4
