"""What a client knows of one device, kept true: asked for again when its fields change or when it comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from macduff.errors import MacduffError
from macduff.protocol.model import OPENS_MEMBERS

from .connection import Connection
from .describe import device_info
from .model import AttributeInfo, DeviceInfo
from .names import UnknownName, unknown_member
from .request import Done, Request
from .subscription import Subscription

__all__ = ["Mirror"]

_UNKNOWN = DeviceInfo("")


class Mirror:
    """The description of a device; `info` may be read from any thread, and is replaced as a whole."""

    def __init__(self, name: str, connection: Connection) -> None:
        self.name = name
        self.info = _UNKNOWN
        self.opened: dict[str, AttributeInfo] = {}
        """What is known of attributes under other names than their own, for which the device opened them."""
        self._connection = connection
        self._waiting: list[Done] = []
        self._stale = False
        self._subscription: Subscription | None = None

    def attribute(self, name: str) -> AttributeInfo:
        """What is known of an attribute; UnknownName when there is none, or none any more."""
        found = self.info.attributes.get(name) or self.opened.get(name)
        if found is None and name in self.info.methods:
            what = f"{self.name}.{name}: expected an attribute, got a method: call it"
            raise UnknownName(what, device=self.name, member=name)
        if found is None:
            raise unknown_member(self.name, name, self.info.attributes, "attribute")
        return found

    def may_open(self, name: str) -> bool:
        """Whether the device opens attributes that it does not show, and has not been asked for this one."""
        info = self.info
        return OPENS_MEMBERS in info.tags and name not in self.opened and name not in info.fields

    @property
    def described(self) -> DeviceInfo:
        """`info`, with what was opened."""
        info = self.info
        return replace(info, attributes={**self.opened, **info.attributes}) if self.opened else info

    def open(self, done: Done) -> None:
        """`done` hears when the description is there, or the error that there is instead."""
        if self.info is not _UNKNOWN:
            done(None, None)
            return
        self._waiting.append(done)
        if len(self._waiting) > 1:
            return
        self._subscription = self._connection.subscribe((self.name, "meta"), "latest", self, _ignore)
        self._ask()

    def _ask(self) -> None:
        request = Request("get", self.name, "", self._told)
        self._connection.send(request, lambda session: session.get((self.name,)))

    def _told(self, block: Any, error: MacduffError | None) -> None:
        if error is None:
            try:
                self.info = device_info(self.name, block)
                self._stale = False
            except (LookupError, TypeError, ValueError, AttributeError) as reason:
                error = MacduffError(f"{self.name}: its description was not understood: {reason}", device=self.name)
        if error is not None and self._waiting and self._subscription is not None:
            self._connection.unsubscribe(self._subscription)  # it will not be used
        waiting, self._waiting = self._waiting, []
        for done in waiting:
            done(None, error)

    # a Watcher of the device's meta

    def value(self, value: Any, sequence: int, lost: int) -> None:
        """The list of fields, now or on a new connection: the description may have changed with it."""
        known = self.info.listed
        if self.info is not _UNKNOWN and (self._stale or tuple(value.get("fields", ())) != known):
            self._ask()

    def gone(self, reason: str) -> None:
        """What comes back may be another device: ask again then. Until then the old description serves completion."""
        self._stale = True

    def closed(self) -> None:
        """Nothing: the description stays readable."""


def _ignore(value: Any, error: MacduffError | None) -> None:
    """The Get tells what is wrong."""
