"""One connection to a server, kept alive: requests and subscriptions over the protocol's session, on one asyncio loop.

Everything here runs on that loop. The synchronous client has the loop in a thread, the asynchronous one is on its
user's; this is the core of both.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Any

from macduff.errors import Disconnected, MacduffError, TimedOut
from macduff.limits import DEFAULTS
from macduff.protocol.dialect import STRICT, Dialect

from .address import Address
from .carrier import Carrier, OpenCarrier
from .exchange import SUBPROTOCOLS, Exchange, Message
from .inbox import Policy
from .request import Done, Request
from .state import ConnectionState
from .subscription import Subscription, Watcher

__all__ = ["Connection", "StateCallback"]

_log = logging.getLogger("macduff.client")

StateCallback = Callable[[ConnectionState, str], object]
"""Called with the new state and the reason for it ("" for connected)."""


class Connection:
    """Connects, stays connected, and carries requests and subscriptions; see the functions for their promises."""

    def __init__(
        self,
        address: Address,
        open_carrier: OpenCarrier,
        on_state: StateCallback,
        reconnect_most: float = DEFAULTS.reconnect_most,
    ) -> None:
        """reconnect_most: the longest pause between two attempts, in seconds."""
        self.address = address
        self._reconnect_most = reconnect_most
        self.state = ConnectionState.CONNECTING
        self.reason = ""
        """Why it is not connected; "" while it is."""
        self.devices: dict[str, str] = {}
        """The labels of the devices by name, as the server listed them last."""
        self._settled = asyncio.Event()
        self._open_carrier = open_carrier
        self._on_state = on_state
        self._exchange: Exchange | None = None
        self._dialect = STRICT
        self._subscriptions: dict[Subscription, None] = {}
        self._list = Subscription((".", "blocks"), "latest", _List(self), self._listed)
        self._delay = DEFAULTS.reconnect_first
        self._opening: asyncio.Task[object] | None = None
        self._task: asyncio.Task[None] | None = None

    # ---- the life of the connection

    async def open(self, timeout: float, retry: bool = False) -> None:
        """Connect for the first time; Disconnected or TimedOut (seconds), and it is closed, when that fails.

        With `retry` a server that is not there yet is waited for until the timeout.
        """
        self._opening = asyncio.current_task()
        try:
            async with asyncio.timeout(timeout):
                carrier = await self._first(timeout, retry)
                self._task = asyncio.create_task(self._run(carrier), name=f"macduff client {self.address.short}")
                await self._settled.wait()
        except TimeoutError as error:  # TimedOut too
            late = TimedOut(f"{self.address.short}: expected a connection within {timeout:g} s{self._because(error)}")
            await self.close(late.message)
            raise late from None
        except BaseException as error:
            await self.close(str(error))
            raise
        finally:
            self._opening = None

    async def _first(self, timeout: float, retry: bool) -> Carrier:
        try:
            return await self._open_carrier(self.address.url, SUBPROTOCOLS, timeout)
        except Disconnected as error:
            if not retry:
                raise
            self.reason = error.message
        return await self._reopen()

    def _because(self, error: TimeoutError) -> str:
        reason = self.reason or (error.message if isinstance(error, TimedOut) else "")
        return f" ({reason})" if reason else ""

    async def wait_connected(self, timeout: float | None) -> None:
        """Wait until it is connected; TimedOut after `timeout` seconds, Disconnected once it is closed."""
        try:
            async with asyncio.timeout(timeout):
                await self._settled.wait()
        except TimeoutError:
            what = f"{self.address.short}: expected to be connected within {timeout:g} s ({self.reason})"
            raise TimedOut(what) from None
        if self.state is ConnectionState.CLOSED:
            raise Disconnected(f"{self.address.short}: {self.reason}")

    async def close(self, reason: str = "the client was closed") -> None:
        """End everything: open requests fail, subscriptions end. Again does nothing."""
        if self.state is ConnectionState.CLOSED:
            return
        self._become(ConnectionState.CLOSED, reason)
        for task in (self._opening, self._task):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        subscriptions, self._subscriptions = list(self._subscriptions), {}
        for subscription in subscriptions:
            subscription.closed(Disconnected(f"{'.'.join(subscription.path)}: {reason}"))
        self._drop_exchange(reason)

    def _become(self, state: ConnectionState, reason: str) -> None:
        self.state, self.reason = state, reason
        if state is ConnectionState.CONNECTED:
            self._delay = DEFAULTS.reconnect_first
        if state in (ConnectionState.CONNECTED, ConnectionState.CLOSED):
            self._settled.set()
        else:
            self._settled.clear()
        self._on_state(state, reason)

    async def _run(self, carrier: Carrier) -> None:
        while True:
            reason = await self._serve(carrier)
            self._become(ConnectionState.RECONNECTING, reason)
            self._drop_exchange(reason)
            carrier = await self._reopen()

    async def _serve(self, carrier: Carrier) -> str:
        """Carry on until the connection goes; the reason."""
        exchange = Exchange(self.address.short, carrier)
        self._exchange, self._dialect = exchange, exchange.session.dialect
        for subscription in (self._list, *self._subscriptions):
            exchange.subscribe(subscription, self._over)
        try:
            return await exchange.run()
        finally:
            await exchange.close()

    def _drop_exchange(self, reason: str) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.fail(reason)

    async def _reopen(self) -> Carrier:
        while True:
            # Not all clients at once: a server that comes back has enough to do.
            await asyncio.sleep(self._delay * random.uniform(0.8, 1.2))
            self._delay = min(2 * self._delay, self._reconnect_most)
            try:
                return await self._open_carrier(self.address.url, SUBPROTOCOLS, DEFAULTS.connect_time)
            except (Disconnected, TimedOut) as error:
                self.reason = error.message
            except Exception as error:  # a client that gave up for an unforeseen error would never come back
                _log.exception("%s: cannot connect", self.address.short)
                self.reason = f"{type(error).__name__}: {error}"

    # ---- the list of devices

    def _listed(self, _value: Any, error: MacduffError | None) -> None:
        """The list came for the first time on this client; an error is for `unlisted`."""
        if error is None:
            self._become(ConnectionState.CONNECTED, "")
        else:
            self.unlisted()

    def unlisted(self) -> None:
        """There is no list, now or ever: the connection went, or the server has none and is connected all the same."""
        if self._exchange is not None and self.state is not ConnectionState.CONNECTED:
            self._become(ConnectionState.CONNECTED, "")

    def set_devices(self, devices: dict[str, str]) -> None:
        """A list has come: on a new connection it says that the server is there, and it may bring devices back."""
        self.devices = devices
        if self._list.seen and self.state is ConnectionState.RECONNECTING:
            self._become(ConnectionState.CONNECTED, "")
        if self._exchange is None:
            return
        for subscription in self._subscriptions:
            if subscription.id is None and subscription.device in devices:
                self._exchange.subscribe(subscription, self._over)

    # ---- requests and subscriptions

    @property
    def dialect(self) -> Dialect:
        """How the present connection writes values; for what was just received on it."""
        return self._dialect

    def send(self, request: Request, message: Message) -> None:
        """Send a request with `message(session)`; its `done` is called once. Not connected: it fails at once."""
        exchange = self._exchange
        if exchange is None or self.state is not ConnectionState.CONNECTED:
            request.done(None, request.not_sent(self.address.short, self.reason or self.state))
            return
        exchange.request(request, message)

    def subscribe(self, path: tuple[str, ...], policy: Policy, watcher: Watcher, opened: Done) -> Subscription:
        """Watch what is at `path`; `opened` hears of the first value, or of the error that it is instead."""
        subscription = Subscription(path, policy, watcher, opened)
        exchange = self._exchange
        if exchange is None or self.state is not ConnectionState.CONNECTED:
            reason = self.reason or self.state
            opened(None, Disconnected(f"{'.'.join(path)}: not connected to {self.address.short} ({reason})"))
            return subscription
        self._subscriptions[subscription] = None
        exchange.subscribe(subscription, self._over)
        return subscription

    def _over(self, subscription: Subscription) -> None:
        self._subscriptions.pop(subscription, None)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Watch it no longer; again does nothing."""
        if subscription in self._subscriptions:
            del self._subscriptions[subscription]
            if self._exchange is not None:
                self._exchange.unsubscribe(subscription)


class _List:
    """Watches the server's list of devices."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def value(self, value: Any, sequence: int, lost: int) -> None:
        table = value.get("value") if isinstance(value, dict) else None
        columns = table if isinstance(table, dict) else {}
        names = [str(name) for name in columns.get("mri", ())]
        labels = [str(label) for label in columns.get("label", ())]
        labels += names[len(labels) :]
        self._connection.set_devices(dict(zip(names, labels, strict=False)))

    def gone(self, reason: str) -> None:
        """The last list stays, for completion while the server is away."""
        self._connection.unlisted()

    def closed(self) -> None:
        """Nothing: the connection that owns this is what was closed."""
