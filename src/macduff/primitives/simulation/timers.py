"""Wake-ups in virtual time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from .task import SimTask

__all__ = ["Timers"]


class Timers:
    """Times in ns. A task that was woken otherwise has a new ticket, and its old timers are skipped."""

    __slots__ = ("_heap", "_order", "_tidy_at")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, int, SimTask]] = []
        self._order = 0
        self._tidy_at = 256

    def add(self, due: int, task: SimTask) -> None:
        """Wake the task at `due`."""
        self._order += 1
        heapq.heappush(self._heap, (due, self._order, task.ticket, task))
        if len(self._heap) > self._tidy_at:
            self._heap = [entry for entry in self._heap if entry[3].ticket == entry[2]]
            heapq.heapify(self._heap)
            self._tidy_at = max(256, 2 * len(self._heap))

    def next_due(self) -> int | None:
        """When the next task is to be woken."""
        heap = self._heap
        while heap:
            due, _, ticket, task = heap[0]
            if task.ticket == ticket:
                return due
            heapq.heappop(heap)
        return None

    def expired(self, now: int) -> Iterator[SimTask]:
        """Those to be woken up to `now`, in order of their times and, at the same time, of their waits."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            _, _, ticket, task = heapq.heappop(heap)
            if task.ticket == ticket:
                yield task

    def clear(self) -> None:
        self._heap.clear()
