"""The sentence that refuses a value: *where: expected X, got Y*, short and safe whatever Y is."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping

import numpy as np

from ..errors import BadValue

__all__ = ["Words", "refuse", "shown"]

_LONGEST = 80
_short = reprlib.Repr()
_short.maxlevel = 3
_short.maxlist = _short.maxtuple = _short.maxarray = _short.maxdict = _short.maxset = 4
_short.maxstring = _short.maxother = _LONGEST


def refuse(where: str, expected: str, got: object) -> BadValue:
    """The BadValue to raise."""
    return BadValue(f"{where}: expected {expected}, got {shown(got)}")


class Words:
    """What was got, in words rather than by its repr."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __repr__(self) -> str:
        return self._words


def shown(value: object) -> str:
    """A value as at most 80 characters of valid text, in bounded time.

    `repr` alone would write out a list of a million items, and raises for an integer of five thousand digits.
    """
    try:
        text = _describe(value)
    except Exception:  # a foreign __repr__ may raise whatever it likes
        text = f"an object of type {type(value).__name__}"
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _describe(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 200:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, np.ndarray):
        if value.ndim == 0 and value.dtype.kind != "O":
            return repr(value[()])
        return f"an array of {value.dtype}, shape {value.shape}"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"{len(value)} bytes" if len(value) > 20 else repr(value)
    if isinstance(value, str):
        return repr(value[:_LONGEST])
    if isinstance(value, (list, tuple)):
        inner = ", ".join(_describe(item) if _is_plain(item) else _short.repr(item) for item in value[:4])
        more = f", ... ({len(value)} items)" if len(value) > 4 else ""
        return f"[{inner}{more}]" if isinstance(value, list) else f"({inner}{more})"
    if isinstance(value, Mapping):
        names = ", ".join(_describe(name) for name, _ in zip(value, range(6), strict=False))
        return f"a mapping with {names}{', ...' if len(value) > 6 else ''}" if names else "an empty mapping"
    return _short.repr(value)


def _is_plain(value: object) -> bool:
    return isinstance(value, (int, float, str, bytes, np.ndarray))
