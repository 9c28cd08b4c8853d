"""Something that is watched on the server, over all the connections that come and go."""

from __future__ import annotations

from typing import Any, Protocol

from macduff.errors import MacduffError

from .inbox import Policy
from .request import Done

__all__ = ["Subscription", "Watcher"]


class Watcher(Protocol):
    """Who hears of a subscription; called on the connection's loop, must be quick."""

    def value(self, value: Any, sequence: int, lost: int) -> None:
        """What is watched, whole, as the wire says it, never changed later; before it `lost` changes were left out.

        May raise a MacduffError for what is not what it expects to watch.
        """
        ...

    def gone(self, reason: str) -> None:
        """It cannot be seen now: no connection, or no such device; a value follows if it comes back."""
        ...

    def closed(self) -> None:
        """Nothing will follow: the client was closed."""
        ...


class Subscription:
    """A subscription that outlives its connection, and its device's removal.

    Until its first value it may fail, and is then over (`opened` says how it went). After that it ends only when it
    is closed: it is made again on each new connection, and when the list shows its device again (rule 25).
    """

    def __init__(self, path: tuple[str, ...], policy: Policy, watcher: Watcher, opened: Done) -> None:
        self.path = path
        self.policy: Policy = policy
        self.id: int | None = None
        """Its id on the present connection; None while it is not subscribed there."""
        self.seen = False
        """Whether it ever had a value."""
        self._away = False
        self._over = False
        self._watcher = watcher
        self._opened = opened

    @property
    def device(self) -> str:
        """The device it is about."""
        return self.path[0]

    def value(self, value: Any, sequence: int, lost: int) -> bool:
        """Hand a value on; the first one opens the subscription. False if it is over: that one was refused."""
        try:
            self._watcher.value(value, sequence, lost)
        except MacduffError as error:
            if not self.seen:
                self._opened(None, error)
                return False
            self._watcher.gone(error.message)
            return True
        self._away = False
        if not self.seen:
            self.seen = True
            self._opened(None, None)
        return True

    def ended(self, error: MacduffError) -> bool:
        """It is not subscribed any more; True if it is to be made again when that can be, False if it is over."""
        self.id = None
        if self._over:
            return False
        if self.seen:
            if not self._away:  # told once, however often it is tried again in vain
                self._away = True
                self._watcher.gone(error.message)
            return True
        self._opened(None, error)
        return False

    def closed(self, error: MacduffError) -> None:
        """The client was closed."""
        self._over = True
        if self.seen:
            self._watcher.closed()
        else:
            self._opened(None, error)
