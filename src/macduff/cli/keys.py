"""Keys that move a table, as terminals send them."""

from __future__ import annotations

import re

__all__ = ["pressed"]

ALL = 1_000_000
"""More lines than any table has."""
QUIT = "q"

_KEY = re.compile(r"\x1b(?:\[[\d;]*[A-Za-z~]|O[A-Za-z])|.", re.DOTALL)
_LINES = {"\x1b[A": -1, "\x1bOA": -1, "k": -1, "\x1b[B": 1, "\x1bOB": 1, "j": 1, "\r": 1, "\n": 1}
_PAGES = {"\x1b[5~": -1, "b": -1, "\x1b[6~": 1, " ": 1}
_ENDS = {"\x1b[H": -1, "\x1bOH": -1, "\x1b[1~": -1, "g": -1, "\x1b[F": 1, "\x1bOF": 1, "\x1b[4~": 1, "G": 1}


def pressed(typed: str, page: int) -> list[int | None]:
    """What was typed as lines to go down (less than 0: up), None for the end; keys that mean nothing are 0.

    page: the lines of a page.
    """
    return [
        None if key == QUIT else _LINES.get(key, 0) + page * _PAGES.get(key, 0) + ALL * _ENDS.get(key, 0)
        for key in _KEY.findall(typed)
    ]
