"""Numbers in JSON: the names of NaN and the infinities, and strings that are exactly a number."""

from __future__ import annotations

import math
import re

__all__ = ["FROM_NAME", "name_of", "number_in"]

FROM_NAME = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

# The grammar of RFC 8259, in ASCII digits; float() and int() alone take " 1", "1_0", "+1", "0x" and other digits.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MOST_DIGITS = 400


def name_of(value: float) -> str:
    """The name of a float that is not finite."""
    if value != value:
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def number_in(data: object, numeric_strings: bool) -> object:
    """The number that JSON data stands for; anything that is none is returned as it is, to be refused later.

    A float that is not finite is none: a JSON text cannot hold one, a parser made it from 1e999.
    """
    if type(data) is float:
        return data if math.isfinite(data) else Overflown(data)
    if not isinstance(data, str):
        return data
    if data in FROM_NAME:
        return FROM_NAME[data]
    if not numeric_strings or len(data) > _MOST_DIGITS:
        return data
    match = _NUMBER.fullmatch(data)
    if match is None:
        return data
    if match[1] is None and match[2] is None:
        return int(data)
    number = float(data)
    return number if math.isfinite(number) else data


class Overflown:
    """Stands for a float that a JSON parser cannot have read as such, so that it is refused with a sentence."""

    def __init__(self, value: float) -> None:
        self._value = value

    def __repr__(self) -> str:
        if self._value != self._value:
            return 'a bare NaN (in JSON it is the string "NaN")'
        return f'a number beyond float64 (infinity is the string "{name_of(self._value)}")'
