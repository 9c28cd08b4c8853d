"""What an instrument answered, as a value of the attribute's type."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from ..errors import BadValue
from ..values import VArray, VBool, VEnum, VFloat, VInt, VNumber, VString, VType

__all__ = ["parse_reply", "split_list", "unquoted"]

_TRUE, _FALSE = ("1", "ON", "TRUE"), ("0", "OFF", "FALSE")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BASED = {"#H": 16, "#Q": 8, "#B": 2}
# SCPI-99, 7.2.1: what stands for "no number" and for the infinities.
_WORDS = {"NAN": math.nan, "INF": math.inf, "+INF": math.inf, "NINF": -math.inf, "-INF": -math.inf}
_FIGURES = {9.91e37: math.nan, 9.9e37: math.inf, -9.9e37: -math.inf}


def parse_reply(text: str, vtype: VType[Any], where: str, custom: Callable[[str], Any] | None = None) -> Any:
    """The validated value, or BadValue: `where` names attribute and query.

    Numbers as SCPI writes them (9.91E37 is NaN), 1/0/ON/OFF/TRUE/FALSE for booleans, text with or without quotes,
    labels in any case, comma lists for arrays. custom: the author's own function, its errors become BadValue too.
    """
    if custom is not None:
        try:
            value = custom(text)
        except Exception as error:
            raise BadValue(f"{where}: {type(error).__name__}: {error}; got {_shown(text)}") from error
    else:
        value = _parse(text.strip(), vtype, where)
    return vtype.validate(value, where)


def _parse(text: str, vtype: VType[Any], where: str) -> Any:
    if isinstance(vtype, VBool):
        return _bool(text, where)
    if isinstance(vtype, VNumber):
        return _number(text, vtype, where)
    if isinstance(vtype, VString):
        return unquoted(text)
    if isinstance(vtype, VEnum):
        return _label(unquoted(text), vtype)
    if isinstance(vtype, VArray):
        items = split_list(text)
        return [_parse(item.strip(), vtype.element, f"{where}[{n}]") for n, item in enumerate(items)]
    raise BadValue.of(where, "a number, bool, string, enum or array, or a parse= function of its own", vtype)


def _bool(text: str, where: str) -> bool:
    upper = text.upper()
    if upper in _TRUE:
        return True
    if upper in _FALSE:
        return False
    try:
        number = float(text) if _DECIMAL.fullmatch(text) else math.nan  # some answer +1.0E0
    except ValueError:
        number = math.nan
    if number in (0.0, 1.0):
        return number == 1.0
    raise BadValue(f"{where}: expected 1, 0, ON or OFF, got {_shown(text)}")


def _number(text: str, vtype: VNumber[Any], where: str) -> int | float:
    word = text.upper()
    if word in _WORDS:
        return _WORDS[word]
    if word[:2] in _BASED:
        try:
            return int(word[2:].replace("_", "?"), _BASED[word[:2]])
        except ValueError:
            pass
    elif _DECIMAL.fullmatch(text):
        if isinstance(vtype, VInt) and len(text) < 40 and text.lstrip("+-").isdecimal():
            return int(text)
        number = float(text)
        return number if isinstance(vtype, VInt) else _FIGURES.get(number, number)
    digits = "an integer" if isinstance(vtype, VInt) else "a number"
    kind = "float32" if isinstance(vtype, VFloat) else vtype.dtype
    raise BadValue(f"{where}: expected {digits} ({kind}), got {_shown(text)}")


def _label(text: str, vtype: VEnum[Any]) -> str:
    """The label as the type spells it; what is none is left for validate to refuse."""
    if text in vtype.labels:
        return text
    same = [label for label in vtype.labels if label.upper() == text.upper()]
    return same[0] if len(same) == 1 else text


def unquoted(text: str) -> str:
    """Text without the quotes around it, a doubled quote inside being one."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].replace(text[0] * 2, text[0])
    return text


def split_list(text: str) -> list[str]:
    """The items of a comma list; commas inside quotes separate nothing. Empty text is an empty list."""
    if not text:
        return []
    items, start, quote = [], 0, ""
    for position, character in enumerate(text):
        if quote:
            if character == quote:
                quote = ""  # a doubled quote opens again at once
        elif character in "\"'":
            quote = character
        elif character == ",":
            items.append(text[start:position])
            start = position + 1
    return [*items, text[start:]]


def _shown(text: str) -> str:
    return repr(text) if len(text) <= 80 else repr(text[:77]) + "..."
