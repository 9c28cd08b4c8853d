"""Columns that share the width of a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["fitted", "gap"]

SETS = (
    ("name", "value", "units", "alarm", "changed", "rate"),
    ("name", "value", "units", "alarm", "changed"),
    ("name", "value", "units", "alarm"),
    ("name", "value", "alarm"),
)
"""What is shown, from wide terminals to narrow ones."""
LEAST = {"name": 24, "value": 12, "alarm": 14}
"""What these may be cut to where there is little room; the others are shown whole or not at all."""
NUMBER = 16
"""A value with more than that waits until the alarm is there whole: it is a text or an array."""
NARROWEST = 4


def fitted(wanted: Mapping[str, int], width: int) -> dict[str, int]:
    """The columns that fit into `width`, with what each gets: at most what it wants, and what is left out first goes.

    wanted: the characters that each column would like; one that wants none gets none, and no gap.
    """
    given: dict[str, int] = {}
    left = -1
    for names in SETS:
        given = {name: min(wanted[name], LEAST.get(name, wanted[name])) for name in names if wanted[name]}
        left = width - gaps(given) - sum(given.values())
        if left >= 0:
            break
    else:  # so narrow that even these have to share
        share = max(NARROWEST, (width - gaps(given)) // len(given))
        return {name: min(least, share) for name, least in given.items()}
    for name, most in (("name", width), ("value", NUMBER), ("alarm", width), ("value", width)):
        if name in given:
            more = min(left, max(0, min(wanted[name], most) - given[name]))
            given[name] += more
            left -= more
    return given


def gap(name: str) -> int:
    """Blank columns before that one; units belong to their value."""
    return 1 if name == "units" else 2


def gaps(names: Iterable[str]) -> int:
    return sum(gap(name) for name in list(names)[1:])
