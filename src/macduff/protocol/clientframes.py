"""Frames from a server taken apart, and changes applied to what is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from macduff.errors import BadValue

from .dialect import Dialect

__all__ = ["applied", "decode"]

_JSON = msgspec.json.Decoder()
_MSGPACK = msgspec.msgpack.Decoder()


def decode(frame: str | bytes, dialect: Dialect) -> list[Mapping[str, Any]]:
    """The messages of a frame; BadValue when it is no message nor a list of them."""
    try:
        data = frame.encode() if isinstance(frame, str) else frame
        found = (_MSGPACK if dialect.encoding.binary else _JSON).decode(data)
    except (msgspec.DecodeError, RecursionError, TypeError, UnicodeError) as error:
        raise BadValue(f"frame: expected a message of {dialect.name}, got what cannot be parsed ({error})") from None
    messages = found if isinstance(found, list) else [found]
    for message in messages:
        if not isinstance(message, dict):
            raise BadValue.of("frame", f"a message of {dialect.name}", message)
    return messages


def applied(value: Any, stanza: Any) -> Any:
    """The value with one change: a new object wherever something differs, the same objects everywhere else."""
    if not isinstance(stanza, list) or not 1 <= len(stanza) <= 2 or not isinstance(stanza[0], list):
        raise BadValue.of("changes", "stanzas [path] and [path, value]", stanza)
    path = stanza[0]
    if not path:
        return stanza[1] if len(stanza) == 2 else None
    if not isinstance(value, Mapping):
        raise BadValue.of("changes", f"a path into what was sent before, {type(value).__name__}", path)
    copy = dict(value)
    name = path[0]
    if len(path) > 1:
        copy[name] = applied(copy.get(name), [path[1:], *stanza[1:]])
    elif len(stanza) == 2:
        copy[name] = stanza[1]
    else:
        copy.pop(name, None)
    return copy
