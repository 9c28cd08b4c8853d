"""A server's view of the Process: a mirror for each device, kept right as devices come, change and go.

For servers whose protocol has objects of its own (PVs, Tango devices). Everything here except `wake`, `put` and `call`
happens on the server's own thread, in `turn`, which the server runs after it was woken.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from macduff.core import Listener, Outcome, Process
from macduff.errors import NotFound, Refused
from macduff.protocol.model import DeviceModel, SEvent

from .web.inbox import Inbox, Slot

__all__ = ["Follower", "Mirror"]

LOG = logging.getLogger("macduff.servers")


class Mirror(Protocol):
    """What a server shows of one device."""

    def changes(self, changes: Mapping[str, Any]) -> None:
        """Changes as a listener gets them, merged, newest wins: "position" -> Reading, "position.setpoint" -> value,
        "position.meta" -> VType, "NAME.writeable" -> bool, "METHOD.log" -> logs, "" -> the device: fields came or went.
        """

    def close(self, reason: str) -> None:
        """The device is gone: clients are told, names are free when this returns."""


class Follower:
    """Keeps a mirror for each device of a Process, the Process itself (".") included.

    show: makes the mirror of a device, which then is up to date. wake: called from any thread when `turn` should run,
    once for all that waits. read_only: puts and calls are refused here. quick: may take the changes of a mirror at once
    on the Process thread, which saves waking another for a few of them; asked only while nothing waits for `turn`, so
    that all stays in order. It must be safe beside `turn`, never block, and return False for what it leaves.
    prompt: the same for the end of a request: whether it may be told on the Process thread.
    """

    def __init__(
        self,
        process: Process,
        show: Callable[[DeviceModel], Mirror],
        wake: Callable[[], object],
        *,
        read_only: bool = False,
        quick: Callable[[Any, Mapping[str, Any]], bool] | None = None,
        prompt: Callable[[Outcome], bool] | None = None,
    ) -> None:
        self.process = process
        self.read_only = read_only
        self.mirrors: dict[str, Mirror] = {}
        self.settled = False
        """Whether nothing is on its way to a mirror."""
        self.quick = quick
        self.prompt = prompt
        self._show = show
        self._inbox = Inbox(wake)
        self._listeners: dict[str, tuple[Listener, Slot]] = {}
        self._list: Slot | None = None
        self._awaited: set[str] = {"blocks"}

    # on the server's thread

    def start(self) -> None:
        """Begin: show all devices that are there now."""
        self._list = self._inbox.slot("blocks")
        listener = self.process.listen(self._list, ".", "blocks", initial_value=True)
        self._listeners["blocks"] = (listener, self._list)

    @property
    def complete(self) -> bool:
        """Whether all devices that were there at the start are shown: then clients can be let in."""
        return not self._awaited

    def turn(self) -> None:
        """Do everything that waits: changes, replies, devices that came or went; in the order in which it happened."""
        for slot, item in self._inbox.take():
            if slot is None:
                done, outcome = item
                self._guarded("a reply", done, outcome)
            elif slot is self._list:
                self._compare()
            else:
                self._deliver(slot, item)
        with self._inbox.lock:
            self.settled = not len(self._inbox)

    def close(self) -> None:
        """Close every mirror, hear no more; requests that are still open get no reply."""
        for name in list(self._listeners):
            self._forget(name, "the server ends")

    def _compare(self) -> None:
        """Listen to the devices that came, forget those that went."""
        devices = self.process.devices
        for name, (listener, _) in list(self._listeners.items()):
            if name != "blocks" and devices.get(name) is not listener.device:
                self._forget(name, f"{name} was removed")
        for name in devices:
            if name not in self._listeners:
                slot = self._inbox.slot()
                try:
                    queue = slot if self.quick is None else _Shortcut(self, slot)
                    listener = self.process.listen(queue, name, initial_value=True)
                except NotFound:
                    continue  # it went meanwhile, and the list changes once more
                self._listeners[name] = (listener, slot)
                self._awaited.add(name)
        self._awaited.discard("blocks")

    def _deliver(self, slot: Slot, item: tuple[Any, ...]) -> None:
        kind, name = item[0], item[1]
        listening = self._listeners.get(name)
        if listening is None or listening[1] is not slot:
            return
        if kind is SEvent.Value:
            self._awaited.discard(name)
            mirror = self._guarded(name, self._show, item[2])
            if mirror is not None:
                self.mirrors[name] = mirror
        elif kind is SEvent.Removed:
            self._forget(name, str(item[2]) or f"{name} was removed")
            self._compare()  # one of the same name may be there already
        elif kind is SEvent.Changes and (mirror := self.mirrors.get(name)) is not None:
            self._guarded(name, mirror.changes, item[2])

    def _forget(self, name: str, reason: str) -> None:
        listener, slot = self._listeners.pop(name)
        slot.closed = True
        self._awaited.discard(name)
        self.process.unlisten(listener)
        mirror = self.mirrors.pop(name, None)
        if mirror is not None:
            self._guarded(name, mirror.close, reason)

    @staticmethod
    def _guarded(what: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """One device's trouble is not that of the others."""
        try:
            return function(*arguments)
        except Exception:
            LOG.exception("%s: it cannot be shown right", what)
            return None

    # from any thread

    def put(
        self,
        device: str,
        values: Mapping[str, Any],
        done: Callable[[Outcome], None],
        *,
        readback: bool = False,
        origin: str = "",
    ) -> None:
        """Ask for a put; `done(outcome)` once, behind the changes that it made; on the server's thread, or `prompt`."""
        if self._refused(device, ", ".join(values), done):
            return
        self.process.request_put(device, values, self._reply(done), readback=readback, origin=origin)

    def call(
        self, device: str, method: str, parameters: Mapping[str, Any], done: Callable[[Outcome], None], origin: str = ""
    ) -> None:
        """Ask for a call; `done(outcome)` as for puts."""
        if self._refused(device, method, done):
            return
        self.process.request_call(device, method, parameters, self._reply(done), origin=origin)

    def later(self, function: Callable[[Any], None], argument: Any = None) -> None:
        """Have something done on the server's thread, behind what waits."""
        self._inbox.reply(function, argument)

    def _reply(self, done: Callable[[Outcome], None]) -> Callable[[Outcome], None]:
        reply = self._inbox.reply
        if self.prompt is None:
            return lambda outcome: reply(done, outcome)

        def ended(outcome: Outcome) -> None:
            if self.settled and self.prompt is not None and self.prompt(outcome):
                self._guarded("a reply", done, outcome)
            else:
                reply(done, outcome)
                self.settled = False

        return ended

    def _refused(self, device: str, member: str, done: Callable[[Outcome], None]) -> bool:
        if not self.read_only:
            return False
        text = f"{device}.{member}: expected to be read, got a put or call; this server is read-only"
        self._inbox.reply(done, Outcome(None, Refused(text, device=device, member=member)))
        return True


class _Shortcut:
    """A listener's queue that may do without `turn`. Changes and what they must not overtake come on one thread."""

    __slots__ = ("_follower", "_slot")

    def __init__(self, follower: Follower, slot: Slot) -> None:
        self._follower = follower
        self._slot = slot

    def put(self, item: tuple[Any, ...]) -> None:
        follower = self._follower
        if follower.settled and item[0] is SEvent.Changes and follower.quick is not None:
            mirror = follower.mirrors.get(item[1])
            if mirror is not None and follower.quick(mirror, item[2]):
                return
        self._slot.put(item)
        follower.settled = False  # behind it: had the turn ended in between, it would only be False for once too often
