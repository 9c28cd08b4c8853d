"""The Process: one thread that orders, decides, wakes and distributes, and runs no author's code (design, 3)."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

from ..errors import NotFound
from ..limits import DEFAULTS, Limits
from ..primitives import Backend, Task, get_backend
from ..protocol.beats import SHORTEST
from ..protocol.model import SEvent
from ..telling import did_you_mean
from . import opening
from .attribute import Attribute
from .block import ProcessDevice
from .call import Call, Outcome, Request
from .calllog import log_call, note
from .deadline import check_deadline, limit
from .deciding import accept
from .device import Device
from .dynamic import fields_changed
from .joining import Joining
from .keeping import Keeper
from .lane import Segment
from .leaving import Leaving
from .listeners import Listener, Listeners, Putable
from .loop import Loop
from .manager import DeviceManager
from .slots import Slots
from .stall import StallWatch
from .states import DState
from .view import View

__all__ = ["Process"]

LOG = logging.getLogger("macduff.core")


class Process:
    """Devices, who listens to them, and what is asked of them.

    backend: "threads", "cothread", or a simulated backend for tests. report_stalls: name the code that keeps the
    interpreter lock for longer than the watchdog's time; one Process in a program may. A context manager, or start()
    and stop().
    """

    def __init__(
        self,
        name: str = ".",
        *,
        backend: str | Backend = "threads",
        limits: Limits = DEFAULTS,
        report_stalls: bool = False,
    ) -> None:
        self.name = name
        self.limits = limits
        self.backend: Backend = get_backend(backend) if isinstance(backend, str) else backend
        self._clock = self.backend.clock
        self._loop: Loop[Segment | Call] = Loop(self.backend, name, self._handle)
        self._lane, self._wake, self._later = self._loop.lane, self._loop.wake, self._loop.later
        self._post = self._loop.post
        self._devices: Mapping[str, Device] = {}  # replaced when it changes, never changed: others look at the old one
        self._listeners = Listeners(self._clock, self._later)
        self.dropped = 0
        """What sources told of devices that had been removed, which nobody heard."""
        self._counting = self.backend.mutex()
        self._keeper = Keeper(self)
        self._slots = Slots(self.backend, limits.runnable_calls)
        self._task: Task | None = None
        self._stopping = False
        self._ended = False
        self._manager = DeviceManager(self)
        self._joining = Joining(self)
        self._leaving = Leaving(self)
        self._stalls = StallWatch(self, limits.watchdog, 0.25) if report_stalls else None
        self.block = ProcessDevice(self)
        self._joining.prepare(self.block, simulate=False)
        self._joining.register([self.block])

    # life

    def start(self) -> Self:
        """Begin; devices can be added before or after."""
        if self._task is not None:
            raise RuntimeError("Process.start: expected a Process that was not started yet, got one that was")
        self._task = self.backend.service(self._loop.run, f"macduff process {self.name}")
        return self

    def stop(self, timeout: float | None = None) -> list[str]:
        """Refuse new requests, abort what runs, close the devices, end (rule 28); return the names of calls left.

        timeout in seconds, for aborts and closing together.
        """
        if self.backend.local.call is not None:
            raise RuntimeError("Process.stop: expected to be called outside devices, got it in device code")
        if self._task is None or self._ended:
            return []
        limit = self.limits.close_time if timeout is None else timeout
        closed = self.backend.flag()
        closed.reason = "the devices to close"
        self._post(self._leaving.close_all, closed.set, limit)
        longest = max(device._machine.aborting.grace() for device in self._devices.values())
        closed.wait(limit + 2 * longest + 1.0)
        self._ended = True
        self._loop.end()
        self._task.join(5.0)
        self._joining.coroutines.close()
        if self._stalls is not None:
            self._stalls.close()
        return list(self._manager.pool.close(1.0))

    def __enter__(self) -> Self:
        return self.start() if self._task is None else self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # devices

    @property
    def devices(self) -> Mapping[str, Device]:
        """The devices by name, as they are now; "." is the Process itself."""
        return MappingProxyType(self._devices)

    def add(self, device: Device, *, simulate: bool = False) -> None:
        """Take a device, and the parts that belong to it, into this Process; waits until clients can see it.

        simulate: every source is replaced by its twin in memory. ValueError for a name that is taken.
        """
        self._joining.add(device, simulate)

    def remove(self, name: str, force: bool = False) -> None:
        """Take a device away. Busy when it is in use, unless forced: then it is aborted first (rule 25)."""
        self._leaving.remove(name, force)

    def view(self, name: str) -> View:
        """A device with values at the keyboard: reading, assigning and calling from outside any device."""
        return View(self, self._device(name))

    def _device(self, name: str) -> Device:
        device = self._devices.get(name)
        if device is None:
            hint = did_you_mean(name, self._devices)
            raise NotFound(f"{name}: expected the name of a device, got none of that name{hint}", device=name)
        return device

    # requests: from any thread, never waiting

    def request_call(
        self, device: str, method: str, parameters: Mapping[str, Any] | Sequence[Any] | None,
        on_done: Callable[[Outcome], None], origin: str = "", deadline: float | None = None,
    ) -> Request | None:  # fmt: skip
        """Ask for a call; `on_done(outcome)` comes on the Process thread, behind all that the call changed.

        deadline in seconds: a call that has not ended by then is ended with TimedOut, and its device aborted if that
        call holds it; code that does not obey is quarantined, as after any abort.
        """
        if deadline is not None:
            check_deadline(f"{device}.{method}", deadline)
        request = self._request("call", device, method, parameters or {}, on_done, origin=origin)
        if deadline is not None and request is not None:
            self._post(limit, self, request, deadline)
        return request

    def request_put(
        self, device: str, values: Mapping[str, Any], on_done: Callable[[Outcome], None], *, readback: bool = False,
        origin: str = "",
    ) -> Request | None:  # fmt: skip
        """Ask for a put of one attribute, or of several together; `on_done(outcome)` as for calls."""
        member = next(iter(values)) if len(values) == 1 else ", ".join(values)
        return self._request("put", device, member, values, on_done, readback=readback, origin=origin)

    def request_open(
        self, device: str, name: str, on_done: Callable[[Outcome], None], origin: str = ""
    ) -> Request | None:
        """Ask for a member that the device may not show yet; the outcome's value is the name under which it does."""
        return self._request("open", device, name, {}, on_done, origin=origin)

    def _request(
        self, kind: str, name: str, member: str, args: Any, on_done: Callable[[Outcome], None], **options: Any
    ) -> Request | None:
        try:
            device = self._device(name)
        except NotFound as error:
            self._post(on_done, Outcome(None, error))
            return None
        request = Request(kind, device, member, args, on_done, **options)
        self._submit(request)
        return request

    def _submit(self, request: Request) -> None:
        request.time = self._clock.time_ns()
        self._post(accept, self, request)

    def cancel(self, request: Request) -> None:
        """Abort on behalf of a client that vanished and asked for it (rule 26)."""
        self._post(self._manager.end_request, request, "its client went away")

    # listening

    def listen(
        self, queue: Putable, device: str, suffix: str = "", initial_value: bool = False, every: bool = False
    ) -> Listener:
        """Put `(SEvent.Changes, device, changes, sequence)` on the queue for each change at or below the suffix.

        With initial_value first `(SEvent.Value, device, value, sequence)`; at the end `(SEvent.Removed, name, reason)`.
        every: each change in an item of its own. NotFound when there is no such device or member; a member of a device
        that opens members is opened, and `(SEvent.Failed, device, error)` says that it could not be.
        """
        found = self._device(device)
        listener = Listener(queue, found, suffix, every)
        if not suffix or listener.member in found.fields:
            self._post(self._listen, listener, initial_value)
        elif found.opens_members:
            opening.listen(self, listener, initial_value)
        else:
            raise opening.unknown(found, suffix)
        return listener

    def unlisten(self, listener: Listener) -> None:
        """Hear no more of it."""
        self._post(self._listeners.remove, listener)

    def pace(self, listener: Listener, period: float) -> None:
        """It bears with being told once in a period (s) only, newest wins; with 0 it is told of each change at once.

        When all who listen to a device do, its changes are merged where they are made, which costs next to nothing.
        The ends of requests still come behind what they changed. ValueError for a period that is none.
        """
        if not (period == 0 or SHORTEST <= period < math.inf):
            raise ValueError(f"pace: expected 0, or seconds from {SHORTEST:g} on, got {period}")
        self._post(self._listeners.pace, listener, period)

    def _listen(self, listener: Listener, initial_value: bool) -> None:
        device = listener.device
        if device._removed:
            listener.queue.put((SEvent.Removed, device.name, f"{device.name} was removed"))
            return
        sequence = self._listeners.add(listener)
        device._machine.refresh()
        if initial_value:
            listener.queue.put((SEvent.Value, device.name, listener.first(), sequence))

    # on the Process thread

    def _handle(self, item: Segment | Call) -> None:
        """What comes out of the change lane."""
        if isinstance(item, Segment):
            self._listeners.publish(item)
        else:
            self._manager.ended(item)

    def _resolve(self, request: Request, outcome: Outcome, *, accepted: bool = True) -> None:
        """The one outcome of a request, behind everything that it changed (rule 5)."""
        if not request.open:
            return
        request.open = False
        if request.forced is not None:
            outcome = Outcome(None, request.forced)
        note(request, outcome)
        if accepted and not request.device._removed:
            log_call(self, request, outcome)
        try:
            self._listeners.flush(request.device)
            self._listeners.flush_all()
        except Exception:  # whatever a listener did, whoever asked gets an answer
            LOG.exception("not all changes before the end of %s could be told", request.title())
            if self._loop.raises:
                raise
        self._manager.child_resolved(request)
        try:
            request.on_done(outcome)
        except Exception:
            LOG.exception("a reply to %s could not be delivered", request.title())

    def _attribute_added(self, device: Device, attribute: Attribute[Any]) -> None:
        """A device that is here was given one more: told first, then heard, so that nothing of it comes too early.

        Who is told looks at the device after this, and so misses nothing in between.
        """
        if device._removed or device.attributes.get(attribute.name) is not attribute:
            return
        fields_changed(device)
        self._listeners.attribute_added(attribute)
        device._machine.alarms.show()
        self._joining.begin_source(attribute)

    def _attribute_removed(self, device: Device, attribute: Attribute[Any]) -> None:
        self._listeners.attribute_removed(attribute)
        self._keeper.close(attribute)
        device._machine.sources.show()
        device._machine.alarms.show()
        fields_changed(device)

    def _count_dropped(self) -> None:
        """From any thread."""
        with self._counting:
            self.dropped += 1

    @property
    def history_use(self) -> tuple[int, int]:
        """Bytes that the histories of attributes take, and how often readings came too fast for them to have all."""
        return self._keeper.used, self._keeper.bursts

    def to_dict(self) -> dict[str, Any]:
        """Everything in the Process as plain data."""
        return {name: device.to_dict() for name, device in self._devices.items()}

    def __repr__(self) -> str:
        state = "stopped" if self._ended else "running" if self._task is not None else "not started"
        busy = [name for name, device in self._devices.items() if device._machine.state is not DState.Idle]
        return f"<Process {self.name} {state}: {len(self._devices)} devices, {len(busy)} not idle>"
