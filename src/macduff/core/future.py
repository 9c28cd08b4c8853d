"""A future of a started call or put, waited for inside device code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from ..errors import MacduffError, TimedOut
from .blocking import block, current
from .call import Outcome

if TYPE_CHECKING:
    from .call import Call, Outside, Request

__all__ = ["Future"]

R = TypeVar("R")


class Future(Generic[R]):
    """The result to come of `start(...)`; belongs to the call that started it."""

    __slots__ = ("_call", "_observed", "_others", "_outcome", "request", "what")

    def __init__(self, call: Call | Outside, what: str) -> None:
        self._call = call
        self._others: tuple[Call | Outside, ...] = ()  # calls that wait for it too, such as a do_stop
        self._outcome: Outcome | None = None
        self._observed = False
        self.what = what
        self.request: Request | None = None

    def done(self) -> bool:
        """Whether it has ended; never waits."""
        return self._outcome is not None

    def result(self, timeout: float | None = None) -> R:
        """Wait for the end (the device's lock is released meanwhile) and return the result or raise the error.

        timeout in seconds; TimedOut when it is not met, and the call goes on.
        """
        call = current(self._call.device)
        self.awaited_by(call)
        if not block(call, f"the end of {self.what}", self.done, timeout):
            raise TimedOut(f"{self.what}: expected its end within {timeout} s")
        return self.value()

    def value(self) -> R:
        """The result of a done future, or its error raised."""
        outcome = self._outcome
        if outcome is None:
            raise RuntimeError(f"{self.what}: expected a call that has ended, got one that goes on; wait with result()")
        if outcome.error is not None:
            raise outcome.error
        result: R = outcome.value
        return result

    def observe(self) -> None:
        """Somebody waits for it: its error is theirs, not the next wait's (rule 14)."""
        self._observed = True

    def awaited_by(self, call: Call | Outside) -> None:
        """A call is about to wait for it, to be woken at its end."""
        self._observed = True
        if call is not self._call and call not in self._others:
            self._others = (*self._others, call)

    @property
    def seen(self) -> bool:
        """Whether somebody waits for it or took its error."""
        return self._observed

    def take_error(self) -> MacduffError | None:
        """The error that nobody has seen yet."""
        if self._observed or self._outcome is None:
            return None
        self._observed = True
        return self._outcome.error

    def resolve(self, outcome: Outcome) -> None:
        """Called once, from any thread."""
        self._outcome = outcome
        if outcome.error is not None and not self._observed:
            self._call.unseen.append(self)
        self._call.wake()
        for call in self._others:
            call.wake()
