"""The history of one attribute: filled by whoever updates it, under the device's value mutex (decision 19)."""

from __future__ import annotations

import sys
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from ..values import History, VType
from .lane import Now
from .stores import EMPTY, Columns, Objects, Store, same_kind, store_for

if TYPE_CHECKING:
    from .attribute import Attribute
    from .keeping import Keeper

__all__ = ["FEW", "MANY", "PAGE", "Ring", "nothing", "present"]

PAGE = 2048
"""Bytes are taken and given back in pages, so that no counter has to be locked."""

FEW, MANY = 64, 1024
"""Readings that may wait to be put into columns."""

_WAITING = 216
"""Bytes of a reading that waits: a tuple, its numbers, and its place."""


class Ring:
    """Readings in pages of the keeper's. Every method is called under the device's value mutex.

    The attribute's `_keep` is what a new reading is given to: `begin` of this while nothing waits; then the `append` of
    what waits, which costs an update next to nothing; `add` for what cannot wait, because its size is not known before.
    What it returns is true when the Process must be woken.
    """

    __slots__ = ("_attribute", "_before", "_keeper", "_last", "_store", "_waiting", "closed", "pages", "reserved")

    def __init__(self, attribute: Attribute[Any], keeper: Keeper) -> None:
        self._attribute = attribute
        self._keeper = keeper
        self._store: Store | None = None
        self._waiting: deque[Now] | None = None
        self._last = -1  # the sequence of the newest that is kept
        self.pages = 0  # that hold readings
        self.reserved = 0  # for those that wait
        self.closed = False
        self._before: Now | None = attribute._now
        attribute._keep = self.begin

    @property
    def mutex(self) -> Any:
        """What every method but the constructor is called under."""
        return self._attribute._mutex

    # who updates

    def begin(self, now: Now) -> bool:
        """The first reading since the last sweep that found none."""
        store = self._open(now) if self._store is None else self._store
        if store is None:
            self._attribute._keep = nothing
            return False
        if not isinstance(store, Columns):
            self._attribute._keep = self.add
            return self.add(now)
        if not self._reserve(self._keeper.waiting()) and not self._reserve(FEW):
            return self.add(now)  # and the next one asks again
        self._attribute._keep(now)
        return self._keeper.began(self)

    def _open(self, now: Now) -> Store | None:
        """A store, and in it what was before the first update, whatever clock that was bound with."""
        self._store = store_for(self._attribute.vtype)
        before, self._before = self._before, None
        if before is not None:
            self._extend(((*before[:2], min(before[2], now[2]), before[3]),))
        return self._store

    def _reserve(self, readings: int) -> bool:
        """Let so many wait; what waits already goes into the store before."""
        pages = -(-readings * _WAITING // PAGE)
        more = pages - self.reserved
        if more > 0 and not self._keeper.reserve(more):
            return False
        self.settle()
        if more < 0:
            self._keeper.release(-more)
        self.reserved = pages
        self._waiting = deque(maxlen=readings)
        self._attribute._keep = self._waiting.append  # type: ignore[assignment]  # its None is as good as False
        return True

    def add(self, now: Now) -> bool:
        """Put a reading into the store at once."""
        self._extend((now,))
        return self._keeper.low and self._keeper.wanted()

    def _extend(self, readings: tuple[Now, ...] | list[Now]) -> None:
        store, limits = self._store, self._keeper.limits
        if store is None:
            return
        if store.extend(readings, limits.history_size):
            self._last = readings[-1][3]
        most = limits.history_readings
        if len(store) > most:
            store.drop(len(store) - most + most // 8)  # some more, for each time copies the rest
        if store.weight > limits.history_size:
            store.shrink(limits.history_size * 7 // 8)
        self._fit(store)

    def _fit(self, store: Store) -> None:
        """As many pages as the store needs, or as much in the store as there are pages for."""
        more = -(-store.weight // PAGE) - self.pages if len(store) else -self.pages
        if more > 0:
            taken = self._keeper.take(more)
            self.pages += taken and more
            if not taken:
                store.shrink(self.pages * PAGE * 7 // 8)
                more = -(-store.weight // PAGE) - self.pages if len(store) else -self.pages
        if more < 0:
            self._keeper.give(-more)
            self.pages += more

    # the keeper, on the Process thread, and readers

    def settle(self) -> int:
        """Put what waits into the store; how many those were."""
        waiting = self._waiting
        if not waiting:
            return 0
        readings = list(waiting)
        waiting.clear()
        if len(readings) == waiting.maxlen:
            self._keeper.bursts += 1
        self._extend(readings)
        return len(readings)

    def sweep(self) -> bool:
        """Once a second: whether there was anything new. Twice as much as came just now may come until the next."""
        waiting = self._waiting
        if waiting is None or self.closed:
            return False
        count, most = self.settle(), waiting.maxlen or 0
        if not count:
            self._waiting = None
            self._attribute._keep = self.begin
            self._keeper.release(self.reserved)
            self.reserved = 0
            return False
        wanted = max(FEW, min(1 << (2 * count - 1).bit_length(), MANY)) if count < most else MANY
        if wanted < most or wanted <= self._keeper.waiting() > most:
            self._reserve(wanted)
        return True

    def shrink(self, pages: int) -> None:
        """Give way to others."""
        store = self._store
        if store is not None and self.pages > pages:
            store.shrink(max(EMPTY, pages * PAGE * 7 // 8))
            self._fit(store)

    def retyped(self, vtype: VType[Any]) -> None:
        """The attribute gets that type. What was of another kind, or in other units, is no history of it."""
        if not same_kind(self._attribute.vtype, vtype):
            self._forget()
            self._attribute._keep = self.begin if not self.closed else nothing

    def close(self) -> None:
        """The attribute is no part of a Process any more."""
        self.closed = True
        self._forget()
        self._attribute._keep = nothing

    def _forget(self) -> None:
        self._keeper.give(self.pages)
        self._keeper.release(self.reserved)
        self.pages = self.reserved = 0
        self._store = self._waiting = self._before = None
        self._last = -1

    def history(self, count: int) -> History:
        """A copy of the newest so many, one at least; what is now is among them, were there room for it or not."""
        self.settle()
        now, store = self._attribute._now, self._store
        if store is not None and len(store) and self._last == now[3]:
            return store.history(count)
        newest = present(self._attribute)
        if store is None or not len(store):
            return newest
        return _joined(store.history(count - 1), newest)


def present(attribute: Attribute[Any]) -> History:
    """What it is now, as a history of one."""
    store = store_for(attribute.vtype)
    store = Objects() if store is None else store
    store.extend((attribute._now,), sys.maxsize)
    return store.history(1)


def _joined(kept: History, newest: History) -> History:
    """What is kept, and behind it what there was no room for."""
    if not len(kept) or not len(newest):
        return newest if len(newest) else kept
    numbers = isinstance(kept.values, np.ndarray)
    values = np.concatenate((kept.values, newest.values)) if numbers else (*kept.values, *newest.values)
    alarm = newest.alarms[0][1]
    more = () if kept.alarms[-1][1] == alarm else ((len(kept), alarm),)
    return History.of(np.concatenate((kept.times, newest.times)), values, (*kept.alarms, *more))


def nothing(now: Now) -> bool:
    """What is told of an attribute that belongs to no Process, or is an action: it is not kept."""
    return False
