"""Outcomes of calls that nobody waited for: kept, bounded, never guessed."""

from __future__ import annotations

import re

import pytest

from macduff.errors import TooMany
from macduff.servers.web.answers import answer
from macduff.servers.web.outcomes import Outcomes


def test_an_outcome_is_found_when_it_has_come() -> None:
    outcomes = Outcomes(3)
    name, entry = outcomes.open("D.move")
    assert outcomes.find(name) is entry and entry.status is None
    entry.settle(answer(2.5))
    found = outcomes.find(name)
    assert found is not None and (found.status, found.body) == (200, b"2.5")


def test_the_oldest_that_ended_make_room_and_those_that_run_never_do() -> None:
    outcomes = Outcomes(3)
    opened = [outcomes.open("D.move") for _ in range(3)]
    with pytest.raises(TooMany, match="expected at most 3 calls"):
        outcomes.open("D.move")
    opened[1][1].settle(answer(None))
    fourth, _ = outcomes.open("D.move")
    assert [outcomes.find(name) is not None for name, _ in opened] == [True, False, True]
    assert outcomes.find(fourth) is not None and len(outcomes) == 3


def test_an_outcome_that_nobody_needs_is_forgotten() -> None:
    outcomes = Outcomes(1)
    name, _ = outcomes.open("D.move")
    outcomes.drop(name)
    assert outcomes.find(name) is None
    outcomes.open("D.move")


def test_ids_are_no_attribute_names_and_differ() -> None:
    """/api/outcomes/ID would else be an attribute of a device called outcomes."""
    names = [Outcomes(10).open("D.move")[0] for _ in range(100)]
    assert len(set(names)) == 100
    assert all(re.fullmatch(r"\d+-[0-9a-f]+", name) and not name.isidentifier() for name in names)
