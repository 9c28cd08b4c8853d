"""Every put and call of a client is answered, once, whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from macduff.convert.pva.types import sayable
from macduff.core import Outcome
from macduff.errors import BadValue, MacduffError

__all__ = ["Put", "Rpc", "answer", "ends", "origin_of", "refuse", "waits"]

Put = Callable[[Any], None]
Rpc = Callable[[Any], None]
"""Take p4p's operation; what they raise is its answer."""


def answer(operation: Any, name: str, act: Callable[[Any], None] | None, expected: str, got: str) -> None:
    """Have an operation done, or refused."""
    try:
        if act is None:
            raise BadValue(f"{name}: expected {expected}, got {got}")
        act(operation)
    except BaseException as error:
        refuse(operation, error)


def refuse(operation: Any, error: BaseException) -> None:
    """The kind first, for programs to tell errors apart."""
    if isinstance(error, MacduffError):
        text = f"{error.kind}: {error.message}"
    else:
        text = f"DeviceFailed: {type(error).__name__}: {error}"
    try:
        operation.done(error=sayable(text))
    except Exception:  # it was answered before, or its client has gone
        return


def ends(operation: Any, result: Callable[[Any], Any] | None = None) -> Callable[[Outcome], None]:
    """What answers an operation when its request ends. result: makes the reply of what was returned."""

    def end(outcome: Outcome) -> None:
        try:
            if outcome.error is not None:
                refuse(operation, outcome.error)
            elif result is None:
                operation.done()
            else:
                operation.done(result(outcome.value))
        except BaseException as error:
            refuse(operation, error)

    return end


def origin_of(operation: Any) -> str:
    """Who asked, as far as the protocol tells: the account is what the client says it is."""
    return f"pva {operation.account()}@{operation.peer().rpartition(':')[0]}"


def waits(operation: Any) -> bool:
    """Whether the client wants to hear when the put is complete, not only that it was taken."""
    return bool(operation.pvRequest().get("record._options.block", "true") != "false")
