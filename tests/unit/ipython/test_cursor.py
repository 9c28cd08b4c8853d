"""Where the cursor is, from what stands before it alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.ipython.cursor import cursor_at, expression_of


@pytest.mark.parametrize(
    ("source", "quote", "typed", "opener", "argument"),
    [
        ("X.mo", "", "mo", "", None),
        ("X.move(", "", "", "X.move", (0, "", "")),
        ("X.move(1, ", "", "", "X.move", (1, "", "")),
        ("X.move([1, 2], (3, 4), t", "", "t", "X.move", (2, "", "")),
        ("X.move('a, (b', ", "", "", "X.move", (1, "", "")),
        ("X.move(mode='fa", "'", "fa", "X.move", (0, "mode", "")),
        ("X.move(1, mode = ", "", "", "X.move", (1, "mode", "")),
        ("print(X.mode == 'f", "'", "f", "print", (0, "", "X.mode ==")),
        ('x = "a" + Motor("', '"', "", "Motor", (0, "", "")),
        ('"""a\n\'b" ', '"""', "a\n'b\" ", "", None),
        ("'it\\'s", "'", "it\\'s", "", None),
        ("a = 'not closed\nX.mo", "", "mo", "", None),
        ("# it's a comment\nX.mo", "", "mo", "", None),
        ("f(X.y[0], ", "", "", "f", (1, "", "")),
        ("f(]), g(", "", "", "g", (0, "", "")),
    ],
)
def test_the_cursor(source: str, quote: str, typed: str, opener: str, argument: tuple[int, str, str] | None) -> None:
    cursor = cursor_at(source)
    assert (cursor.quote, cursor.typed, cursor.opener(), cursor.argument()) == (quote, typed, opener, argument)


def test_a_comment() -> None:
    assert cursor_at("X.  # what'").comment and not cursor_at("'# '").comment


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("y = X.attributes['a']", "X.attributes['a']"),
        ('print(Motor("X")', 'Motor("X")'),
        ("a . b", "a . b"),
        ("f(x).y", ""),
        ("x[0].y", ""),
        ("'text'.upper", ""),
        ("1 + ", ""),
        ("", ""),
    ],
)
def test_the_expression_that_a_text_ends_with(text: str, expression: str) -> None:
    assert expression_of(text) == expression


@given(st.text("ab.,=()[]{}'\"\\#\n ", max_size=60))
def test_whatever_stands_there_typed_and_before_are_its_two_ends(source: str) -> None:
    cursor = cursor_at(source)
    assert cursor.before + cursor.quote + cursor.typed == source
    cursor.argument()
    cursor.opener()


def test_a_long_list_of_arguments_takes_no_longer_than_its_length() -> None:
    """Each character is looked at once: that it ends within the time of a test is what is seen here."""
    cursor = cursor_at("f(" + "1, " * 100_000)
    assert cursor.argument() == (100_000, "", "")
