"""Abort, removal and quarantine of one device (rules 20 to 22, 25). Process thread only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import Aborted, DeviceFailed, MacduffError, Removed
from ..values import Severity
from .call import Call, Outcome, Request
from .states import DState, StateChanged

if TYPE_CHECKING:
    from .machine import Machine

__all__ = ["Aborting"]

ENDED_BY_ABORT = ("method", "do", "setter", "started", "connect")


class Aborting:
    """One device's abort, from the death of its calls' tokens to Aborted, Idle or Fault."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.active = False
        self.requests: list[Request] = []
        self.victims: list[Call] = []
        self.left_over: list[Request] = []  # open requests whose code is not running now, such as a paused run
        self.call: Call | None = None
        self.failed: MacduffError | None = None
        self.then: list[Callable[[], None]] = []
        self.timer: Any = None

    def request(self, request: Request) -> None:
        """Somebody asks for an abort; in Aborting it joins the first, in Aborted there is nothing to do."""
        machine = self.machine
        if not self.active and machine.state is DState.Aborted:
            machine.process._resolve(request, Outcome())
            return
        self.requests.append(request)
        if not self.active:
            self.begin("Aborted", f"{machine.device.name} was aborted by {request.origin or 'a client'}", request)

    def begin(self, kind: str, message: str, request: Request | None = None) -> None:
        """Kill the tokens and publish Aborting, both at once; then do_abort."""
        machine, device = self.machine, self.machine.device
        process = machine.process
        self.active, self.failed, self.call = True, None, None
        # An idle task runs in every state, but one that clings to the lock would keep the device for ever.
        self.victims = [c for c in machine.calls if c.kind in ENDED_BY_ABORT or (c.kind == "idle" and c.holds)]
        why = StateChanged(kind, message)
        grace = self.grace()
        grace_end = device._clock.monotonic() + grace
        with device._mutex:
            for call in self.victims:
                if call.dead is None or call.dead.kind == "Paused":
                    call.dead = why
                call.grace_end = grace_end
            device._segment = None  # what dead calls changed comes before, their set points too (rule 21)
            wake = device.state._swap((DState.Aborting, machine.device.state._now[1], device._clock.time_ns()))
        if wake:
            device._wake()
        self._force(kind, message)
        for call in self.victims:
            call.wake()
        machine.refresh()
        self.call = Call(device, "do_abort", "abort", device.do_abort, self._ended, reserved=True)
        process._manager.run(self.call)
        for call in self.victims:
            process._manager.end_children(call)
        self.timer = process._later(grace, self._grace_over)

    def grace(self) -> float:
        """Seconds until what did not obey is quarantined: the class's, plus the largest of the children's."""
        device = self.machine.device
        below = [child._machine.aborting.grace() for child in device._children.values()]
        return device.abort_grace + max(below, default=0.0)

    def _force(self, kind: str, message: str) -> None:
        """The replies are decided now, whatever the calls still return (rule 5)."""
        machine = self.machine
        cls = Removed if kind == "Removed" else Aborted
        requests = [call.request for call in self.victims if call.request is not None]
        if machine.place is not None:
            requests.append(machine.place)
        successor, machine.successor = machine.successor, None
        if successor is not None:
            requests.append(successor)
        requests += machine.cycle.waiting()
        running = {call.request for call in self.victims}
        for request in dict.fromkeys(requests):
            if request.forced is None:
                request.forced = cls(message, device=machine.device.name, member=request.member)
        self.left_over = [request for request in dict.fromkeys(requests) if request not in running]

    def hold(self, request: Request) -> bool:
        """Keep back the reply to a parent until the abort is over: what it started has ended then (rule 14)."""
        if not self.active or request.parent is None or request.forced is None or not request.open:
            return False
        if request not in self.left_over:
            self.left_over.append(request)
        return True

    def _ended(self, call: Call) -> None:
        """do_abort itself ended."""
        outcome = self.machine.outcome(call)
        if outcome.error is not None and not call.quarantined:
            self.failed = outcome.error
        self.check()

    def check(self) -> None:
        """Whether everything that was aborted has ended."""
        if not self.active or self.call is None or not (self.call.ended or self.call.quarantined):
            return
        if any(call in self.machine.calls for call in self.victims):
            return
        self._finish()

    def _grace_over(self, spare: bool = True, last: bool = False) -> None:
        """Quarantine what did not obey: its thread is given up, the device gets a free lock and place.

        A call in a shield is told to end only now, and has a moment for it. Calls that only wait for the lock which
        another one clings to get as much time again.
        """
        machine, manager = self.machine, self.machine.process._manager
        here = [call for call in [*self.victims, self.call] if call is not None and call in machine.calls]
        for call in here:
            manager.no_longer_waits(call)
        if not self.active:
            return
        moment = machine.process.limits.shield_leave
        stuck = [call for call in here if call in machine.calls and (last or not call.queued)]
        spared = [call for call in stuck if spare and call.sheltered(moment)]
        if len(stuck) > len(spared):
            self._quarantine([call for call in stuck if call not in spared])
        self.check()
        if self.active:
            again = moment if spared else self.grace()
            self.timer = machine.process._later(again, self._grace_over, False, not spared)

    def _quarantine(self, stuck: list[Call]) -> None:
        machine = self.machine
        names = ", ".join(f"{machine.device.name}.{call.name}" for call in stuck)
        self.failed = DeviceFailed(
            f"{names}: expected to end within {self.grace():.3g} s of the abort, got no end; the thread is quarantined",
            device=machine.device.name,
        )
        for call in stuck:
            machine.process._manager.quarantine(call)
        machine.process._joining.wires.close(machine.device)
        if self.call in stuck:
            self._abort_children()

    def _abort_children(self) -> None:
        """do_abort hangs, and may never have come to them."""
        device = self.machine.device
        for child in device._children.values():
            machine = child._machine
            if not machine.aborting.active and machine.state not in (DState.Aborted, DState.Fault):
                machine.aborting.begin("Aborted", f"{device.name} was aborted, and its do_abort did not end")

    def _finish(self) -> None:
        machine = self.machine
        process = machine.process
        self.active = False
        if self.timer is not None:
            self.timer.cancel()
        left_over, self.left_over = self.left_over, []
        machine.place = None
        machine.cycle.forget()
        if self.failed is not None:
            machine.problem("fault", Severity.MAJOR, f"abort failed: {self.failed}")
            machine.set_state(DState.Fault)
        elif any(not zombie.forgiven for zombie in machine.zombies):
            machine.set_state(DState.Fault)  # an abort is no way round `reset(force=True)`
        else:
            if machine.plain:
                machine.problem("fault")
            machine.set_state(DState.Idle if machine.plain else DState.Aborted)
        for request in left_over:
            process._resolve(request, Outcome(None, request.forced))
        requests, self.requests = self.requests, []
        for request in requests:
            process._resolve(request, Outcome(None, self.failed))
        then, self.then = self.then, []
        for function in then:
            function()
