"""The bound on open calls: who is refused, and who waits until one has ended (rule 13). Process thread only."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from ..errors import TooMany

if TYPE_CHECKING:
    from .call import Call, Request

__all__ = ["Room"]


class Room:
    """Counts open calls, those made for an abort apart: the workers that are left over are theirs.

    post: has something done on the Process thread later.
    """

    def __init__(self, most: int, post: Callable[[Callable[[], None]], None]) -> None:
        self._most = most
        self._post = post
        self.open = 0
        self._waiting: dict[Hashable, Callable[[], None]] = {}

    @property
    def full(self) -> bool:
        """Whether the bound is reached."""
        return self.open >= self._most

    def check(self, request: Request) -> None:
        """TooMany, before anything changed, when the bound is reached."""
        if not request.reserved and self.full:
            raise TooMany(
                f"{request.device.name}.{request.member}: expected at most {self._most} open calls, "
                f"got one more; try again when some have ended",
                device=request.device.name, member=request.member, state=request.device._machine.state.value,
                allowed=("abort",),
            )  # fmt: skip

    def enter(self, call: Call) -> None:
        """A call begins."""
        if not call.reserved:
            self.open += 1

    def leave(self, call: Call) -> None:
        """It has ended, or was given up."""
        if call.reserved:
            return
        self.open -= 1
        if self._waiting:
            self._post(self._admit)

    def when_free(self, who: Hashable, begin: Callable[[], None]) -> None:
        """Have something begun, in the order of coming, that nobody waits for; `who` waits once."""
        self._waiting.setdefault(who, begin)

    def _admit(self) -> None:
        while self._waiting and not self.full:
            self._waiting.pop(next(iter(self._waiting)))()
