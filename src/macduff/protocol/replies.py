"""Replies of one connection on their way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from macduff.errors import MacduffError

from .encoding import Piece

if TYPE_CHECKING:
    from .server import ServerSession

__all__ = ["Encoded", "Reply"]


class Encoded(NamedTuple):
    """The outcome of encoding something elsewhere."""

    value: Piece
    error: MacduffError | None


class Reply:
    """The last message for a request, waiting to be sent."""

    __slots__ = ("_frame", "_session", "id")

    def __init__(self, session: ServerSession, identity: int, frame: Piece) -> None:
        self.id = identity
        self._session = session
        self._frame = frame

    def frame(self) -> Piece:
        self._session.replied(len(self._frame))
        return self._frame
