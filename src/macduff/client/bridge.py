"""A synchronous client's side of the core: the threads, and waiting for what happens on the loop."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, TypeVar

from macduff.errors import Disconnected

from .address import Address
from .carrier import OpenCarrier
from .connection import StateCallback
from .core import Core
from .future import CallFuture
from .loop import CallbackThread, LoopThread
from .request import Done, Request
from .state import ConnectionState
from .states import StateListeners
from .waiting import result_of

__all__ = ["Around", "Bridge"]

_log = logging.getLogger("macduff.client")
_CALLBACK_GRACE = 5.0

T = TypeVar("T")
Kind = Literal["get", "put", "call"]
Around = Callable[[CallFuture[Any]], AbstractContextManager[Callable[[], object] | None]]
"""What is entered while somebody waits for a call, before it is sent; it may give what is to be done meanwhile."""


class Bridge:
    """Owns the loop's thread, the callbacks' thread and the core; any thread may use it.

    It closes itself when nothing refers to it any more: no client, device, method, attribute, subscription or open
    call.
    """

    def __init__(self, address: Address, open_carrier: OpenCarrier, timeout: float) -> None:
        self.timeout = timeout
        """Seconds that a get may take."""
        self.around: Around = _nothing_around
        self.callbacks = CallbackThread(f"macduff client {address.short}: callbacks")
        self._states = StateListeners(self.callbacks.soon)
        self._loop = LoopThread(f"macduff client {address.short}")
        self.core = result_of(self._loop.submit(_make(address, open_carrier, self._states.changed)))
        self._closer = weakref.finalize(self, _close, self._loop, self.core, self.callbacks)

    def open(self, retry: bool) -> None:
        """Connect for the first time; everything is closed when that fails."""
        try:
            result_of(self._loop.submit(self.core.connection.open(self.timeout, retry)))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the connection and both threads; again does nothing."""
        self._closer()

    # ---- waiting

    def soon(self, function: Callable[..., object], *args: object) -> None:
        """Run function(*args) on the loop; after `close` nothing runs any more."""
        try:
            self._loop.soon(function, *args)
        except RuntimeError:  # the loop is closed
            _log.debug("after the end of the client: %r", function)

    def request(self, kind: Kind, device: str, member: str, send: Callable[[Request], None]) -> CallFuture[Any]:
        """A request on its way: `send(request)` runs on the loop."""
        future: CallFuture[Any] = CallFuture(kind, device, member)
        self._launch(future, send)
        return future

    def call(
        self, device: str, method: str, parameters: Mapping[str, Any]
    ) -> tuple[CallFuture[Any], Callable[[], None]]:
        """A call that is not sent yet, and the function that sends it."""
        abort = None if method == "abort" else lambda: self.abort(device)
        future: CallFuture[Any] = CallFuture("call", device, method, abort, parameters)
        return future, lambda: self._launch(future, lambda request: self.core.call(request, parameters))

    def abort(self, device: str) -> CallFuture[None]:
        """Send abort to a device."""
        future, send = self.call(device, "abort", {})
        send()
        return future

    def _launch(self, future: CallFuture[Any], send: Callable[[Request], None]) -> None:
        try:
            self._loop.soon(send, future.request)
        except RuntimeError:
            future.finish(None, future.request.not_sent(self.core.server, "the client was closed"))

    def ask(self, what: str, ask: Callable[[Done], None], timeout: float | None = None) -> Any:
        """Wait for what `ask(done)`, run on the loop, reports; TimedOut after `timeout` (the client's) seconds."""
        seconds = self.timeout if timeout is None else timeout
        return self.request("get", what, "", lambda request: ask(request.done)).result(seconds)

    def run(self, what: str, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and wait for its result; Disconnected once the client was closed."""
        try:
            running = self._loop.submit(coroutine)
        except RuntimeError as error:
            raise Disconnected(f"{what}: {self.core.server}: not asked for: {error}") from None
        return result_of(running)

    # ---- the state of the connection

    @property
    def state(self) -> ConnectionState:
        """What the connection is doing now."""
        return self.core.connection.state

    @property
    def reason(self) -> str:
        """Why it is not connected; "" while it is."""
        return self.core.connection.reason

    def on_state(self, callback: StateCallback) -> Callable[[], None]:
        """Call back(state, reason) after each change of state; the function that ends that."""
        return self._states.add(callback)

    def wait_connected(self, timeout: float | None) -> None:
        """Wait until it is connected; TimedOut after `timeout` seconds, Disconnected once it is closed."""
        connection = self.core.connection
        try:
            waiting = self._loop.submit(connection.wait_connected(timeout))
        except RuntimeError:
            raise Disconnected(f"{self.core.server}: {connection.reason}") from None
        result_of(waiting)


def _nothing_around(future: CallFuture[Any]) -> AbstractContextManager[None]:
    return nullcontext()


async def _make(address: Address, open_carrier: OpenCarrier, on_state: StateCallback) -> Core:
    return Core(address, open_carrier, on_state)  # on the loop, whose primitives it makes


def _close(loop: LoopThread, core: Core, callbacks: CallbackThread) -> None:
    loop.finish(core.connection.close)
    if not callbacks.stop(_CALLBACK_GRACE):
        _log.warning("%s: a callback of the client did not end and is left behind", core.server)
