"""Waiting for a reply in asyncio, and the result to come of a started call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Generator
from typing import Any, Generic, Literal, TypeVar

from macduff.errors import MacduffError

from .request import Request
from .seconds import checked_seconds

__all__ = ["AsyncCall", "reply_of"]

T = TypeVar("T")
_log = logging.getLogger("macduff.client")

Kind = Literal["get", "put", "call"]


def _request(kind: Kind, device: str, member: str) -> tuple[Request, asyncio.Future[Any]]:
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.add_done_callback(_seen)

    def done(value: Any, error: MacduffError | None) -> None:
        if future.done():  # nobody waits any more
            return
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    return Request(kind, device, member, done), future


async def reply_of(
    kind: Kind, device: str, member: str, send: Callable[[Request], object], timeout: float | None = None
) -> Any:
    """Send a request with `send(request)` and wait for its reply; TimedOut after `timeout` seconds."""
    request, future = _request(kind, device, member)
    timeout = checked_seconds(timeout, request.what)
    send(request)
    done, _ = await asyncio.wait([future], timeout=timeout)
    if not done and timeout is not None:
        future.cancel()  # `done` above then ignores the late reply
        raise request.late(timeout)
    return future.result()


class AsyncCall(Generic[T]):
    """A started call: await it for its result, as often as you like.

    `cancel()` does not only stop waiting: it sends abort to the device, and the call then ends, as a rule with Aborted.
    A task that is cancelled while it awaits this only stops waiting.
    """

    def __init__(
        self, device: str, method: str, send: Callable[[Request], object], abort: Callable[[], AsyncCall[None]] | None
    ) -> None:
        self._request, self._future = _request("call", device, method)
        self._abort = abort
        send(self._request)

    def __await__(self) -> Generator[Any, None, T]:
        return asyncio.shield(self._future).__await__()

    def done(self) -> bool:
        """Whether the call has ended."""
        return self._future.done()

    def result(self) -> T:
        """The result of an ended call, or its error raised; asyncio.InvalidStateError before the end."""
        result: T = self._future.result()
        return result

    def exception(self) -> BaseException | None:
        """The error of an ended call, None for success; asyncio.InvalidStateError before the end."""
        return self._future.exception()

    def cancel(self) -> bool:
        """Send abort to the device; False, and nothing sent, when the call has ended or is itself an abort."""
        return self.abort() is not None

    def abort(self) -> AsyncCall[None] | None:
        """Send abort to the device: the call of that abort; None when there was nothing to send."""
        return None if self.done() or self._abort is None else self._abort()

    async def or_abort(self) -> T:
        """The result; when the waiting task is cancelled the device is aborted and waited for until it is at rest.

        A second cancellation stops waiting.
        """
        try:
            return await self
        except asyncio.CancelledError:
            aborting = self.abort()
            if aborting is not None:
                _log.info("%s: cancelled; abort sent, waiting for its end", self._request.what)
                await asyncio.wait([aborting._future])  # it ends behind the call (rule 20)
                if aborting.exception() is None:
                    await asyncio.wait([self._future])
            raise

    def __repr__(self) -> str:
        state = "running" if not self.done() else f"failed: {self.exception()}" if self.exception() else "done"
        return f"<call of {self._request.what}: {state}>"


def _seen(future: asyncio.Future[Any]) -> None:
    """Whoever did not wait is not told: asyncio would log it as never retrieved, whenever it is collected."""
    if not future.cancelled():
        future.exception()
