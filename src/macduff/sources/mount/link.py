"""One mounted device's subscription to its home: what comes is told to the device, what is asked is sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from macduff.client.address import Address
from macduff.client.connection import Connection
from macduff.client.core import plain
from macduff.client.request import Request
from macduff.client.subscription import Subscription
from macduff.core.forwarded import away, reshape, tell, usable
from macduff.errors import BadValue, Disconnected, MacduffError
from macduff.limits import DEFAULTS

from .homes import HOMES
from .shape import Shape

if TYPE_CHECKING:
    from macduff.core.forwarded import ForwardedDevice

__all__ = ["Link"]

LOG = logging.getLogger("macduff.mount")
Done = Callable[[Any, MacduffError | None], None]


class Link:
    """Between a device here and its home. `put` and `call` from any thread, the rest on the loop of all homes."""

    def __init__(self, device: ForwardedDevice, address: Address, there: str) -> None:
        self.address = address
        self.joined = False
        """Whether it counts among the homes' links; theirs."""
        self._device = device
        self._there = there
        self._connection: Connection | None = None
        self._subscription: Subscription | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._shape = Shape(there)
        self._closed = False

    # from any thread

    def open(self) -> None:
        """Begin."""
        HOMES.join(self)

    def close(self) -> None:
        """End; returns when nothing more comes. Again does nothing."""
        HOMES.leave(self)

    def put(self, values: Mapping[str, Any], readback: bool, done: Done) -> None:
        wire = {name: plain(value) for name, value in values.items()}
        request = Request("put", self._there, "", done)
        self._send(request, lambda session: session.put((self._there,), wire, readback=readback))

    def call(self, method: str, arguments: Mapping[str, Any], done: Done) -> None:
        wire = {name: plain(value) for name, value in arguments.items()}
        request = Request("call", self._there, method, lambda value, error: self._result(method, value, error, done))
        self._send(request, lambda session: session.post((self._there, method), wire))

    def _send(self, request: Request, message: Callable[[Any], tuple[int, bytes | str]]) -> None:
        def send() -> None:
            if self._connection is None:
                request.done(None, request.not_sent(self.address.short, "not connected yet"))
            else:
                self._connection.send(request, message)

        if not HOMES.soon(send):
            request.done(None, request.not_sent(self.address.short, "it is not mounted any more"))

    def _result(self, method: str, value: Any, error: MacduffError | None, done: Done) -> None:
        if error is None and self._connection is not None:
            try:
                value = self._shape.result(method, value, self._connection.dialect)
            except (BadValue, LookupError, TypeError, ValueError) as reason:
                error = MacduffError(f"{self._there}.{method}: the reply was not understood: {reason}")
        done(None if error is not None else value, error)

    # on the loop

    def connected(self, connection: Connection) -> None:
        """The home can be reached: look for the device there."""
        self._connection = connection
        if self._subscription is None:
            self._subscribe()

    def unreachable(self, reason: str) -> None:
        """The home cannot be reached, and never could so far."""
        if self._subscription is None:
            self.gone(reason)

    def _subscribe(self) -> None:
        self._retry = None
        if self._closed or self._connection is None:
            return
        self._subscription = self._connection.subscribe((self._there,), "latest", self, self._opened)

    def _opened(self, _: Any, error: MacduffError | None) -> None:
        if error is None:
            return
        self._subscription = None
        self.gone(error.message)
        if not isinstance(error, Disconnected):  # there is no such device, yet
            loop = asyncio.get_running_loop()
            self._retry = loop.call_later(DEFAULTS.mount_retry_most, self._subscribe)

    def end(self) -> None:
        """Nothing is told any more."""
        self._closed = True
        if self._retry is not None:
            self._retry.cancel()
        if self._subscription is not None and self._connection is not None:
            self._connection.unsubscribe(self._subscription)

    # a Watcher of the device

    def value(self, value: Any, sequence: int, lost: int) -> None:
        """The device's structure, whole."""
        if self._closed or self._connection is None:
            return
        device, shape = self._device, self._shape
        try:
            shape.take(value)
            if shape.changed:
                reshape(device, shape.attributes(), shape.methods(), label=shape.label, description=shape.description,
                        tags=shape.tags)  # fmt: skip
            if shape.usable_changed:
                usable(device, shape.usable)
            for name, reading, setpoint, vtype in shape.news(self._connection.dialect):
                tell(device, name, reading, setpoint, vtype)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            LOG.exception("%s: what its home says was not understood", device.name)
            self.gone(f"what its home says was not understood: {error}")

    def gone(self, reason: str) -> None:
        """It cannot be seen now."""
        self._shape.forget()
        away(self._device, f"{self.address.short}: {reason}")

    def closed(self) -> None:
        """Nothing: this end closed it."""
