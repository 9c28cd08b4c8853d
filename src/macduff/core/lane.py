"""The change lane: what happened, in order, on its way to the Process thread (rules 2, 5, 6)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .attribute import Attribute
    from .device import Device

__all__ = ["Segment"]

Now = tuple[Any, Any, int, int]  # value, alarm, time, sequence: a Reading before it is published


class Segment:
    """The changes of one device between two barriers; filled under the device's value mutex."""

    __slots__ = ("device", "every", "extra", "latest", "lost", "published", "sequence")

    def __init__(self, device: Device) -> None:
        self.device = device
        self.latest: dict[Attribute[Any], Now] = {}
        self.extra: dict[str, Any] = {}
        self.every: dict[Attribute[Any], deque[Now]] = {}
        self.lost: dict[Attribute[Any], int] = {}
        self.published = False
        self.sequence = 0  # of the last change that is no reading

    def note(self, key: str, value: Any) -> None:
        """Keep a change that is no reading; it has a sequence as readings do, so that those of items never go back."""
        self.device._sequence += 1
        self.sequence = self.device._sequence
        self.extra.pop(key, None)  # in the order of the newest: what fields there are, then what is said of them
        self.extra[key] = value

    def keep(self, attribute: Attribute[Any], now: Now, bound: int) -> None:
        """Keep each change of a watched attribute; the oldest go beyond the bound, counted."""
        kept = self.every.get(attribute)
        if kept is None:
            kept = self.every[attribute] = deque(maxlen=bound)
        elif len(kept) == bound:
            self.lost[attribute] = self.lost.get(attribute, 0) + 1
        kept.append(now)
