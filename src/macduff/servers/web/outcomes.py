"""How calls ended that nobody waited for (`?wait=false`, or longer than anybody waits); bounded."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from aiohttp import web

from macduff.errors import TooMany

__all__ = ["Entry", "Outcomes"]


@dataclass(slots=True)
class Entry:
    """One call, and its answer once it has ended."""

    what: str
    status: int | None = None
    body: bytes = b""

    def settle(self, response: web.Response) -> None:
        """The call has ended; this is what a waiting client would have been told."""
        self.status = response.status
        self.body = response.body if isinstance(response.body, bytes) else b""


class Outcomes:
    """Outcomes by id, at most `limit`: the oldest that ended make room, calls that run are never forgotten."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: dict[str, Entry] = {}
        self._count = 0

    def open(self, what: str) -> tuple[str, Entry]:
        """A place for one more; TooMany when all places are those of calls that still run.

        The id begins with a digit, so that it is no attribute of a device called "outcomes".
        """
        if len(self._entries) >= self._limit:
            ended = next((name for name, entry in self._entries.items() if entry.status is not None), None)
            if ended is None:
                raise TooMany(f"{what}: expected at most {self._limit} calls that nobody waits for, got one more")
            del self._entries[ended]
        self._count += 1
        name = f"{self._count}-{secrets.token_hex(6)}"
        self._entries[name] = entry = Entry(what)
        return name, entry

    def drop(self, name: str) -> None:
        """Nobody needs it: whoever asked was told."""
        self._entries.pop(name, None)

    def find(self, name: str) -> Entry | None:
        return self._entries.get(name)

    def __len__(self) -> int:
        return len(self._entries)
