"""The errors of macduff that cells ended with, as they are kept for `lserr`."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from macduff.errors import MacduffError

__all__ = ["Failure", "macduff_error"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One of them: what was raised, the error of macduff in it, and what was typed."""

    raised: BaseException
    error: MacduffError
    cell: str
    number: int
    """The number of the cell, as in In[3]; 0 for one that is not counted."""
    address: str
    time: int = field(default_factory=time.time_ns)
    """When it came to the shell, in ns since 1970."""


def macduff_error(raised: BaseException | None) -> MacduffError | None:
    """The error itself, or the first of those that it was raised from or while handling."""
    seen: set[int] = set()
    while raised is not None and id(raised) not in seen:
        if isinstance(raised, MacduffError):
            return raised
        seen.add(id(raised))
        raised = raised.__cause__ or (None if raised.__suppress_context__ else raised.__context__)
    return None
