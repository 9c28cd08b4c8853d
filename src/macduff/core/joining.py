"""How devices come and go: bound to the Process, connected, closed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import Busy, MacduffError, NotFound
from ..primitives import Lock
from ..primitives.coroutines import CoroutineRunner
from ..values import Severity
from . import leases
from .attribute import Attribute
from .call import Call, Outcome
from .device import Device
from .source import SourceContext
from .states import StateChanged
from .waiting import released

if TYPE_CHECKING:
    from .process import Process

__all__ = ["Joining"]

LOG = logging.getLogger("macduff.core")


class Joining:
    """Adds devices to a Process and takes them away."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._coroutines: CoroutineRunner | None = None
        self._closing: set[str] = set()
        self._closed: list[Callable[[], None]] = []

    # coming

    def add(self, device: Device, simulate: bool) -> None:
        """`Process.add`: prepare here, register on the Process thread."""
        process = self._process
        family = list(device._family())
        for member in family:
            self._check(member)
        for member in family:
            self.prepare(member, simulate)

        def register() -> None:
            for member in family:
                self.register(member)

        if process._task is None:
            register()
            return
        self._on_process(register, f"{device.name} to be added")

    def _check(self, device: Device) -> None:
        if device._process is not None:
            raise ValueError(f"{device.name}: expected a new device, got one that belongs to a Process already")
        lower = {name.lower(): name for name in self._process._devices}
        other = lower.get(device.name.lower())
        if other is not None:
            raise ValueError(f"{device.name}: expected a name that is free, got one that is taken by {other}")
        missing = [role for role in device._parts.children if role not in device._children]
        if missing:
            raise ValueError(
                f"{device.name}: expected a device for each child, got none for {', '.join(missing)}; "
                f"give it in the constructor ({missing[0]}=device)"
            )
        strange = [
            child.name for child in device._children.values() if child._process is None and child not in device._owned
        ]
        if strange:
            raise ValueError(
                f"{device.name}: expected children that were added before it, got {', '.join(strange)} not added"
            )

    def _on_process(self, function: Callable[[], None], reason: str) -> None:
        """Do something on the Process thread and wait for it, from device code or outside."""
        process = self._process

        def begin(done: Callable[[Outcome], None]) -> None:
            def act() -> None:
                try:
                    function()
                except Exception as error:
                    failure = error if isinstance(error, MacduffError) else MacduffError(str(error))
                    done(Outcome(None, failure))
                    return
                done(Outcome())

            process._post(act)

        released(process.block, reason, begin)

    def prepare(self, device: Device, simulate: bool) -> None:
        """Bind a device to this Process's backend and its sources to the device; nothing is opened."""
        process, backend = self._process, self._process.backend
        device._process, device._backend = process, backend
        device._clock, device._local, device._preempt = backend.clock, backend.local, backend.preempt
        device._set(clock=backend.clock)
        device._lock = Lock(backend, f"lock of {device.name}")
        device._slots = process._slots
        device._mutex = backend.mutex()
        device._every_bound = process.limits.every_changes
        device._lane_append = process._lane.append
        device._wake = process._wake
        device.__dict__["_simulate"] = simulate
        for attribute in device.attributes.values():
            self.prepare_attribute(device, attribute)

    def prepare_attribute(self, device: Device, attribute: Attribute[Any]) -> None:
        attribute._mutex, attribute._local, attribute._preempt = device._mutex, device._local, device._preempt
        attribute._time_ns = device._clock.time_ns
        source = attribute.source
        if source is not None:
            if device.__dict__.get("_simulate"):
                source = source.simulated()
            context = SourceContext(attribute, device.wire, device.__dict__["_arguments"])
            attribute._binding = source.bind(context)

    def register(self, device: Device) -> None:
        """On the Process thread: clients can see it from here on."""
        process = self._process
        process._devices[device.name] = device
        if device is not process.block:
            process.block.list_devices()
        for name, period in device._parts.idle.items():
            process._manager.schedule_idle(device, name, period)
        owner = device._parent is None or device._parent.wire is not device.wire
        connecting = type(device).do_connect is not Device.do_connect
        simulated = device.__dict__.get("_simulate", False)
        if connecting and not simulated:
            device._machine.connecting = "it was just added"
            self._connect(device, 0.0)
        if device.wire is not None and owner and not simulated:
            device.wire.open()
        for attribute in device.attributes.values():
            if attribute._binding is not None:
                attribute._binding.start()

    def _connect(self, device: Device, pause: float) -> None:
        """do_connect in a worker, again until it succeeds."""
        if device._removed:
            return
        limits = self._process.limits
        machine = device._machine

        def ended(call: Call) -> None:
            error = machine.outcome(call).error
            if error is None:
                machine.connecting = ""
                machine.problem("connect")
            elif not device._removed:
                after = min(max(pause * 2, limits.connect_retry_first), limits.connect_retry_most)
                machine.connecting = str(error)
                machine.problem("connect", Severity.INVALID, f"not connected: {error}")
                self._process._later(after, self._connect, device, after)
            machine.refresh()

        self._process._manager.run(Call(device, "do_connect", "connect", device.do_connect, ended))

    # going

    def remove(self, name: str, force: bool) -> None:
        """`Process.remove`: waits until the device is closed."""
        process = self._process

        def begin(done: Callable[[Outcome], None]) -> None:
            process._post(self.begin_remove, name, force, done)

        released(process.block, f"{name} to be removed", begin)

    def begin_remove(self, name: str, force: bool, done: Callable[[Outcome], None]) -> None:
        """On the Process thread: refuse, or abort what runs and go on when that ended."""
        process = self._process
        device = process._devices.get(name)
        if device is None or device is process.block:
            done(Outcome(None, NotFound(f"{name}: expected the name of a device, got none of that name", device=name)))
            return
        users = [other.name for other in process._devices.values() if device in other._children.values()]
        if users:
            done(
                Outcome(None, Busy(f"{name}: expected a device that no other uses, got one used by {', '.join(users)}"))
            )
            return
        family = list(device._family())
        busy = [member for member in family if any(call.kind != "idle" for call in member._machine.calls)
                or member._machine.place is not None or member._machine.holder not in (None, *family)]  # fmt: skip
        if busy and not force:
            names = ", ".join(member.name for member in busy)
            done(
                Outcome(None, Busy(f"{name}: expected devices at rest, got {names} busy; force=True aborts them first"))
            )
            return
        waiting = list(busy)

        def one_ended(member: Device) -> None:
            waiting.remove(member)
            if not waiting:
                self._take_out(family, done)

        if not busy:
            self._take_out(family, done)
        for member in busy:
            aborting = member._machine.aborting
            aborting.then.append(partial(one_ended, member))
            if not aborting.active:
                aborting.begin("Removed", f"{member.name} was removed")

    def _take_out(self, family: list[Device], done: Callable[[Outcome], None]) -> None:
        """Nobody sees it any more; then its hardware is let go of."""
        process = self._process
        if family[0]._removed:
            done(Outcome())  # two asked for it at the same time
            return
        left = len(family)

        def closed() -> None:
            nonlocal left
            left -= 1
            if not left:
                done(Outcome())

        for device in family:
            leases.give_back(device)
            del process._devices[device.name]
            process._listeners.flush(device)
            process._listeners.device_removed(device, f"{device.name} was removed")
        process.block.list_devices()
        for device in family:
            self._end_background(device)
            self.close(device, closed)
            device._removed = True

    def _end_background(self, device: Device) -> None:
        """Idle tasks and attempts to connect end with the device."""
        why = StateChanged("Removed", f"{device.name} was removed")
        for call in list(device._machine.calls):
            if call.kind in ("idle", "connect"):
                self._process._manager.kill(call, why)

    def close(self, device: Device, closed: Callable[[], None]) -> None:
        """do_close in a worker, then sources and wire."""
        over = False

        def end() -> None:
            nonlocal over
            if over:
                return
            over = True
            timer.cancel()
            for attribute in device.attributes.values():
                if attribute._binding is not None:
                    attribute._binding.close()
            for helper in device.__dict__.get("_threads", ()):
                helper.close()
            if device.wire is not None and (device._parent is None or device._parent.wire is not device.wire):
                device.wire.close()
            closed()

        def ended(call: Call) -> None:
            error = device._machine.outcome(call).error
            if error is not None:
                LOG.error("%s.do_close: %s", device.name, error)
            end()

        timer = self._process._later(self._process.limits.close_time, end)
        if type(device).do_close is Device.do_close:
            end()
            return
        call = Call(device, "do_close", "close", device.do_close, ended, reserved=True)
        call.lockless = bool(device._machine.zombies)
        self._process._manager.run(call)

    # the end of the Process

    def close_all(self, done: Callable[[], None], limit: float) -> None:
        """On the Process thread: abort what runs, then close every device."""
        process = self._process
        process._stopping = True
        devices = [device for device in process._devices.values() if device is not process.block]
        busy = [device for device in devices if device._machine.place is not None or device._machine.aborting.active
                or any(call.kind in ("method", "do", "setter") for call in device._machine.calls)]  # fmt: skip
        left = len(busy)

        def one_ended() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self._close_these(devices, done)

        if not busy:
            self._close_these(devices, done)
        for device in busy:
            aborting = device._machine.aborting
            aborting.then.append(one_ended)
            if not aborting.active:
                aborting.begin("Aborted", f"the Process stops, so {device.name} was aborted")

    def _close_these(self, devices: list[Device], done: Callable[[], None]) -> None:
        left = len(devices)
        if not left:
            done()

        def one_closed() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                done()

        for device in devices:
            self._end_background(device)
            self.close(device, one_closed)
            device._removed = True
            self._process._listeners.device_removed(device, "the Process stops")

    def coroutines(self) -> CoroutineRunner:
        """The asyncio loop for `wait_async`, begun when first needed."""
        if self._coroutines is None:
            self._coroutines = CoroutineRunner(f"{self._process.name} coroutines")
        return self._coroutines

    def end_helpers(self) -> None:
        if self._coroutines is not None:
            self._coroutines.close()
