"""Idle tasks: what a device does again and again by itself (rule 27)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["idle_task", "period_of"]

F = TypeVar("F", bound=Callable[..., None])


def idle_task(*, period: float) -> Callable[[F], F]:
    """Decorator: run this method every `period` seconds under the device's lock, skipped while the device is busy."""
    if not period > 0:
        raise TypeError(f"idle_task: expected a period in seconds above 0, got {period!r}")

    def mark(function: F) -> F:
        function.__dict__["_idle_period"] = float(period)
        return function

    return mark


def period_of(member: Any) -> float | None:
    """The period of an idle task in seconds; None for anything else."""
    period = getattr(member, "_idle_period", None)
    return period if isinstance(period, float) else None
