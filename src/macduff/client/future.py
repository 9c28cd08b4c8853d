"""The result to come of a call that was started from a synchronous client."""

from __future__ import annotations

import concurrent.futures
import logging
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from macduff.errors import MacduffError

from .request import Request
from .waiting import ended

__all__ = ["CallFuture", "wait_or_abort"]

T = TypeVar("T")
_log = logging.getLogger("macduff.client")


class CallFuture(concurrent.futures.Future[T]):
    """A started call as a `concurrent.futures.Future`: `wait`, `as_completed` and `asyncio.wrap_future` take it.

    `result(timeout)` waits for the end; when the timeout (seconds) is over it raises TimedOut and the call goes on.
    `cancel()` does not only stop waiting: it sends abort to the device. The future then ends as the call does, as a
    rule with Aborted, so `cancelled()` is never true.
    """

    def __init__(
        self,
        kind: Literal["get", "put", "call"],
        device: str,
        member: str,
        abort: Callable[[], CallFuture[None]] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.parameters: Mapping[str, Any] = parameters or {}
        """What it was called with, by name; what was not given is not here."""
        self.request = Request(kind, device, member, self.finish)
        self._abort = abort
        self.set_running_or_notify_cancel()

    def finish(self, value: Any, error: MacduffError | None) -> None:
        """The reply has come; called once, by the connection."""
        if error is None:
            self.set_result(value)
        else:
            self.set_exception(error)

    def cancel(self) -> bool:
        """Send abort to the device; False, and nothing sent, when the call has ended or is itself an abort."""
        return self.abort() is not None

    def abort(self) -> CallFuture[None] | None:
        """Send abort to the device: the future of that abort; None when there was nothing to send."""
        return None if self.done() or self._abort is None else self._abort()

    def result(self, timeout: float | None = None) -> T:
        """The result of the call, waited for; its error is raised. TimedOut after `timeout` seconds."""
        self._wait(timeout)
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """The error of the call, None for success, waited for. TimedOut after `timeout` seconds."""
        self._wait(timeout)
        return super().exception(0)

    def _wait(self, timeout: float | None) -> None:
        if not ended(self, timeout) and timeout is not None:
            raise self.request.late(timeout)

    def __repr__(self) -> str:
        if not self.done():
            return f"<call of {self.request.what}: running>"
        error = super().exception(0)
        return f"<call of {self.request.what}: {f'failed: {error}' if error else 'done'}>"


def wait_or_abort(future: CallFuture[T], send: Callable[[], None], meanwhile: Callable[[], object] | None = None) -> T:
    """Send a call and wait for its end; Ctrl-C sends abort and waits until the device is at rest.

    A second Ctrl-C stops waiting. KeyboardInterrupt is raised either way, with a note that says how the call ended.
    meanwhile: called when it is sent, may stay until its end, and may raise KeyboardInterrupt as Ctrl-C does.
    """
    try:
        send()
        if meanwhile is not None:
            meanwhile()
        return future.result()
    except KeyboardInterrupt as interrupt:
        if not future.done():
            _abort_and_wait(future)
        interrupt.add_note(f"{future.request.what}: {_ending(future)}")
        raise


def _abort_and_wait(future: CallFuture[Any]) -> None:
    """Return when the call and the abort have ended, or when the device cannot be aborted."""
    try:
        aborting = future.abort()
        if aborting is None:
            return
        _log.warning("%s: abort sent, waiting for its end; interrupt again to stop waiting", future.request.what)
        if aborting.exception() is None:  # it ends behind the call (rule 20)
            future.exception()
    except KeyboardInterrupt as second:
        if not future.done():
            second.add_note(f"{future.request.what}: not waited for any longer; it may still be running")
        else:
            second.add_note(f"{future.request.device}: not waited for any longer; it may still be aborting")
        raise


def _ending(future: CallFuture[Any]) -> str:
    if not future.done():
        return "could not be aborted and is not waited for; it may still be running"
    error = future.exception(0)
    return "the call had ended normally" if error is None else f"ended with {type(error).__name__}: {error}"
