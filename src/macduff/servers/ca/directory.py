"""Which PV a name means, and the answers to those who search for one."""

from __future__ import annotations

import logging
import struct

from .pv import Pv
from .record import Record
from .wire import ECHO, MINOR, NOT_FOUND, SEARCH, VERSION, Frame, Frames, Malformed, message

__all__ = ["Directory"]

LOGGER = logging.getLogger("macduff.servers")
_REPLY_ALWAYS = 10
_VERSION = struct.pack(">H6x", MINOR)
_HERE = 0xFFFFFFFF
"""Instead of an address: where this answer comes from."""
_DATAGRAM = 65536


class Directory:
    """The records by name. A name that is taken is not given again: which of two devices it would be is chance."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}

    def add(self, record: Record) -> bool:
        """False when there is one of that name."""
        if record.name in self.records:
            LOGGER.error("%s: expected a name for a PV that no other has, got one that has been given", record.name)
            return False
        self.records[record.name] = record
        return True

    def remove(self, record: Record) -> None:
        """Take the name back, and hang up on who is connected."""
        if self.records.get(record.name) is record:
            del self.records[record.name]
            record.close()

    def find(self, name: str) -> Pv | None:
        """The PV called NAME, NAME.FIELD, NAME$ or NAME.FIELD$."""
        record = self.records.get(name)
        if record is not None:
            return record.main
        base, dot, field = name.partition(".")
        if not dot and name.endswith("$"):
            base, field = name[:-1], "$"
        record = self.records.get(base)
        return None if record is None else record.find(field)

    def answer(self, frame: Frame, port: int) -> bytes:
        """To a search: where it is, or, where the client wants to hear that, that it is not here."""
        if self.find(frame.payload.split(b"\0", 1)[0].decode()) is not None:
            return message(SEARCH, port, 0, _HERE, frame.first, _VERSION)
        if frame.kind == _REPLY_ALWAYS:
            return message(NOT_FOUND, _REPLY_ALWAYS, MINOR, frame.first, frame.first)
        return b""

    def datagram(self, data: bytes, port: int) -> bytes:
        """The answer to a datagram of searches; empty where there is none."""
        frames = Frames(_DATAGRAM)
        frames.feed(data)
        found, version = [], message(VERSION, 0, MINOR)
        try:
            while (frame := frames.next()) is not None:
                if frame.command == VERSION:
                    version = message(VERSION, frame.kind, MINOR, frame.first)  # its number comes back to it
                elif frame.command == SEARCH:
                    found.append(self.answer(frame, port))
                elif frame.command == ECHO:
                    found.append(message(ECHO))
        except (Malformed, UnicodeDecodeError):
            return b""
        answers = b"".join(found)
        return version + answers if answers else b""
