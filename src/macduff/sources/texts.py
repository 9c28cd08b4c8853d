"""Text with {arguments}: the constructor's arguments fill PV names, queries and commands."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np

from ..errors import BadValue

__all__ = ["command_text", "fill", "reply_text"]


def fill(template: str, arguments: Mapping[str, Any], where: str) -> str:
    """The template with the constructor's arguments in it; ValueError names what there is to fill in.

    Braces that belong to the text are doubled: `XF:23ID{{Det:1}}`.
    """
    try:
        return template.format_map(arguments)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        names = ", ".join(f"{{{name}}}" for name in arguments) or "none"
        raise ValueError(
            f"{where}: expected text with arguments of the constructor in it ({names}; double a brace that is none), "
            f"got {template!r} ({type(error).__name__}: {error})"
        ) from None


class _Command(string.Formatter):
    """`{value}` as instruments write values; a format given in the command is Python's, `{value:q}` quotes."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "":
            return reply_text(value)
        if format_spec == "q":
            return '"' + reply_text(value).replace('"', '""') + '"'
        if isinstance(value, Enum):
            value = reply_text(value)
        return format(value, format_spec)


_COMMAND = _Command()


def command_text(template: str, arguments: Mapping[str, Any], value: object, where: str) -> str:
    """A command with the value and the constructor's arguments in it; BadValue when that is not one plain line."""
    try:
        text = _COMMAND.vformat(template, (), {**arguments, "value": value})
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise BadValue(
            f"{where}: expected a value for {template!r}, got {value!r} ({type(error).__name__}: {error})"
        ) from None
    if any(character < " " or character == "\x7f" for character in text):
        raise BadValue.of(where, "a value without control characters, as a command is one line", value)
    return text


def reply_text(value: object) -> str:
    """A validated value as SCPI writes it: 1 or 0, shortest decimal, NAN, INF, label, comma list."""
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, float):
        if math.isnan(value):
            return "NAN"
        if math.isinf(value):
            return "INF" if value > 0 else "-INF"
        return repr(float(value))
    if isinstance(value, Enum):
        return value.value if isinstance(value.value, str) else value.name
    if isinstance(value, np.ndarray):
        return ",".join(reply_text(item) for item in value.tolist())
    if isinstance(value, tuple | list):
        return ",".join(reply_text(item) for item in value)
    return str(value)
