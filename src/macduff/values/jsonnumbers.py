"""Numbers in JSON: the names of NaN and the infinities, and strings that are exactly a number."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from .refusal import Words

__all__ = ["name_of", "number_in"]

_FROM_NAME = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

# The grammar of RFC 8259, in ASCII digits; float() and int() alone take " 1", "1_0", "+1" and other alphabets' digits.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MOST_DIGITS = 400  # no integer of more fits any type, float64 included; int() of very many is slow, or raises


def name_of(value: float) -> str:
    """The name of a float that is not finite."""
    if value != value:
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def number_in(data: object, numeric_strings: bool, integer: bool) -> object:
    """The number that JSON data stands for; what stands for none is returned as it is, to be refused by the type.

    numeric_strings: a string that is exactly a JSON number stands for it. integer: only if nothing is lost.
    A float that is not finite stands for none: JSON cannot hold one, a parser made it of 1e999 or of a bare NaN.
    """
    if isinstance(data, float) and not math.isfinite(data):
        return _not_json(data)
    if not isinstance(data, str):
        return data
    if data in _FROM_NAME:
        return _FROM_NAME[data]
    return _number_of_text(data, integer) if numeric_strings else data


def _number_of_text(text: str, integer: bool) -> object:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text
    if match[1] is None and match[2] is None:
        return int(text) if len(text) <= _MOST_DIGITS else text
    number = float(text)
    if not math.isfinite(number) or (integer and Decimal(text) != Decimal(number)):
        return text
    return number


def _not_json(value: float) -> Words:
    """A float that JSON cannot hold, so that the refusal says how to write it."""
    if value != value:
        return Words('a bare NaN (in JSON it is the string "NaN")')
    return Words(f'a number beyond float64 (infinity is the string "{name_of(value)}")')
