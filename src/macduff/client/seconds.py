"""Time-outs that users give, checked before anything is sent."""

from __future__ import annotations

from math import isnan
from threading import TIMEOUT_MAX
from typing import overload

from macduff.errors import BadValue

__all__ = ["checked_seconds"]


@overload
def checked_seconds(timeout: float, where: str) -> float: ...
@overload
def checked_seconds(timeout: float | None, where: str) -> float | None: ...
def checked_seconds(timeout: float | None, where: str) -> float | None:
    """A time-out as it can be waited for, None for ever. BadValue when it is no number of seconds from 0 on."""
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not hasattr(timeout, "__float__") or isnan(timeout) or timeout < 0:
        raise BadValue.of(f"{where}: timeout", "seconds from 0 on, or None to wait for ever", timeout)
    return min(float(timeout), TIMEOUT_MAX)
