"""The messages of Channel Access: bytes to frames, frames to bytes. No socket here.

A message has a header of 16 bytes (command, payload size, data type, data count, two parameters) and a payload padded
to eight. Sizes and counts that do not fit in 16 bits follow in eight bytes more.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from macduff.errors import Disconnected, Held, MacduffError, NotWriteable, Refused, TimedOut

__all__ = [
    "ACCESS_RIGHTS", "CLEAR_CHANNEL", "CLIENT_NAME", "CREATE_CHANNEL", "CREATE_FAILED", "ECA_BADCHID", "ECA_BADTYPE",
    "ECA_GETFAIL", "ECA_NOCONVERT", "ECA_NORMAL", "ECA_NOWTACCESS", "ECA_PUTFAIL", "ECA_TIMEOUT", "ECHO", "ERROR",
    "EVENTS_OFF", "EVENTS_ON", "EVENT_ADD", "EVENT_CANCEL", "Frame", "Frames", "HOST_NAME", "MINOR", "Malformed",
    "NOT_FOUND", "READ", "READ_NOTIFY", "READ_SYNC", "BEACON", "SEARCH", "SERVER_DISCONNECT", "VERSION", "WRITE",
    "WRITE_NOTIFY", "eca_of", "error_message", "message",
]  # fmt: skip

VERSION, EVENT_ADD, EVENT_CANCEL, READ, WRITE, SEARCH = 0, 1, 2, 3, 4, 6
EVENTS_OFF, EVENTS_ON, READ_SYNC, ERROR, CLEAR_CHANNEL, BEACON, NOT_FOUND = 8, 9, 10, 11, 12, 13, 14
READ_NOTIFY, CREATE_CHANNEL, WRITE_NOTIFY, CLIENT_NAME, HOST_NAME = 15, 18, 19, 20, 21
ACCESS_RIGHTS, ECHO, CREATE_FAILED, SERVER_DISCONNECT = 22, 23, 26, 27

MINOR = 13
"""The version of the protocol that we speak, 4.13."""

ECA_NORMAL, ECA_TIMEOUT, ECA_BADTYPE, ECA_GETFAIL, ECA_PUTFAIL = 1, 80, 114, 152, 160
ECA_NOWTACCESS, ECA_NOCONVERT, ECA_BADCHID = 376, 400, 410

_HEADER = struct.Struct(">HHHHII")
_LONG = struct.Struct(">HHHHIIII")
_WORDS = 1000
"""Bytes of an error's text."""


class Malformed(ValueError):
    """What came is not Channel Access, or more than we take."""


class Frame(NamedTuple):
    """One message. header: its bytes, as an error repeats them."""

    command: int
    kind: int
    elements: int
    first: int
    second: int
    payload: bytes
    header: bytes


class Frames:
    """Cuts what a peer sends into frames. most: bytes of the longest that is taken."""

    def __init__(self, most: int) -> None:
        self._data = bytearray()
        self._at = 0
        self._most = most

    def feed(self, data: bytes) -> None:
        if self._at:
            del self._data[: self._at]
            self._at = 0
        self._data += data

    def next(self) -> Frame | None:
        """The next frame that is whole; Malformed when it would be too long."""
        data, at = self._data, self._at
        left = len(data) - at
        if left < 16:
            return None
        command, size, kind, count, first, second = _HEADER.unpack_from(data, at)
        head = 16
        if size == 0xFFFF and count == 0:
            if left < 24:
                return None
            size, count = struct.unpack_from(">II", data, at + 16)
            head = 24
        if size > self._most:
            raise Malformed(f"expected a message of at most {self._most} bytes, got one of {size}")
        if left < head + size:
            return None
        self._at = end = at + head + size
        return Frame(
            command, kind, count, first, second, bytes(data[at + head : end]), bytes(data[at : at + head])
        )  # fmt: skip


def message(
    command: int, kind: int = 0, count: int = 0, first: int = 0, second: int = 0, payload: bytes = b""
) -> bytes:
    """One message as bytes; the payload is padded here."""
    size = len(payload)
    if extra := -size % 8:
        payload += b"\0" * extra
        size += extra
    if size < 0xFFFF and count < 0xFFFF:
        return _HEADER.pack(command, size, kind, count, first, second) + payload
    return _LONG.pack(command, 0xFFFF, kind, 0, first, second, size, count) + payload


def error_message(request: Frame, cid: int, status: int, text: str) -> bytes:
    """The refusal of a request: what was asked, why in a code, and why in words."""
    words = text.encode(errors="replace")[:_WORDS].decode(errors="ignore").encode() + b"\0"
    return message(ERROR, 0, 0, cid, status, request.header + words)


def eca_of(error: MacduffError) -> int:
    """The code that says most about why a put was refused or failed; many clients are shown nothing else."""
    if isinstance(error, (NotWriteable, Held)) or type(error) is Refused:
        return ECA_NOWTACCESS
    if isinstance(error, TimedOut) and not isinstance(error, Disconnected):
        return ECA_TIMEOUT
    return ECA_PUTFAIL
