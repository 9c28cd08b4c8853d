"""How devices come: named, bound to the Process, seen, connected."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import MacduffError, Refused, Removed
from ..primitives import Lock
from ..primitives.coroutines import CoroutineRunner
from ..values import Severity
from .attribute import Attribute
from .building import check_made
from .call import Call, Outcome
from .device import Device
from .family import family as family_of
from .loop import Timer
from .method import Published
from .names import Names
from .source import SourceContext
from .waiting import released
from .wires import Wires

if TYPE_CHECKING:
    from .process import Process

__all__ = ["Joining"]

LOG = logging.getLogger("macduff.core")


class Joining:
    """Adds devices to a Process."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.coroutines = CoroutineRunner(f"{process.name} coroutines")  # its loop begins with the first
        self.names = Names(process.backend.mutex(), process.name)
        self.wires = Wires()
        self._retries: dict[Device, Timer] = {}

    def add(self, device: Device, simulate: bool) -> None:
        """`Process.add`: prepare here, register on the Process thread."""
        check_made(device)
        process = self._process
        family = list(family_of(device))
        for member in family:
            self._check(member)
        self.names.take(family)
        try:
            for member in family:
                self.prepare(member, simulate)
        except BaseException:
            self._undo(family)
            raise
        if process._task is None:
            self.register(family)
        else:
            self._on_process(family)

    def _undo(self, family: Iterable[Device]) -> None:
        """It did not come to it: the names are free, and the device may be added again."""
        for member in family:
            member._process = None
            self._process._keeper.close_all(member)
        self.names.free(member.name for member in family)

    def _check(self, device: Device) -> None:
        process = self._process
        if device._process is not None:
            raise ValueError(f"{device.name}: expected a new device, got one that belongs to a Process already")
        missing = [role for role in device._parts.children if role not in device._children]
        if missing:
            raise ValueError(
                f"{device.name}: expected a device for each child, got none for {', '.join(missing)}; "
                f"give it in the constructor ({missing[0]}=device)"
            )
        strange = [
            child.name
            for child in device._children.values()
            if child not in device._owned and (child._process is not process or child._removed)
        ]
        if strange:
            raise ValueError(
                f"{device.name}: expected children that were added to this Process before it, got "
                f"{', '.join(strange)} not added"
            )

    def _on_process(self, family: list[Device]) -> None:
        """Register on the Process thread and wait for it, from device code or outside."""
        process = self._process

        def begin(done: Callable[[Outcome], None]) -> None:
            def act() -> None:
                try:
                    self.register(family)
                except Exception as error:
                    self._undo(family)
                    done(Outcome(None, error if isinstance(error, MacduffError) else MacduffError(str(error))))
                else:
                    done(Outcome())

            process._post(act)

        released(process.block, f"{family[0].name} to be added", begin)

    def prepare(self, device: Device, simulate: bool) -> None:
        """Bind a device to this Process's backend and its sources to the device; nothing is opened."""
        process, backend = self._process, self._process.backend
        device._process = process
        device._clock, device._local, device._preempt = backend.clock, backend.local, backend.preempt
        device._set(clock=backend.clock)
        device._lock = Lock(backend, f"lock of {device.name}")
        device._slots = process._slots
        device._mutex = backend.mutex()
        device._every_bound = process.limits.every_changes
        device._lane_append = process._lane.append
        device._wake = process._wake
        device._simulate = simulate
        if device.wire is not None and not simulate:
            device.wire.attach(device)
        for attribute in device.attributes.values():
            self.prepare_attribute(device, attribute)
        for name, method in device.methods.items():
            method.spec.check_like(f"{device.name}.{name}", device.attributes)
            part = device._parts.members.get(name)
            if isinstance(part, Published) and part.source is not None:
                method.binding = part.source.bind(method, device._arguments, simulate)

    def prepare_attribute(self, device: Device, attribute: Attribute[Any]) -> None:
        attribute._mutex, attribute._local, attribute._preempt = device._mutex, device._local, device._preempt
        attribute._time_ns = device._clock.time_ns
        self._process._keeper.open(attribute)
        source = attribute.source
        if source is not None:
            if device._simulate:
                source = source.simulated()
            context = SourceContext(attribute, device.wire, device._arguments)
            attribute._binding = source.bind(context)

    def register(self, family: list[Device]) -> None:
        """On the Process thread: clients can see it from here on."""
        process = self._process
        first = family[0]
        if process._stopping:
            raise Refused(f"{first.name}: expected a Process that goes on, got one that is stopping", device=first.name)
        for device in family:
            for child in device._children.values():
                if child not in device._owned and (child._removed or child._machine.leaving):
                    raise Removed(f"{device.name}: expected children that stay, got {child.name}, which was removed")
        process._devices = {**process._devices, **{device.name: device for device in family}}
        if first is not process.block:
            process.block.list_devices()
        for device in family:
            self._begin(device)

    def _begin(self, device: Device) -> None:
        """Everything about a device that goes on by itself."""
        process = self._process
        for name, period in device._parts.idle.items():
            process._manager.idle.schedule(device, name, period)
        if device._parts.connects and not device._simulate:
            device._machine.connecting = "it was just added"
            self._connect(device, 0.0)
        self.wires.join(device)
        device._machine.alarms.show()
        for attribute in device.attributes.values():
            self.begin_source(attribute)
        for method in device.methods.values():
            if method.binding is not None:
                method.binding.start()

    @staticmethod
    def begin_source(attribute: Attribute[Any]) -> None:
        """Let an attribute's source follow; what prevents it is seen at the attribute."""
        if attribute._binding is None:
            return
        try:
            attribute._binding.start()
        except Exception as error:
            LOG.exception("%r: its source could not be started", attribute)
            SourceContext(attribute, None, {}).invalid(f"its source could not be started: {error}")

    # connecting

    def _connect(self, device: Device, pause: float) -> None:
        """do_connect in a worker, again until it succeeds; put off while there is none (rule 13)."""
        machine = device._machine
        if (retry := self._retries.pop(device, None)) is not None:
            retry.cancel()  # a reset came before it
        if device._removed or not machine.connecting or any(call.kind == "connect" for call in machine.calls):
            return
        limits, manager = self._process.limits, self._process._manager
        if self._process._stopping:
            return
        if manager.full:
            manager.room.when_free(device, partial(self._connect, device, pause))
            return

        def ended(call: Call) -> None:
            error = machine.outcome(call).error
            if error is None:
                machine.connecting = ""
                machine.problem("connect")
            elif not device._removed:
                after = min(max(pause * 2, limits.connect_retry_first), limits.connect_retry_most)
                machine.connecting = str(error)
                machine.problem("connect", Severity.INVALID, f"not connected: {error}")
                self._retries[device] = self._process._later(after, self._connect, device, after)
            machine.aborting.check()
            machine.refresh()

        manager.run(Call(device, "do_connect", "connect", device.do_connect, ended))

    def go_on(self, device: Device) -> None:
        """After a reset: what a quarantine closed is opened, and an attempt to connect that hung is made again."""
        self.wires.open(device)
        self._connect(device, 0.0)
