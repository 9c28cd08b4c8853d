"""The DeviceManager: keeps the running calls and idle tasks of all devices (design, section 3)."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from ..errors import MacduffError, TooMany
from ..primitives import Pool
from ..values import Severity
from .call import Call, Outcome, Request
from .failing import failure, log_unseen, succeeded
from .future import Future
from .idling import IdleTasks
from .room import Room
from .states import StateChanged
from .watchdog import Watchdog

if TYPE_CHECKING:
    from .device import Device
    from .process import Process

__all__ = ["DeviceManager"]

LOG = logging.getLogger("macduff.core")


class DeviceManager:
    """Runs author's code in the pool and reports its end through the change lane."""

    def __init__(self, process: Process) -> None:
        self._process = process
        limits = process.limits
        self._limits = limits
        self.room = Room(limits.open_calls, process._post)
        self.quarantined: list[Call] = []
        self.pool = Pool(process.backend, limits.open_calls + limits.reserved_workers, f"{process.name} calls")
        self.idle = IdleTasks(process)
        self._waiting_for_children: dict[Call, Any] = {}
        self._watchdog = Watchdog(process)

    @property
    def full(self) -> bool:
        """Whether the bound on open calls is reached."""
        return self.room.full

    @property
    def open(self) -> int:
        """How many calls are, but for those made for an abort."""
        return self.room.open

    def check_room(self, request: Request) -> None:
        """TooMany, before anything changed, when the bound on open calls is reached (rule 13)."""
        self.room.check(request)

    def run(self, call: Call) -> None:
        """Begin a call in the pool; when there is no worker for it, it ends with TooMany as any call ends."""
        device = call.device
        device._machine.calls.append(call)
        if call.request is not None:
            call.request.call = call
            call.reserved = call.reserved or call.request.reserved
        self.room.enter(call)
        try:
            self.pool.run(lambda: self._execute(call), f"{device.name}.{call.name}")
        except TooMany as error:
            call.outcome = (None, error)
            self._report_end(call)

    def _execute(self, call: Call) -> None:
        """In a pool thread: lock, then slot, then the author's code."""
        device = call.device
        local = device._local
        local.call = call
        call.thread = threading.get_ident()
        try:
            try:
                began = self._enter(call)
                call.check()
                call.outcome = (call.body() if began else None, None)
                if began:
                    succeeded(call)
            except StateChanged as error:
                call.outcome = (None, error)
            except BaseException as error:
                if type(error).__name__ == "GreenletExit":
                    raise
                call.outcome = (None, failure(call, error))
        finally:
            local.call = None
        self._report_end(call)

    def _report_end(self, call: Call) -> None:
        """Its end comes behind its changes, and before any later one (rule 5)."""
        device = call.device
        call.body = _nothing
        with device._mutex:
            device._segment = None
            self._process._lane.append(call)
        call.give_back()
        device._wake()

    def _enter(self, call: Call) -> bool:
        if call.kind == "abort":
            if not call.take_lock(timeout=self._limits.abort_lock_wait):
                call.lockless = True
        elif call.kind == "close":
            if not call.take_lock(timeout=call.device.abort_grace):
                call.lockless = True  # what does not end may not keep the hardware open
        elif call.kind == "idle":
            if not call.take_lock(timeout=0):
                return False  # busy: skipped; the mark stays as it was
        else:
            call.take_lock()
        call.mark = call.device._sequence
        call.marks[call.device] = call.mark
        for child in call.device._children.values():
            call.marks[child] = child._sequence
        call.take_slot()
        return True

    def ended(self, call: Call) -> None:
        """The end of a call was read from the lane. What it started ends with it (rule 14)."""
        if call.quarantined:
            self._zombie_ended(call)
            return
        if any(request.open for request in self._children(call)):
            self.end_children(call)
            if any(request.open for request in self._children(call)):
                timer = self._process._later(call.device._machine.aborting.grace(), self._settle, call)
                self._waiting_for_children[call] = timer
                return
        self._settle(call)

    @staticmethod
    def _children(call: Call) -> list[Request]:
        """What must end with the call; runs that a pause parked go on."""
        return [request for request in call.children if not request.left]

    def _settle(self, call: Call) -> None:
        timer = self._waiting_for_children.pop(call, None)
        if timer is not None:
            timer.cancel()
        if call.ended:
            return
        call.ended = True
        self._watchdog.over(call)
        if call in call.device._machine.calls:
            call.device._machine.calls.remove(call)
        self.room.leave(call)
        if call.dead is None:  # else what it started was ended with it, and that is no news
            log_unseen(call)
        try:
            call.on_end(call)
        except Exception as error:
            LOG.exception("the end of %s.%s", call.device.name, call.name)
            if call.request is not None:
                self._process._resolve(call.request, Outcome(None, MacduffError(f"{type(error).__name__}: {error}")))
            if self._process.backend.name == "simulated":
                raise

    def no_longer_waits(self, call: Call) -> bool:
        """Its own code has ended, so that it need not wait for what it started any longer: then it ends here."""
        if call not in self._waiting_for_children:
            return False
        self._settle(call)
        return True

    def child_resolved(self, request: Request) -> None:
        """A request that a call made has its outcome."""
        call = request.parent
        if call is None:
            return
        if request in call.children:
            call.children.remove(request)
        if call in self._waiting_for_children and not any(r.open for r in self._children(call)):
            self._settle(call)

    # ending calls

    def kill(self, call: Call, why: StateChanged) -> None:
        """A token dies, once and for ever; what the call started ends with it."""
        with call.device._mutex:
            if call.dead is None:
                call.dead = why
                call.grace_end = call.device._clock.monotonic() + call.device.abort_grace
        call.wake()
        self.end_children(call)

    def end_children(self, call: Call) -> None:
        """End what a call started: a device that it holds is aborted, else only the call is killed."""
        for request in list(call.children):
            if request.open and not request.left:
                self.end_request(request, f"{call.device.name}.{call.name} ended")

    def end_request(self, request: Request, reason: str) -> None:
        machine = request.device._machine
        if not request.open or (request.member == "abort" and request.kind == "call"):
            return
        message = f"{request.title()} was ended because {reason}"
        if machine.forwards:
            machine.end(request, message)
            return
        holds = machine.place is request and not machine.cycle.only_stores(request)
        if holds or machine.cycle.between_states(request):
            if not machine.aborting.active:
                machine.aborting.begin("Aborted", message)
        elif machine.withdraw(request) or machine.cycle.withdraw(request):
            error = machine.ended_error(StateChanged("Ended", message), request.member)
            self._process._resolve(request, Outcome(None, error))
        elif request.call is not None:
            self.kill(request.call, StateChanged("Ended", message))

    def start_function(self, parent: Call, name: str, body: Any, future: Future[Any]) -> None:
        """A function of the device itself, started by one of its calls."""

        def ended(call: Call) -> None:
            outcome = parent.device._machine.outcome(call)
            self._process._resolve(request, outcome)
            parent.device._machine.aborting.check()

        request = Request("started", parent.device, name, {}, future.resolve, parent=parent, origin=parent.device.name)
        if parent.ended or (parent.dead is not None and not parent.shielded()):
            why = parent.dead or StateChanged("Ended", f"{parent.name} ended")
            self._process._resolve(request, Outcome(None, parent.device._machine.ended_error(why, name)))
            return
        try:
            self.check_room(request)
        except TooMany as error:
            self._process._resolve(request, Outcome(None, error))
            return
        parent.children.append(request)
        call = Call(parent.device, name, "started", body, ended, request=request)
        call.lockless = parent.lockless  # a call that runs without the lock stays without it (rule 8)
        self.run(call)

    # quarantine

    def quarantine(self, call: Call) -> None:
        """Give up the thread of a call that disobeys: it changes nothing any more, the device goes on without it."""
        device, machine = call.device, call.device._machine
        call.give_up()
        self._watchdog.over(call)
        machine.calls.remove(call)
        self.room.leave(call)
        machine.zombies.append(call)
        self.quarantined.append(call)
        where = self._watchdog.where(call)
        LOG.error("%s.%s is quarantined at %s", device.name, call.name, where)
        self._show_zombies(device)
        if call.request is not None and call.request.open:
            self._process._resolve(call.request, Outcome(None, call.request.forced))
        if sum(zombie.replaced for zombie in self.quarantined) < self._limits.quarantined_threads:
            call.replaced = True
            self.pool.replace_one()
        self._show_too_many()
        self.end_children(call)
        if call.kind == "idle":
            self.idle.next(device)

    def _show_too_many(self) -> None:
        """Say in the health of the Process that threads are lost for good (rule 22: at most 16 are replaced)."""
        most, lost = self._limits.quarantined_threads, len(self.quarantined)
        text = f"{lost} quarantined threads, of which {most} were replaced: restart this process"
        if lost > most:
            LOG.critical("%s", text)
        self._process.block._machine.problem("quarantine", Severity.MAJOR, text if lost > most else "")

    def _zombie_ended(self, call: Call) -> None:
        machine = call.device._machine
        call.ended = True
        if call in machine.zombies:
            machine.zombies.remove(call)
            self.quarantined.remove(call)
            if call.replaced:
                self.pool.returned_one()
        self._show_zombies(call.device)
        self._show_too_many()
        call.outcome = (None, call.dead)  # whatever it returned
        if call.device._removed:
            return
        if call.kind == "idle":
            call.on_end(call)  # what is done again and again goes on
        elif call.kind == "connect":
            self._process._joining.go_on(call.device)

    def _show_zombies(self, device: Device) -> None:
        """Name in `health` every quarantined thread that still runs, and where it is."""
        where = self._watchdog.where
        zombies = [f"{device.name}.{z.name} does not obey, at {where(z)}" for z in device._machine.zombies]
        device._machine.problem("quarantine", Severity.MAJOR, "; ".join(zombies))


def _nothing() -> None:
    """What an ended call still refers to."""
