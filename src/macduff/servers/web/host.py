"""The Process as the protocol's hub sees it (macduff.protocol.host), on the web server's loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from macduff.core import Listener, Outcome, Process, Request
from macduff.errors import MacduffError, Refused
from macduff.protocol.model import DeviceModel

from .inbox import Inbox, Slot

__all__ = ["ProcessHost", "Reply"]

Key = tuple[str, str, bool]


class Reply:
    """The end of a request that came over HTTP: what `put` and `call` are given, and what is told of it."""

    __slots__ = ("done",)

    def __init__(self, done: Callable[[Outcome], None]) -> None:
        self.done = done


class _Deaf:
    """Listens for the sake of listening."""

    def put(self, item: object, /) -> None:
        """Heard elsewhere."""


_DEAF = _Deaf()


class ProcessHost:
    """Finds devices, forwards requests, keeps the listeners. Nothing here blocks."""

    def __init__(self, process: Process, inbox: Inbox, *, read_only: bool = False) -> None:
        self._process = process
        self._inbox = inbox
        self._read_only = read_only
        self._listeners: dict[Key, tuple[Listener, Slot]] = {}
        self._requests: dict[object, Request | None] = {}
        self._snapshot: Mapping[str, Any] = process.devices
        self._list: Any = self._snapshot["."].fields["blocks"]
        self._sequence = -1
        self._stale = True

    # devices

    def find(self, device: str) -> DeviceModel | None:
        """The device of that name; "." is the Process itself."""
        return self._devices().get(device)

    def devices(self) -> Mapping[str, DeviceModel]:
        """All devices by name, without the Process."""
        return {name: device for name, device in self._devices().items() if name != "."}

    def _devices(self) -> Mapping[str, Any]:
        """A snapshot, taken anew when the list has changed, which is looked at once a turn: taking it copies it."""
        if self._stale:
            self._stale = False
            sequence = self._list.reading.sequence
            if sequence != self._sequence:
                self._snapshot = self._process.devices
                self._sequence = sequence
        return self._snapshot

    def turn(self) -> None:
        """A new turn of the loop: devices may have come or gone."""
        self._stale = True

    # requests

    @property
    def dropped(self) -> int:
        """What sources told of devices that had been removed."""
        return self._process.dropped

    @property
    def history_use(self) -> tuple[int, int]:
        """Bytes that histories take, and how often readings came too fast for them."""
        return self._process.history_use

    @property
    def open_requests(self) -> int:
        """Puts and calls that have not ended."""
        return len(self._requests)

    def put(
        self, device: str, values: Mapping[str, Any], reply: object, *, readback: bool = False, origin: str = ""
    ) -> None:
        """Ask for a put; the end comes as (reply, outcome) through the inbox."""
        self._check_writing(device, ", ".join(values))
        done = self._done(reply)
        self._requests[reply] = self._process.request_put(device, values, done, readback=readback, origin=origin)

    def call(self, device: str, method: str, parameters: Mapping[str, Any], reply: object, *, origin: str = "") -> None:
        """Ask for a call; the end comes as (reply, outcome) through the inbox."""
        self._check_writing(device, method)
        self._requests[reply] = self._process.request_call(device, method, parameters, self._done(reply), origin=origin)

    def open_member(self, device: str, member: str, reply: object, *, origin: str = "") -> None:
        """Ask for a member that is opened; the end comes as (reply, outcome) through the inbox."""
        self._requests[reply] = self._process.request_open(device, member, self._done(reply), origin=origin)

    def hold(self, device: str, member: str) -> object:
        """A listener of its own, for those of the whole device show no interest in any one member."""
        return self._process.listen(_DEAF, device, member)

    def release(self, held: object) -> None:
        """Nobody is interested any more."""
        if isinstance(held, Listener):
            self._process.unlisten(held)

    def _check_writing(self, device: str, member: str) -> None:
        if self._read_only:
            raise Refused(
                f"{device}.{member}: expected to be read, got a put or call; this server is read-only",
                device=device, member=member,
            )  # fmt: skip

    def _done(self, reply: object) -> Callable[[Outcome], None]:
        answer = self._inbox.reply
        return lambda outcome: answer(reply, outcome)

    def ended(self, reply: object) -> None:
        """The reply has come."""
        self._requests.pop(reply, None)

    def abandon(self, reply: object) -> None:
        """Whoever asked has gone and wanted the call to be aborted then."""
        request = self._requests.get(reply)
        if request is not None:
            self._process.cancel(request)

    # listening

    def watch(self, device: str, member: str = "", every: bool = False) -> None:
        """Listen; what comes goes through the inbox to `hub.deliver`."""
        self.unwatch(device, member, every)
        slot = self._inbox.slot(member, every=every, bound=self._process.limits.every_changes)
        listener = self._process.listen(slot, device, member, initial_value=True, every=every)
        self._listeners[device, member, every] = (listener, slot)

    def pace(self, device: str, member: str, every: bool, period: float) -> None:
        """All who subscribe bear with being told once in a period (s) only; 0: they do not."""
        found = self._listeners.get((device, member, every))
        if found is not None:
            self._process.pace(found[0], period)

    def unwatch(self, device: str, member: str = "", every: bool = False) -> None:
        """Listen no longer; what is still on its way is dropped."""
        found = self._listeners.pop((device, member, every), None)
        if found is not None:
            listener, slot = found
            slot.closed = True
            self._process.unlisten(listener)


def as_error(error: BaseException) -> MacduffError:
    """Any exception as one that a client can be told."""
    if isinstance(error, MacduffError):
        return error
    return MacduffError(f"the server failed: {type(error).__name__}: {error}")
