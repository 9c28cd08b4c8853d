"""Who wants to hear of the state of a connection."""

from __future__ import annotations

import logging
from collections.abc import Callable

from .connection import StateCallback
from .state import ConnectionState

__all__ = ["StateListeners"]

_log = logging.getLogger("macduff.client")


class StateListeners:
    """Hands each change of state on, through `run`: at once for a client on the loop, on a thread for another."""

    def __init__(self, run: Callable[[Callable[[], object]], object]) -> None:
        self._run = run
        self._callbacks: dict[object, StateCallback] = {}

    def add(self, callback: StateCallback) -> Callable[[], None]:
        """Call back from now on; the function that ends that."""
        key = object()
        self._callbacks[key] = callback

        def end() -> None:
            self._callbacks.pop(key, None)

        return end

    def changed(self, state: ConnectionState, reason: str) -> None:
        """The connection has a new state; called on the loop."""
        if self._callbacks:
            self._run(lambda: self._tell(state, reason))

    def _tell(self, state: ConnectionState, reason: str) -> None:
        for callback in list(self._callbacks.values()):
            try:
                callback(state, reason)
            except Exception:
                _log.exception("a callback for the state of a connection raised")
