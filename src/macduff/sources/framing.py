"""Bytes to lines. No I/O."""

from __future__ import annotations

__all__ = ["Lines"]


class Lines:
    """Takes bytes as they come, split or merged, and gives whole lines without their terminator.

    longest: in bytes; a longer line raises ValueError, so that a peer that never ends a line costs a bounded memory.
    """

    def __init__(self, terminator: bytes, longest: int) -> None:
        if not terminator:
            raise ValueError("terminator: expected at least one character, got none")
        self._terminator = terminator
        self._longest = longest
        self._buffer = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> None:
        """More bytes."""
        self._buffer += data

    def take(self) -> bytes | None:
        """The next whole line, or None until there is one."""
        end = self._buffer.find(self._terminator, self._searched)
        if end < 0:
            # A terminator of several bytes may have come half.
            self._searched = max(0, len(self._buffer) - len(self._terminator) + 1)
            if len(self._buffer) > self._longest:
                got = f"{len(self._buffer)} without an end"
                raise ValueError(f"expected a line of at most {self._longest} bytes, got {got}")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + len(self._terminator)]
        self._searched = 0
        return line

    @property
    def rest(self) -> bytes:
        """What was not taken, at most 40 bytes of it."""
        return bytes(self._buffer[:40])

    def clear(self) -> None:
        """Forget what was not taken."""
        self._buffer.clear()
        self._searched = 0
