"""Which PV a name means, and the answers to those who search for one, now or when it appears."""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable, Iterable

from .pv import Pv
from .record import Record
from .wire import ECHO, MINOR, NOT_FOUND, SEARCH, VERSION, Frame, Frames, Malformed, message

__all__ = ["REPLY_ALWAYS", "Directory", "name_in"]

LOGGER = logging.getLogger("macduff.servers")
REPLY_ALWAYS = 10
_VERSION = struct.pack(">H6x", MINOR)
_HERE = 0xFFFFFFFF
"""Instead of an address: where this answer comes from."""
_DATAGRAM = 65536
LATE = message(VERSION, 1, MINOR, 0xFFFFFFFF)
"""The number of no datagram, so that the client does not take the delay for the time that an answer needs."""


class Directory:
    """The records by name. A name that is taken is not given again: which of two devices it would be is chance."""

    def __init__(self, port: int, appeared: Callable[[str], None]) -> None:
        """port: where connections are taken. appeared: told of each record that was added."""
        self.port = port
        self.records: dict[str, Record] = {}
        self._appeared = appeared

    def add(self, record: Record) -> bool:
        """False when there is one of that name."""
        if record.name in self.records:
            LOGGER.error("%s: expected a name for a PV that no other has, got one that has been given", record.name)
            return False
        self.records[record.name] = record
        self._appeared(record.name)
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

    def answer(self, pv: str, number: int, always: bool = False) -> bytes:
        """To a search: that it is here, or, where the client wants to hear that, that it is not."""
        if self.find(pv) is not None:
            return message(SEARCH, self.port, 0, _HERE, number, _VERSION)
        return message(NOT_FOUND, REPLY_ALWAYS, MINOR, number, number) if always else b""

    def datagram(self, data: bytes, sought: Callable[[int, str], None]) -> bytes:
        """The answer to a datagram of searches; empty where there is none. sought: told of each search."""
        frames = Frames(_DATAGRAM)
        frames.feed(data)
        found, version = [], message(VERSION, 0, MINOR)
        try:
            while (frame := frames.next()) is not None:
                if frame.command == VERSION:
                    version = message(VERSION, frame.kind, MINOR, frame.first)  # its number comes back to it
                elif frame.command == SEARCH:
                    pv = name_in(frame)
                    sought(frame.first, pv)
                    found.append(self.answer(pv, frame.first, frame.kind == REPLY_ALWAYS))
                elif frame.command == ECHO:
                    found.append(message(ECHO))
        except (Malformed, UnicodeDecodeError):
            return b""
        answers = b"".join(found)
        return version + answers if answers else b""

    def late(self, searches: Iterable[tuple[int, str]]) -> bytes:
        """The answer to searches of some time ago, for what is here now."""
        answers = b"".join(self.answer(pv, number) for number, pv in searches)
        return LATE + answers if answers else b""


def name_in(frame: Frame) -> str:
    """The text in a message."""
    return frame.payload.split(b"\0", 1)[0].decode()
