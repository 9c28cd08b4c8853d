"""How devices go: aborted, taken out, closed (rules 25, 28). Process thread only, but for `remove`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ..errors import Busy, MacduffError, NotFound
from . import leases
from .call import Call, Outcome
from .failing import Defect
from .family import family as family_of
from .states import StateChanged
from .waiting import released

if TYPE_CHECKING:
    from .device import Device
    from .own_thread import OwnThread
    from .process import Process
    from .source import Binding, MethodBinding

__all__ = ["Leaving"]

LOG = logging.getLogger("macduff.core")
BACKGROUND = ("idle", "connect", "close")
"""Calls that nobody waits for: they keep no device here."""
ROUNDS = 5
"""How often devices are aborted again because something began on one while another ended."""


class Leaving:
    """Takes devices away from a Process, one by one or at its end."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def remove(self, name: str, force: bool) -> None:
        """`Process.remove`: waits until the device is closed."""
        process = self._process
        if process._task is None:
            raise RuntimeError(f"{name}: expected a Process that was started, to remove it from, got one that was not")

        def begin(done: Callable[[Outcome], None]) -> None:
            process._post(self.begin, name, force, done)

        released(process.block, f"{name} to be removed", begin)

    def begin(self, name: str, force: bool, done: Callable[[Outcome], None]) -> None:
        """Refuse, or abort what runs and go on when that ended."""
        try:
            family = self._check(name, force)
        except MacduffError as error:
            done(Outcome(None, error))
            return
        for member in family:
            member._machine.leaving = f"{name} is being removed"
        self._abort_all(family, "Removed", "{} was removed", partial(self._take_out, family, done))

    def _check(self, name: str, force: bool) -> list[Device]:
        """The device and its parts, or why it may not go."""
        process = self._process
        device = process._devices.get(name)
        if device is None or device is process.block:
            raise NotFound(f"{name}: expected the name of a device, got none of that name", device=name)
        state, allowed = device._machine.state.value, device._machine.allowed()
        users = [other.name for other in process._devices.values() if device in other._children.values()]
        if users:
            raise Busy(
                f"{name}: expected a device that no other uses, got one used by {', '.join(users)}; remove that first",
                device=name, state=state, allowed=allowed,
            )  # fmt: skip
        family = list(family_of(device))
        busy = [m.name for m in family if _is_used(m) or m._machine.holder not in (None, *family)]
        if busy and not force:
            raise Busy(
                f"{name}: expected devices at rest, got {', '.join(busy)} busy; force=True aborts them first",
                device=name, state=state, allowed=allowed,
            )  # fmt: skip
        return family

    def _abort_all(
        self, devices: Sequence[Device], kind: str, why: str, then: Callable[[], None], rounds: int = ROUNDS
    ) -> None:
        """Abort the busy ones of several devices, and go on when nothing runs on any of them."""
        busy = [device for device in devices if _is_busy(device)] if rounds else []
        if not busy:
            then()
            return
        waiting = list(busy)

        def one_ended(device: Device) -> None:
            waiting.remove(device)
            if not waiting:
                self._abort_all(devices, kind, why, then, rounds - 1)

        for device in busy:
            aborting = device._machine.aborting
            aborting.then.append(partial(one_ended, device))
            if not aborting.active:
                aborting.begin(kind, why.format(device.name))

    def _take_out(self, family: list[Device], done: Callable[[Outcome], None]) -> None:
        """Nobody sees it any more; then its hardware is let go of."""
        process = self._process
        if family[0]._removed:
            done(Outcome())  # two asked for it at the same time
            return
        gone = {device.name for device in family}
        process._devices = {name: device for name, device in process._devices.items() if name not in gone}
        for device in family:
            leases.give_back(device)
            device._machine.drop(f"{device.name} was removed")
            process._listeners.flush(device)
            process._listeners.device_removed(device, f"{device.name} was removed")
            process._keeper.close_all(device)
        process._joining.names.free(gone)
        process.block.list_devices()
        self._close(family, process.limits.close_time, lambda: done(Outcome()))

    def close_all(self, done: Callable[[], None], limit: float) -> None:
        """The end of the Process: refuse what is new, abort what runs, then close every device."""
        process = self._process
        process._stopping = True
        devices = [device for device in process._devices.values() if device is not process.block]

        def close() -> None:
            left = [device for device in devices if not device._removed]
            for device in left:
                device._machine.drop("the Process stops")
                process._listeners.flush(device)
                process._listeners.device_removed(device, "the Process stops")
            self._close(left, limit, finished)

        def finished() -> None:
            process._listeners.flush_all()  # the Process's own device has not left
            done()

        self._abort_all(devices, "Aborted", "the Process stops, so {} was aborted", close)

    def _close(self, devices: Sequence[Device], limit: float, done: Callable[[], None]) -> None:
        """Close several devices side by side; they count as removed from here on."""
        left = len(devices)
        if not left:
            done()

        def closed() -> None:
            nonlocal left
            left -= 1
            if not left:
                done()

        for device in devices:
            why = StateChanged("Removed", f"{device.name} was removed")
            for call in list(device._machine.calls):
                if call.kind in BACKGROUND:
                    self._process._manager.kill(call, why)
        for device in devices:
            self._close_one(device, limit, closed)
            device._removed = True

    def _close_one(self, device: Device, limit: float, closed: Callable[[], None]) -> None:
        """do_close in a worker, for so many seconds at most; then sources, threads and wire."""
        over = False

        def end() -> None:
            nonlocal over
            if over:
                return
            over = True
            timer.cancel()
            _let_go(device)
            self._process._joining.wires.leave(device)
            closed()

        def ended(call: Call) -> None:
            error = device._machine.outcome(call).error
            if error is not None and not isinstance(error, Defect):
                LOG.error("%s.do_close: %s", device.name, error)
            end()

        timer = self._process._later(limit, end)
        if not device._parts.closes:
            end()
            return
        call = Call(device, "do_close", "close", device.do_close, ended, reserved=True)
        call.lockless = bool(device._machine.zombies)
        self._process._manager.run(call)


def _is_busy(device: Device) -> bool:
    machine = device._machine
    return (
        machine.place is not None
        or machine.aborting.active
        or any(call.kind not in BACKGROUND for call in machine.calls)
    )


def _is_used(device: Device) -> bool:
    """Busy, or with requests open that were passed on."""
    return _is_busy(device) or device._machine.open_elsewhere


def _let_go(device: Device) -> None:
    """Close the sources and threads of a device, whatever they say."""
    bindings = [attribute._binding for attribute in device.attributes.values() if attribute._binding is not None]
    done_elsewhere = [method.binding for method in device.methods.values() if method.binding is not None]
    helpers: list[Binding | MethodBinding | OwnThread] = [*bindings, *done_elsewhere, *device._helpers]
    for helper in helpers:
        try:
            helper.close()
        except Exception:
            LOG.exception("%s: %r could not be closed", device.name, helper)
