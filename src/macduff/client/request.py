"""One request that waits for its reply, and the sentences for when none came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from macduff.errors import Disconnected, MacduffError, TimedOut

__all__ = ["Done", "Request"]

Done = Callable[[Any, MacduffError | None], None]
"""Called once on the connection's loop: (value, None) or (None, error)."""

_UNKNOWN = {
    "get": "a get changes nothing; ask again",
    "put": "whether the put was done is unknown, and it is not sent again",
    "call": "whether the call was done is unknown, it may still be running, and it is not sent again",
}
_LATE = {
    "get": "",
    "put": "; it may still be completed",
    "call": "; the call goes on",
}


@dataclass(frozen=True, slots=True)
class Request:
    """A get, put or call, and who hears of its end."""

    kind: Literal["get", "put", "call"]
    device: str
    member: str
    done: Done

    @property
    def what(self) -> str:
        """What it is about: "STAGE.velocity"."""
        return f"{self.device}.{self.member}" if self.member else self.device

    def lost(self, server: str, reason: str) -> Disconnected:
        """The error for a request that was open when the connection went: nobody knows its outcome."""
        return Disconnected(
            f"{self.what}: the connection to {server} went before the reply came ({reason}); {_UNKNOWN[self.kind]}",
            device=self.device,
            member=self.member,
        )

    def not_sent(self, server: str, reason: str) -> Disconnected:
        """The error for a request that was made while there was no connection."""
        return Disconnected(
            f"{self.what}: not connected to {server} ({reason}); the {self.kind} was not sent",
            device=self.device,
            member=self.member,
        )

    def late(self, timeout: float) -> TimedOut:
        """The error for who does not wait any longer."""
        return TimedOut(
            f"{self.what}: expected the end of the {self.kind} within {timeout:g} s{_LATE[self.kind]}",
            device=self.device,
            member=self.member,
        )
