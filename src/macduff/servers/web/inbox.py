"""What the Process thread hands to the server's loop: merged while it waits, one wake-up for all of it."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import Any

from macduff.protocol.model import SEvent

__all__ = ["Inbox", "Slot"]

Item = tuple[Any, ...]


class Slot:
    """One listener's way into the inbox; the queue that it is given.

    Changes that wait behind no reply are merged, newest wins, so that a loop that falls behind costs one set of
    changes a listener. `every`: they are kept one by one, at most `bound`; the oldest go, and an Overrun says how many.
    """

    __slots__ = ("_bound", "_generation", "_inbox", "_lost", "_waiting", "closed", "every", "member")

    def __init__(self, inbox: Inbox, member: str, every: bool, bound: int) -> None:
        self.member = member
        self.every = every
        self.closed = False
        self._inbox = inbox
        self._bound = bound
        self._generation = -1
        self._waiting: deque[Item] | list[Any] = []
        self._lost: Counter[tuple[str, str]] = Counter()

    def put(self, item: Item) -> None:
        """Never blocks; from the Process thread. Everything but changes is a barrier to merging."""
        inbox = self._inbox
        with inbox.lock:
            if item[0] is not SEvent.Changes:
                self._generation = -1
                inbox.add(self, item)
            elif self._generation == inbox.generation:
                self._merge(item)
                return  # the loop was woken for what this is merged into
            else:
                self._generation = inbox.generation
                self._waiting = deque((item,)) if self.every else list(item)
                inbox.add(self, self._waiting)
            wake = inbox.begin()
        if wake:
            inbox.wake()

    def _merge(self, item: Item) -> None:
        waiting = self._waiting
        if isinstance(waiting, deque):
            if len(waiting) >= self._bound:
                lost = waiting.popleft()
                self._lost.update((lost[1], name) for name in lost[2])
            waiting.append(item)
            return
        if len(waiting) == 4:
            waiting[2] = dict(waiting[2])  # the Process gives the same mapping to every listener
            waiting.append("merged")
        waiting[2].update(item[2])
        waiting[3] = item[3]

    def unpack(self, entry: Any) -> Iterator[Item]:
        """The items of an entry, on the loop."""
        if isinstance(entry, deque):
            lost, self._lost = self._lost, Counter()
            for (device, name), count in lost.items():
                yield (SEvent.Overrun, device, name, count)
            yield from entry
        else:
            yield tuple(entry[:4])


class Inbox:
    """Where changes and replies wait for the loop, in order. `wake` is called when something waits and nothing did."""

    def __init__(self, wake: Callable[[], object]) -> None:
        self.wake = wake
        self.lock = threading.Lock()
        self.generation = 0
        self._entries: list[tuple[Slot | None, Any]] = []
        self._woken = False

    def slot(self, member: str = "", *, every: bool = False, bound: int = 0) -> Slot:
        """A new listener's queue."""
        return Slot(self, member, every, bound)

    def reply(self, reply: object, outcome: object) -> None:
        """The end of a request; nothing that comes later is merged into what came before it."""
        with self.lock:
            self.generation += 1
            self._entries.append((None, (reply, outcome)))
            wake = self.begin()
        if wake:
            self.wake()

    def take(self) -> Iterator[tuple[Slot | None, Item]]:
        """Everything that waits, each with the slot that it came by, None for replies; on the loop, after a wake-up."""
        with self.lock:
            entries, self._entries = self._entries, []
            self.generation += 1
            self._woken = False
        for slot, entry in entries:
            if slot is None:
                yield None, entry
            elif not slot.closed:
                for item in slot.unpack(entry):
                    yield slot, item

    def add(self, slot: Slot, entry: Any) -> None:
        """Under the lock: one more that waits."""
        self._entries.append((slot, entry))

    def begin(self) -> bool:
        """Under the lock: whether the loop must be woken; once for all that waits."""
        woken, self._woken = self._woken, True
        return not woken

    def __len__(self) -> int:
        return len(self._entries)
