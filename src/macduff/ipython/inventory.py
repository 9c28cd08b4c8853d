"""What of the connection of now is known without asking: its devices and their classes; through every switch."""

from __future__ import annotations

from collections.abc import Mapping

from macduff.client import Client, RemoteDevice

from .away import NotConnected
from .roster import Roster

__all__ = ["Inventory"]


class Inventory:
    """One per session; `client` is the one that it follows."""

    def __init__(self) -> None:
        self._client: Client | None = None
        self._roster: Roster | None = None

    def follow(self, client: Client | None) -> None:
        """Know the devices of this client from now on."""
        before, self._client, self._roster = self._roster, client, None if client is None else Roster(client)
        if before is not None:
            before.close()

    @property
    def client(self) -> Client:
        """The client of now; NotConnected when there is none."""
        if self._client is None:
            raise NotConnected
        return self._client

    def devices(self) -> Mapping[str, RemoteDevice]:
        """The devices that are described already, in the server's order."""
        return {} if self._roster is None else self._roster.known()

    def names(self) -> tuple[str, ...]:
        """All devices, described or not."""
        return () if self._roster is None else self._roster.names

    def classes(self) -> dict[str, list[str]]:
        """The names of the devices of each class."""
        return {} if self._roster is None else self._roster.classes()

    def settle(self, timeout: float) -> bool:
        """Wait until the devices that were listed are described; False after `timeout` seconds."""
        return self._roster is None or self._roster.settle(timeout)
