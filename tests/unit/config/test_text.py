"""YAML 1.2 text to data, each part with its line and column."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.config.fault import ConfigurationError
from macduff.config.text import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("Y", "Y"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-12", -12),
        ("0x1F", 31),
        ("0o17", 15),
        ("007", 7),
        ("1e-3", 1e-3),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.INF", -math.inf),
        ("12:30:00", "12:30:00"),
        ("2026-01-31", "2026-01-31"),
        ('"3"', "3"),
        ("!!str 3", "3"),
        ("<<", "<<"),
    ],
)
def test_the_types_are_those_of_yaml_1_2(text: str, value: object) -> None:
    got = parse(f"value: {text}\n", "lab.yaml").data["value"]
    assert got == value
    assert type(got) is type(value)


def test_nan() -> None:
    assert math.isnan(parse("value: .nan", "lab.yaml").data["value"])


def test_every_value_and_key_has_its_place() -> None:
    document = parse("a:\n  - x: 1\n    yy: [2, 3]\n", "lab.yaml")
    assert document.place(("a",)) == (2, 3)
    assert document.place(("a", 0, "yy")) == (3, 9)
    assert document.place(("a", 0, "yy"), at_key=True) == (3, 5)
    assert document.place(("a", 0, "yy", 1)) == (3, 13)
    assert document.place(("a", 0, "none", "such")) == (2, 5), "what is not there stands where its parent does"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {x: 1, x: 2}", "lab.yaml:1:11: expected each name once, got 'x' again (first in line 1)"),
        ("a: !foo 3", "lab.yaml:1:4: expected a plain value, got the tag !foo"),
        ("a: !!python/name:os.system x", "lab.yaml:1:4: expected a plain value"),
        ("? [a]\n: 3", "lab.yaml:1:3: expected a name, got a collection"),
        ("a: !!int abc", "lab.yaml:1:4: expected int, got 'abc'"),
        ("a: &a [*a]", "lab.yaml:1:4: expected a value, got an alias to what it is in"),
        ("[" * 60 + "]" * 60, "lab.yaml:1:51: expected at most 50 levels, got more"),
    ],
)
def test_a_small_fault_leaves_the_rest_readable(text: str, message: str) -> None:
    document = parse(text, "lab.yaml")
    assert [str(fault)[: len(message)] for fault in document.faults] == [message]
    with pytest.raises(ConfigurationError):
        document.check()


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a: [1,\nb: 3", "lab.yaml:2:5: expected YAML: "),
        ("a: 1\n---\nb: 2", "lab.yaml:2:1: expected YAML: "),
        ("a: 1\nb: x\x01", "lab.yaml:2:5: expected text, got the character U+0001"),
        ("a: \ud800", "lab.yaml:1:4: expected text, got the character U+D800"),
        ("[" * 5000, "lab.yaml:1:1: expected at most 50 levels, got many more"),
        ("a: *b", "lab.yaml:1:4: expected YAML: found undefined alias"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_place(text: str, start: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "lab.yaml")
    assert str(caught.value).startswith(start)


def test_aliases_cannot_fill_the_memory() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ConfigurationError, match="expected at most 100000 values, got more"):
        parse("\n".join(lines), "lab.yaml")


@given(st.text(max_size=200))
def test_any_text_gives_data_or_faults(text: str) -> None:
    try:
        parse(text, "lab.yaml")
    except ConfigurationError as error:
        assert all(fault.line >= 1 and fault.column >= 1 for fault in error.faults)
