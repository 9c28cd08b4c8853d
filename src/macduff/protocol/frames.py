"""Messages from the server, put together from pieces; the same member order as the real servers."""

from __future__ import annotations

from collections.abc import Sequence

from macduff.errors import MacduffError

from . import typeids
from .dialect import Dialect
from .encoding import Piece

__all__ = ["Framer", "error_text"]


def error_text(error: MacduffError) -> str:
    """What an Error's message says: "Kind: sentence"."""
    return f"{error.kind}: {error.message}"


class Framer:
    """Builds the messages of one dialect. Everything that is the same in each message is encoded once, here."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._encoding = dialect.encoding
        piece = dialect.piece
        names = "typeid id value message changes readings sequence dropped kind device member state allowed traceback"
        self._keys = {name: piece(name) for name in names.split()}
        self._types = {
            name: (self._keys["typeid"], piece(name))
            for name in (typeids.RETURN, typeids.ERROR, typeids.UPDATE, typeids.DELTA)
        }
        self.null = piece(None)
        self.root = piece([])
        self._done = self._encoding.end([])
        self._lossless = self.gap(0)
        self._return = self._encoding.head([self._types[typeids.RETURN]], self._keys["id"], 1)
        self._value = self._encoding.key(self._keys["value"])

    def returned(self, identity: int, value: Piece) -> Piece:
        """A Return with an encoded value."""
        return self._return + self._encoding.integer(identity) + self._value + value + self._done

    def failed(self, identity: int, error: MacduffError) -> Piece:
        """An Error; what a program needs to act on it is said only in our dialects."""
        piece, keys = self.dialect.piece, self._keys
        members = [self._types[typeids.ERROR], self._id(identity), (keys["message"], piece(error_text(error)))]
        if self.dialect.ours:
            for name in ("kind", "device", "member", "state"):
                members.append((keys[name], piece(getattr(error, name))))
            members.append((keys["allowed"], piece(list(error.allowed))))
            if error.traceback:
                members.append((keys["traceback"], piece(error.traceback)))
        return self._encoding.object(members)

    def prefix(self, identity: int, delta: bool, columns: bool = False) -> Piece:
        """The beginning of every notification of one subscription; with columns each has `readings`."""
        head = [self._types[typeids.DELTA if delta else typeids.UPDATE], self._id(identity)]
        return self._encoding.begin(head, (3 if self.dialect.ours else 1) + columns)

    def whole(self, value: Piece, delta: bool, sequence: int) -> Piece:
        """The body that says everything that is subscribed."""
        if delta:
            return self.changes([self.stanza(self.root, value)], sequence)
        return self._body("value", value, sequence)

    def changes(self, stanzas: Sequence[Piece], sequence: int, readings: Piece | None = None) -> Piece:
        """The body of a Delta; `readings` where they are in columns."""
        return self._body("changes", self._encoding.array(stanzas), sequence, readings)

    def stanza(self, path: Piece, value: Piece) -> Piece:
        """One change: where and what."""
        return self._encoding.array([path, value])

    def gap(self, dropped: int) -> Piece:
        """The end of a notification: how many were lost before it, where that may be said."""
        if not self.dialect.ours:
            return self._done
        if dropped == 0 and hasattr(self, "_lossless"):
            return self._lossless
        return self._encoding.end([(self._keys["dropped"], self.dialect.piece(dropped))])

    def _body(self, name: str, value: Piece, sequence: int, readings: Piece | None = None) -> Piece:
        members = [(self._keys[name], value)]
        if readings is not None:
            members.append((self._keys["readings"], readings))
        if self.dialect.ours:
            members.append((self._keys["sequence"], self.dialect.piece(sequence)))
        return self._encoding.middle(members)

    def _id(self, identity: int) -> tuple[Piece, Piece]:
        return self._keys["id"], self._encoding.integer(identity)
