"""What a connection is doing, as a user sees it."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["ConnectionState"]


class ConnectionState(StrEnum):
    """The state of a client's connection; it compares equal to its text ("connected")."""

    CONNECTING = "connecting"
    """The first connection is being made."""
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    """The connection went; the client tries again by itself, subscriptions are INVALID until it succeeds."""
    CLOSED = "closed"
    """Closed by the user, or the first connection never came about; nothing more will happen."""
