"""Watching an attribute: every change since the mark, in order (rule 10). Watch, then act, then next."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ..errors import Overrun, TimedOut
from ..values import Reading
from .blocking import block, current
from .lane import Now

if TYPE_CHECKING:
    from .attribute import Attribute

__all__ = ["Watch", "wait_for"]

T = TypeVar("T")


class Watch(Generic[T]):
    """`with device.watch(attribute) as w:` sees each change from there on; at most 10 000 are kept for it."""

    def __init__(self, attribute: Attribute[T]) -> None:
        self.attribute = attribute
        self._call = current(attribute._device)
        self._kept: deque[Now] = deque()
        self._lost = 0
        self._start = 0
        self._seen: tuple[deque[Now] | None, int] = (None, 0)  # of the segment that `latest` was called in

    def __enter__(self) -> Self:
        attribute = self.attribute
        with attribute._mutex:
            self._start = attribute._now[3]
            attribute._device._segment = None  # the mark: changes before it are in other segments (rule 6)
            attribute._device._awaited += 1
            attribute._watchers = (*attribute._watchers, self)
            attribute._listened += 1
            attribute._every += 1
        return self

    def __exit__(self, *_: object) -> None:
        attribute = self.attribute
        with attribute._mutex:
            attribute._device._awaited -= 1
            attribute._watchers = tuple(w for w in attribute._watchers if w is not self)
            attribute._listened -= 1
            attribute._every -= 1

    def deliver(self, kept: deque[Now], lost: int) -> None:
        """On the Process thread: what came since; wakes the call that waits for it."""
        bound = self.attribute._device._every_bound
        with self.attribute._mutex:
            if kept[-1][3] <= self._start:
                return  # all of it was before the mark
            if kept is self._seen[0]:
                lost, self._seen = max(0, lost - self._seen[1]), (None, 0)  # the oldest of a segment are lost
            self._lost += lost
            for now in kept:
                if now[3] > self._start:
                    if len(self._kept) >= bound:
                        self._kept.popleft()
                        self._lost += 1
                    self._kept.append(now)
        self._call.wake()

    def next(self, timeout: float | None = None) -> T:
        """The oldest value not yet seen, waiting for it when there is none.

        timeout in seconds; TimedOut when nothing came. Overrun, once, when changes were lost.
        """
        value: T = self.next_reading(timeout).value
        return value

    def next_reading(self, timeout: float | None = None) -> Reading:
        """As `next`, with alarm and time stamp."""
        self._call = current(self.attribute._device)
        where = f"{self.attribute._device.name}.{self.attribute.name}"
        self._call.check()
        if not self._kept and not self._lost:
            block(self._call, f"a change of {where}", lambda: bool(self._kept or self._lost), timeout)
        with self.attribute._mutex:
            lost, self._lost = self._lost, 0
        if lost:
            raise Overrun(
                f"{where}: expected a watcher that keeps up, got {lost} changes too many; the oldest are gone"
            )
        if not self._kept:
            raise TimedOut(f"{where}: expected a change within {timeout} s, got none")
        return Reading(*self._kept.popleft())

    def latest(self) -> T:
        """The newest value; what came before it counts as seen. Never waits."""
        attribute = self.attribute
        current(attribute._device).check()
        with attribute._mutex:
            value: T = attribute._now[0]
            self._start = attribute._now[3]
            self._kept.clear()
            self._lost = 0
            segment = attribute._device._segment
            coming = None if segment is None else segment.every.get(attribute)
            if segment is not None and coming is not None:
                self._seen = (coming, len(coming) + segment.lost.get(attribute, 0))
        return value


def wait_for(attribute: Attribute[T], wanted: T | Callable[[T], bool], timeout: float | None = None) -> T:
    """`Attribute.wait_for`."""
    vtype = attribute.vtype

    def satisfied(value: Any) -> bool:
        return bool(wanted(value)) if callable(wanted) else vtype.equal(value, wanted)

    device = attribute._device
    current(device).check()
    clock = device._clock
    deadline = None if timeout is None else clock.monotonic() + timeout
    with Watch(attribute) as watch:
        value = attribute.value
        while not satisfied(value):
            left = None if deadline is None else max(0.0, deadline - clock.monotonic())
            try:
                value = watch.next(left)
            except Overrun:
                value = attribute.value
            except TimedOut:
                what = getattr(wanted, "__name__", "a condition") if callable(wanted) else repr(wanted)
                raise TimedOut(
                    f"{device.name}.{attribute.name}: expected {what} within {timeout} s, got {attribute.value!r}",
                    device=device.name,
                    member=attribute.name,
                ) from None
    return value
