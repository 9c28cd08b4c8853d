"""Websocket frames as the server writes them: whole, not masked, not compressed (RFC 6455, section 5.2)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

__all__ = ["chunks"]

_TEXT, _BINARY = 0x81, 0x82
_LARGE = 64 * 1024

_SHORT = {opcode: [bytes((opcode, size)) for size in range(126)] for opcode in (_TEXT, _BINARY)}
_medium = struct.Struct("!BBH").pack
_long = struct.Struct("!BBQ").pack


def chunks(messages: Sequence[str | bytes]) -> list[bytes]:
    """What to write to the transport: small frames joined into chunks, large ones not copied. str is sent as text."""
    found: list[bytes] = []
    small: list[bytes] = []
    for message in messages:
        payload, opcode = (message.encode(), _TEXT) if isinstance(message, str) else (message, _BINARY)
        size = len(payload)
        if size < 126:
            head = _SHORT[opcode][size]
        elif size < 65536:
            head = _medium(opcode, 126, size)
        else:
            head = _long(opcode, 127, size)
        if size < _LARGE and len(messages) == 1:
            return [head + payload]
        small.append(head)
        if size < _LARGE:
            small.append(payload)
        else:
            found += (b"".join(small), payload)
            small.clear()
    if small:
        found.append(b"".join(small))
    return found
