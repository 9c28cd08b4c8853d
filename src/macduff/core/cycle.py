"""The state machine of one device: its events, one at a time, and its runs (rules 16 to 18). Process thread only.

What single events do is in configuring, pausing and rewinding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import DeviceFailed, MacduffError
from . import leases
from .call import Call, Outcome, Request
from .configuring import configure
from .pausing import pause, stop
from .rewinding import check_steps, check_zombies, reset, rewind
from .states import TRANSITIONS, DState, StateChanged

if TYPE_CHECKING:
    from .machine import Machine

__all__ = ["Cycle"]


class Cycle:
    """The requests of the state machine of one configurable device, one at a time."""

    def __init__(self, machine: Machine, device: Any) -> None:
        self.machine = machine
        self.device = device
        self.run: Request | None = None  # open over pause and resume
        self.phase: Call | None = None  # do_run, once for run and for each resume
        self.pausing: Request | None = None
        self.parked: list[Request] = []  # runs of children that a pause of ours paused
        self.pending: dict[Call, Request] = {}

    def waiting(self) -> list[Request]:
        """Open requests that an abort decides."""
        requests = [self.run, self.pausing, *self.pending.values()]
        return [request for request in requests if request is not None and request.open]

    def between_states(self, request: Request) -> bool:
        """Whether it is in the midst of a pause or a rewind, which no state would tell of if only its call ended."""
        return request.call in self.pending and request.call.name in ("do_stop", "do_rewind")

    @staticmethod
    def only_stores(request: Request) -> bool:
        """Whether it is a put of parameters that is no event to the state machine: there is nothing to be aborted."""
        return request.kind == "put" and not request.event

    def withdraw(self, request: Request) -> bool:
        """Forget a pause that was not taken yet."""
        if self.pausing is not request or self.machine.state is not DState.Running:
            return False
        self.pausing = None
        if self.phase is not None:
            self.phase.pause_wanted = False
        return True

    def forget(self) -> None:
        """After an abort or a fault nothing of the cycle is left; parked runs of children are ended."""
        self.run = self.phase = self.pausing = None
        self.pending.clear()
        self.end_parked("its parent does not go on")

    def end_parked(self, reason: str) -> None:
        parked, self.parked = self.parked, []
        for request in parked:
            if request.open:
                self.machine.process._manager.end_request(request, reason)

    # accepting

    def call(self, request: Request) -> None:
        """An event of the state machine: accept it or raise why not."""
        machine, device = self.machine, self.device
        event = request.event = request.member
        request.spec = device.methods[event].spec
        leases.check(device, request)
        if event == "run" and self._takes_over(request):
            return
        self._check_state(event)
        request.args = device.methods[event].bind(request.args)
        machine.process._manager.check_room(request)
        if event in ("configure", "run", "reset") or (event == "rewind" and machine.state is DState.Ready):
            if machine.place is not None:
                raise machine.busy(request, event)
            if event == "configure":
                leases.take(device, request)
            elif event == "reset":
                check_zombies(self, request)
            machine.place = request
            machine.refresh()
        else:
            if event == "rewind":
                check_steps(self, request)
            if event == "pause" and self.pausing is not None:
                raise machine.wrong_state(event, "a device that is not pausing yet")
        if event == "rewind" and machine.place is request:
            try:
                check_steps(self, request)
            except MacduffError:
                machine.leave_place()
                raise
        self.ask_first(request, self._begin(event))

    def _begin(self, event: str) -> Callable[[Request], None]:
        """What is done for an event once nothing speaks against it."""
        if event == "run":
            return self._run
        if event == "resume":
            return self._resume
        return partial({"configure": configure, "pause": pause, "rewind": rewind, "reset": reset}[event], self)

    def _check_state(self, event: str) -> None:
        machine = self.machine
        if machine.state not in TRANSITIONS[event].sources:
            raise machine.wrong_state(event, " or ".join(sorted(s.value for s in TRANSITIONS[event].sources)))
        if machine.connecting and event != "reset":
            raise machine.not_connected(event)

    def ask_first(self, request: Request, begin: Callable[[Request], None]) -> None:
        """handle_event may consume an event; it is the author's code, so it runs in the pool."""
        device = self.device
        if not _overridden(type(device), "handle_event"):
            begin(request)
            return

        def ended(call: Call) -> None:
            outcome = self.machine.outcome(call)
            if outcome.error is not None or outcome.value:
                self.give_up(request, Outcome(None, outcome.error))
                return
            try:
                self._check_state(request.event)
                if request.event == "rewind":
                    check_steps(self, request)
            except MacduffError as error:
                self.give_up(request, Outcome(None, error))
                return
            begin(request)

        self.do(request, "handle_event", lambda: device.handle_event(request.event), ended)

    def give_up(self, request: Request, outcome: Outcome) -> None:
        """The request ends and nothing changed."""
        if self.machine.place is request:
            if self.machine.state is DState.Idle:
                leases.give_back(self.device)
            self.machine.leave_place()
        self.machine.process._resolve(request, outcome)
        self.machine.aborting.check()

    def do(self, request: Request | None, name: str, body: Callable[[], Any], ended: Callable[[Call], None]) -> Call:
        """Run a do_ function for a request."""

        def at_end(call: Call) -> None:
            self.pending.pop(call, None)
            if call.dead is not None and call.dead.kind != "Paused":
                if request is not None and (request is not self.run or self.machine.aborting.active):
                    error = request.forced or self.machine.ended_error(call.dead, request.member)
                    if self.only_stores(request) and not self.machine.aborting.active:
                        self.give_up(request, Outcome(None, error))
                    elif not self.machine.aborting.hold(request):
                        self.machine.process._resolve(request, Outcome(None, error))
                self.machine.aborting.check()
                return
            ended(call)

        parent = request.parent if request is not None else None
        call = Call(self.device, name, "do", body, at_end, request=request, parent=parent)
        if request is not None:
            self.pending[call] = request
        self.machine.process._manager.run(call)
        return call

    def final(self, call: Call, event: str) -> DState | MacduffError:
        """The state that a do_ function ended in, or why it is none that it may end in."""
        outcome = self.machine.outcome(call)
        if outcome.error is not None:
            return outcome.error
        finals: tuple[DState, ...] = self.device._finals(event)
        if outcome.value is None:
            return finals[0]
        if isinstance(outcome.value, DState) and outcome.value in finals:
            return outcome.value
        expected = " or ".join(str(state) for state in finals)
        return DeviceFailed(
            f"{self.device.name}.{call.name}: expected to return {expected}, got {outcome.value!r}",
            device=self.device.name,
        )

    def fail(self, request: Request | None, error: MacduffError) -> None:
        """A do_ raised: Fault, its message, an Error to its caller (rule 18)."""
        machine = self.machine
        open_requests = dict.fromkeys([request, self.run, self.pausing, machine.place])
        machine.place = None
        self.run = self.phase = self.pausing = None
        machine.fault(str(error))
        for each in open_requests:
            if each is not None:
                machine.process._resolve(each, Outcome(None, error))
        self.end_parked("its parent is in Fault")
        if machine.successor is not None:
            machine.leave_place()

    # run, pause, resume

    def _run(self, request: Request) -> None:
        device = self.device
        self.run = request
        if device.total_steps._now[0] == device.completed_steps._now[0] != 0:
            device.completed_steps.apply(0)
        self.machine.set_state(DState.Running)
        self.begin_phase()

    def begin_phase(self) -> None:
        device = self.device
        self.phase = self.do(self.run, "do_run", device.do_run, self._phase_ended)

    def _takes_over(self, request: Request) -> bool:
        """`child.run()` by the parent whose pause paused it: the run goes on and is the new request's (rule 20)."""
        old = self.run
        if self.machine.state is not DState.Paused or old is None or not old.left or request.parent is None:
            return False
        parent = old.parent
        if parent is None or request.parent.device is not parent.device:
            return False
        parent.device._machine.cycle.parked.remove(old)
        self.run = self.machine.place = request
        self.machine.process._resolve(old, Outcome())
        self.machine.set_state(DState.Running)
        self.begin_phase()
        return True

    def _phase_ended(self, call: Call) -> None:
        request = self.run
        paused = call.dead is not None
        outcome = self.machine.outcome(call)
        if paused and (call.outcome[1] is None or isinstance(call.outcome[1], StateChanged)):
            stop(self)
            return
        final: DState | MacduffError = self.final(call, "run")
        if outcome.error is not None:
            final = outcome.error
        if isinstance(final, MacduffError):
            self.fail(request, final)
            return
        self._run_over(final)

    def _run_over(self, final: DState) -> None:
        machine = self.machine
        request, pausing = self.run, self.pausing
        self.run = self.phase = self.pausing = None
        machine.place = None
        machine.set_state(final)
        if pausing is not None:
            error = machine.wrong_state("pause", "a run to pause, but the run ended first")
            machine.process._resolve(pausing, Outcome(None, error))
        self.end_parked("its parent's run ended")
        machine.leave_place()
        if request is not None:
            machine.process._resolve(request, Outcome())

    def _resume(self, request: Request) -> None:
        self.machine.set_state(DState.Running)
        self.begin_phase()
        self.machine.process._resolve(request, Outcome())


def _overridden(cls: type, name: str) -> bool:
    return sum(name in vars(base) for base in cls.__mro__) > 1
