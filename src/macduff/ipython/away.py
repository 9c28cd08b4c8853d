"""What is said when there is no connection."""

from __future__ import annotations

from macduff.errors import Disconnected

__all__ = ["HOW_TO_CONNECT", "NotConnected"]

HOW_TO_CONNECT = "type `switch ADDRESS`, such as `switch ws://127.0.0.1:8008`"


class NotConnected(Disconnected):
    """There is no connection yet; the message says how to make one."""

    def __init__(self) -> None:
        super().__init__(f"not connected to a server: {HOW_TO_CONNECT}")
