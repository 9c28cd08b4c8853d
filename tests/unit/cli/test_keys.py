"""Keys that move a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.cli.keys import ALL, pressed


@pytest.mark.parametrize(
    ("typed", "steps"),
    [
        ("", []),
        ("\x1b[A\x1bOB\r", [-1, 1, 1]),
        ("\x1b[5~\x1b[6~ ", [-20, 20, 20]),
        ("gG\x1b[1~", [-ALL, ALL, -ALL]),
        ("jq", [1, None]),
        ("\x1b", [0]),
        ("\x1b[1;5Cx", [0, 0]),
    ],
)
def test_what_keys_mean(typed: str, steps: list[int | None]) -> None:
    assert pressed(typed, 20) == steps


@given(st.text())
def test_nothing_that_is_typed_is_an_error(typed: str) -> None:
    assert len(pressed(typed, 5)) <= len(typed)
