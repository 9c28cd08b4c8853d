"""The preemption points at which something is due: an injection, a garbage collection, the end of patience."""

from __future__ import annotations

import gc
from collections.abc import Callable

from .options import Options

__all__ = ["Marks", "operation_name"]

COLLECT_EVERY = 1_000_000
"""Points between two garbage collections. They must not come when they like, for finalizers run code."""


def operation_name(operation: Callable[[], object]) -> str:
    return str(getattr(operation, "__name__", None) or repr(operation))


class Marks:
    """`next` is the first point that needs a look, so that all others cost one comparison."""

    __slots__ = ("_collect_at", "_moved_at", "_operations", "_patience", "injected", "next")

    def __init__(self, options: Options) -> None:
        self._operations: dict[int, Callable[[], object]] = {}
        self._patience = options.step_limit
        self._moved_at = 0
        self._collect_at = COLLECT_EVERY
        self.injected: dict[int, str] = {}
        self.next = 0
        for point, operation in options.inject.items():
            self.inject(point, operation)

    def inject(self, point: int, operation: Callable[[], object]) -> None:
        """Have the operation run at that point."""
        if point < 1:
            raise ValueError(f"inject: expected the number of a point, 1 or more, got {point!r}")
        self._operations[point] = operation
        self.next = 0

    def time_passed(self, point: int) -> None:
        """Patience begins anew."""
        self._moved_at = point

    def too_long(self, point: int) -> bool:
        """Whether patience is at its end."""
        return point - self._moved_at > self._patience

    def reached(self, point: int) -> Callable[[], object] | None:
        """What is to be injected here, if anything; finds the next point that needs a look."""
        operation = self._operations.pop(point, None)
        if operation is not None:
            self.injected[point] = operation_name(operation)
        if point >= self._collect_at:
            self._collect_at = point + COLLECT_EVERY
            gc.collect()
        later = [at for at in self._operations if at > point]
        self.next = min([self._moved_at + self._patience + 1, self._collect_at, *later])
        if self.next <= point:
            self.next = point + 1
        return operation
