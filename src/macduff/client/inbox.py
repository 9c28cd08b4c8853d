"""A bounded queue between the connection and whoever reads a subscription: it merges or drops, and counts."""

from __future__ import annotations

from collections import deque
from typing import Generic, Literal, TypeVar, get_args

from macduff.limits import DEFAULTS

__all__ = ["Inbox", "Policy", "check_policy"]

T = TypeVar("T")

Policy = Literal["latest", "every"]


def check_policy(policy: str) -> Policy:
    """The policy, or ValueError."""
    for known in get_args(Policy):
        if policy == known:
            return policy  # type: ignore[return-value]  # it is one of the Literal's own values
    raise ValueError(f"policy: expected 'latest' or 'every', got {policy!r}")


class Inbox(Generic[T]):
    """What has arrived and was not read yet; not locked, its owner does that.

    `latest` keeps the newest only; `every` keeps up to `size`, and then the oldest go. `dropped` counts what was
    never read, here or on the way.
    """

    def __init__(self, policy: Policy, size: int | None = None) -> None:
        if size is not None and size < 1:
            raise ValueError(f"size: expected 1 or more, got {size}")
        bound = 1 if policy == "latest" else DEFAULTS.every_changes if size is None else size
        self._items: deque[T] = deque(maxlen=bound)
        self.dropped = 0

    def put(self, item: T, lost_before: int = 0) -> bool:
        """Take an item, before which `lost_before` others were lost on the way; True if the inbox was empty."""
        items = self._items
        was_empty = not items
        self.dropped += lost_before
        if len(items) == items.maxlen:
            self.dropped += 1
        items.append(item)
        return was_empty

    def get(self) -> T:
        """The oldest unread item; IndexError when there is none."""
        return self._items.popleft()

    def __len__(self) -> int:
        return len(self._items)
