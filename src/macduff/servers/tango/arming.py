"""Subscribers that were there before: a device that Tango made anew knows nothing of them until it is told.

Their clients hold the subscription and wait; Tango's own keep-alive does not notice that the device is another one. So
the server subscribes them again, by the command with which clients do, and pushes what is now.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import tango

from .shown import SUBSCRIBED

if TYPE_CHECKING:
    from .host import Host
    from .mirror import TangoMirror

__all__ = ["Arming"]

LOG = logging.getLogger("macduff.servers.tango")

MOST = 10_000
"""Names of devices that went whose subscriptions are kept in mind."""
_RELEASE = "6"
"""The release of the protocol in whose name clients are subscribed."""


class Arming:
    """What was subscribed to when a device went, and is to be when one of that name comes."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._wanted: dict[str, dict[tuple[str, str], None]] = {}
        self._due: dict[TangoMirror, dict[tuple[str, str], None]] = {}
        self._admin: Any = None

    def want(self, name: str, subscriptions: list[tuple[str, str]]) -> None:
        """A device goes, under the host's guard."""
        if subscriptions:
            self._wanted.setdefault(name, {}).update(dict.fromkeys(subscriptions))
            while len(self._wanted) > MOST:
                del self._wanted[next(iter(self._wanted))]

    def came(self, mirror: TangoMirror) -> None:
        """A device comes, under the host's guard."""
        wanted = self._wanted.pop(mirror.tango_name, None)
        if wanted:
            self._due.setdefault(mirror, {}).update(wanted)

    @property
    def due(self) -> bool:
        """Whether `turn` has anything to do."""
        return bool(self._due)

    def turn(self) -> None:
        """Without the guard: the command comes in by Tango's own thread, and may wait for others'."""
        if not self._due:
            return
        due, self._due = self._due, {}
        for mirror, wanted in due.items():
            there = {*mirror.attributes, "State", "Status"}
            for attribute, event in wanted:
                if attribute in there:
                    self._subscribe(mirror, attribute, event)
            with self._host.guard:
                self.want(mirror.tango_name, [each for each in wanted if each[0] not in there])
                if mirror.device is not None:
                    mirror.push_all()

    def _subscribe(self, mirror: TangoMirror, attribute: str, event: str) -> None:
        device = mirror.device
        if device is None or device.is_there_subscriber(attribute, SUBSCRIBED[event]):
            return  # Tango remembers by itself over a restart
        try:
            if self._admin is None:
                self._admin = tango.DeviceProxy(self._host.admin_address)
            arguments = [mirror.tango_name, attribute, "subscribe", event, _RELEASE]
            self._admin.command_inout("ZmqEventSubscriptionChange", arguments)
        except tango.DevFailed as error:
            LOG.warning("%s/%s: subscribers of %s must subscribe again: %s", mirror.tango_name, attribute, event,
                        error.args[0].desc)  # fmt: skip
