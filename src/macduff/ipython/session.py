"""What one shell has to do with macduff: its connection, what happened last, and what is to be undone."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from macduff.client import Client, ConnectionState

from .away import HOW_TO_CONNECT, NotConnected
from .failures import Failure
from .inventory import Inventory

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["HOW_TO_CONNECT", "Install", "NotConnected", "Session", "Undo"]

_log = logging.getLogger("macduff.ipython")

Undo = Callable[[], object]
"""Takes back what an install function did. It is called once, before the connection is closed."""

Switched = Callable[[Client | None], object]
"""Told, in the shell's thread, of the new client after a switch; of None when there is none any more."""


class Session:
    """One per shell. Everything here is for the shell's own thread, but for what a `Client` allows from others."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.failures: list[Failure] = []
        """The last errors of macduff that cells ended with, the latest last; for `lserr`."""
        self.inventory = Inventory()
        """What is known of the server's devices without asking."""
        self.before_names: list[Callable[[], object]] = []
        """Called before names are completed."""
        self.visited: list[str] = []
        """The servers that one was connected to, each once, the latest last."""
        self._client: Client | None = None
        self._switched: list[Switched] = []
        self._undo = contextlib.ExitStack()

    # ---- the connection

    @property
    def client(self) -> Client:
        """The client of now; NotConnected, which says what to do, when `switch` was not given an address yet."""
        return self.inventory.client

    @property
    def address(self) -> str:
        """The server, "ws://127.0.0.1:8008"; "" when there is none yet."""
        return "" if self._client is None else self._client.address

    @property
    def connected(self) -> bool:
        """Whether requests can be sent now."""
        return self._client is not None and self._client.state is ConnectionState.CONNECTED

    def use(self, client: Client | None) -> None:
        """Be connected by this client from now on, which the session then owns; the one before is closed."""
        if client is self._client:
            return
        before, self._client = self._client, client
        self.inventory.follow(client)
        if client is not None:
            self.visited = [*(address for address in self.visited if address != client.address), client.address]
        for told in list(self._switched):
            try:
                told(client)
            except Exception:
                _log.exception("after a switch to %s", self.address or "nothing")
        if before is not None:
            before.close()

    def on_switch(self, told: Switched) -> Undo:
        """Call `told(client)` now, when there is a client, and after each switch; the function that ends that."""
        self._switched.append(told)
        if self._client is not None:
            told(self._client)
        return lambda: self._switched.remove(told)

    # ---- the end

    def closing(self, undo: Undo) -> None:
        """Call this at the end, the latest first."""
        self._undo.callback(undo)

    def close(self) -> None:
        """Undo everything, and close the connection. Again does nothing."""
        try:
            self._undo.close()
        finally:
            self._switched.clear()
            self.use(None)


Install = Callable[[Session], Undo]
"""What each feature's module has as `install`: adds the feature to the session's shell; what takes it back."""
