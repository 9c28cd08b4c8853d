"""The three ways of speaking: strict malcolm 1.0, the same with our members, and that in msgpack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .encoding import JSON, MSGPACK, Encoding, Piece

__all__ = ["DIALECTS", "MACDUFF", "MACDUFF_MSGPACK", "READ_ONLY", "STRICT", "SUBPROTOCOLS", "Dialect", "choose"]


@dataclass(frozen=True, eq=False)
class Dialect:
    """What a connection negotiated. `ours` is whether our own members may be said at all.

    `read_only`: nothing that it tells of is `writeable`, since the server takes no put and no call.
    """

    name: str
    ours: bool
    encoding: Encoding
    read_only: bool = False

    def piece(self, value: object) -> Piece:
        """Plain data as a piece of this dialect's encoding."""
        return self.encoding.encode(value)


STRICT = Dialect("malcolm.1", False, JSON)
MACDUFF = Dialect("macduff.1", True, JSON)
MACDUFF_MSGPACK = Dialect("macduff.msgpack.1", True, MSGPACK)

DIALECTS = {dialect.name: dialect for dialect in (STRICT, MACDUFF, MACDUFF_MSGPACK)}
READ_ONLY = {name: replace(dialect, read_only=True) for name, dialect in DIALECTS.items()}
SUBPROTOCOLS = tuple(DIALECTS)
"""The names to offer in a websocket handshake."""


def choose(offered: Iterable[str]) -> str | None:
    """The subprotocol to accept: the first offered one that is known; None when nothing was offered.

    ValueError when only unknown ones were offered: the handshake is then answered with 400.
    """
    names = list(offered)
    for name in names:
        if name in DIALECTS:
            return name
    if names:
        raise ValueError(f"subprotocol: expected one of {', '.join(DIALECTS)}, got {', '.join(names)}")
    return None
