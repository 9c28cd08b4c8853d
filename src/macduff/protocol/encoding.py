"""JSON and msgpack as pieces that are encoded once and put together many times.

A *piece* is an encoded value: `str` for JSON (a text frame), `bytes` for msgpack (a binary frame). Pieces are joined
into objects and lists without being decoded again.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import msgspec

__all__ = ["JSON", "MSGPACK", "Encoding", "Piece"]

Piece = Any
"""`str` in JSON, `bytes` in msgpack; never mixed, since every piece comes from one encoding."""


class Encoding(Protocol):
    """One way of writing values; all pieces of it have the same type."""

    @property
    def binary(self) -> bool: ...
    def encode(self, value: object) -> Piece:
        """Plain data (dict, list, str, int, float, bool, None, bytes) as a piece; strings are made valid."""
        ...

    def integer(self, value: int) -> Piece:
        """The same as `encode`, for an int."""
        ...

    def object(self, members: Sequence[tuple[Piece, Piece]]) -> Piece:
        """An object from (key, value) pieces, in that order."""
        ...

    def array(self, items: Sequence[Piece]) -> Piece:
        """A list of pieces."""
        ...

    def begin(self, members: Sequence[tuple[Piece, Piece]], more: int) -> Piece:
        """The beginning of an object that gets `more` further members."""
        ...

    def head(self, members: Sequence[tuple[Piece, Piece]], key: Piece, more: int) -> Piece:
        """The beginning of an object up to where the value of this key goes; `more` members follow that."""
        ...

    def key(self, key: Piece) -> Piece:
        """What goes between a value and that of this key."""
        ...

    def middle(self, members: Sequence[tuple[Piece, Piece]]) -> Piece:
        """Members to put behind `begin`, once."""
        ...

    def end(self, members: Sequence[tuple[Piece, Piece]]) -> Piece:
        """The last members, which may be none, and the end of the object."""
        ...


def mended(value: Any) -> Any:
    """The same plain data with lone surrogates replaced: they have no UTF-8, and one would cost a whole frame."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {mended(key): mended(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [mended(item) for item in value]
    return value


def _careful(encode: Callable[[Any], bytes]) -> Callable[[object], bytes]:
    def careful(value: object) -> bytes:
        try:
            return encode(value)
        except UnicodeEncodeError:
            return encode(mended(value))

    return careful


class _Json:
    binary = False

    def __init__(self) -> None:
        self._encode = _careful(msgspec.json.Encoder().encode)

    def encode(self, value: object) -> str:
        return self._encode(value).decode()

    def integer(self, value: int) -> str:
        return str(value)

    def object(self, members: Sequence[tuple[str, str]]) -> str:
        return "{" + ",".join([f"{key}:{value}" for key, value in members]) + "}"

    def array(self, items: Iterable[str]) -> str:
        return "[" + ",".join(items) + "]"

    def begin(self, members: Sequence[tuple[str, str]], more: int) -> str:
        return "{" + "".join([f"{key}:{value}," for key, value in members])

    def head(self, members: Sequence[tuple[str, str]], key: str, more: int) -> str:
        return self.begin(members, more) + f"{key}:"

    def key(self, key: str) -> str:
        return f",{key}:"

    def middle(self, members: Sequence[tuple[str, str]]) -> str:
        return ",".join([f"{key}:{value}" for key, value in members])

    def end(self, members: Sequence[tuple[str, str]]) -> str:
        return "".join([f",{key}:{value}" for key, value in members]) + "}"


class _Msgpack:
    binary = True

    def __init__(self) -> None:
        self._encode = _careful(msgspec.msgpack.Encoder().encode)

    def encode(self, value: object) -> bytes:
        return self._encode(value)

    def integer(self, value: int) -> bytes:
        return self._encode(value)

    def object(self, members: Sequence[tuple[bytes, bytes]]) -> bytes:
        return _header(len(members), 0x80, 0xDE) + b"".join([part for member in members for part in member])

    def array(self, items: Sequence[bytes]) -> bytes:
        return _header(len(items), 0x90, 0xDC) + b"".join(items)

    def begin(self, members: Sequence[tuple[bytes, bytes]], more: int) -> bytes:
        return _header(len(members) + more, 0x80, 0xDE) + self.middle(members)

    def head(self, members: Sequence[tuple[bytes, bytes]], key: bytes, more: int) -> bytes:
        return self.begin(members, more + 1) + key

    def key(self, key: bytes) -> bytes:
        return key

    def middle(self, members: Sequence[tuple[bytes, bytes]]) -> bytes:
        return b"".join([part for member in members for part in member])

    def end(self, members: Sequence[tuple[bytes, bytes]]) -> bytes:
        return self.middle(members)


def _header(count: int, fixed: int, wide: int) -> bytes:
    if count < 16:
        return bytes((fixed | count,))
    if count < 1 << 16:
        return struct.pack(">BH", wide, count)
    return struct.pack(">BI", wide + 1, count)


JSON: Encoding = _Json()
MSGPACK: Encoding = _Msgpack()
