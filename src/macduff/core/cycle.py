"""Configure, run, pause, rewind, resume and reset of one device (rules 16 to 18, 23, 24). Process thread only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import BadValue, DeviceFailed, MacduffError, WrongState
from . import leases
from .call import Call, Outcome, Request
from .states import TRANSITIONS, DState, StateChanged

if TYPE_CHECKING:
    from ..primitives import Flag
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
        self._end_parked("its parent does not go on")

    def _end_parked(self, reason: str) -> None:
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
            begin = {"configure": self._configure, "run": self._run, "reset": self._reset, "rewind": self._rewind}[
                event
            ]
            if event == "configure":
                leases.take(device, request)
            elif event == "reset":
                self._check_zombies(request)
            machine.place = request
            machine.refresh()
        else:
            if event == "rewind":
                self._check_steps(request)
            if event == "pause" and self.pausing is not None:
                raise machine.wrong_state(event, "a device that is not pausing yet")
            begin = {"pause": self._pause, "resume": self._resume, "rewind": self._rewind}[event]
        if event == "rewind" and machine.place is request:
            try:
                self._check_steps(request)
            except MacduffError:
                machine.leave_place()
                raise
        self._ask_first(request, begin)

    def _check_state(self, event: str) -> None:
        machine = self.machine
        if machine.state not in TRANSITIONS[event].sources:
            raise machine.wrong_state(event, " or ".join(sorted(s.value for s in TRANSITIONS[event].sources)))
        if machine.connecting and event != "reset":
            raise machine.not_connected(event)

    def _check_zombies(self, request: Request) -> None:
        if self.machine.zombies and not request.args.get("force"):
            names = ", ".join(call.name for call in self.machine.zombies)
            raise WrongState(
                f"{self.device.name}.reset: expected no quarantined thread, got {names} still running; "
                f"reset(force=True) goes on without it",
                device=self.device.name, member="reset", state=self.machine.state.value, allowed=("abort",),
            )  # fmt: skip

    def _check_steps(self, request: Request) -> None:
        completed = self.device.completed_steps._now[0]
        steps = request.args["steps"]
        if not 0 <= steps <= completed:
            raise BadValue(f"{self.device.name}.rewind(steps): expected 0 to {completed} completed steps, got {steps}",
                           device=self.device.name, member="rewind")  # fmt: skip

    def _ask_first(self, request: Request, begin: Callable[[Request], None]) -> None:
        """handle_event may consume an event; it is the author's code, so it runs in the pool."""
        device = self.device
        if type(device).handle_event is _base_handle_event():
            begin(request)
            return

        def ended(call: Call) -> None:
            outcome = self.machine.outcome(call)
            if outcome.error is not None or outcome.value:
                self._give_up(request, Outcome(None, outcome.error))
                return
            try:
                self._check_state(request.event)
                if request.event == "rewind":
                    self._check_steps(request)
            except MacduffError as error:
                self._give_up(request, Outcome(None, error))
                return
            begin(request)

        self._do(request, "handle_event", lambda: device.handle_event(request.event), ended)

    def _give_up(self, request: Request, outcome: Outcome) -> None:
        """The request ends and nothing changed."""
        if self.machine.place is request:
            if self.machine.state is DState.Idle:
                leases.give_back(self.device)
            self.machine.leave_place()
        self.machine.process._resolve(request, outcome)
        self.machine.aborting.check()

    def _do(self, request: Request | None, name: str, body: Callable[[], Any], ended: Callable[[Call], None]) -> Call:
        """Run a do_ function for a request."""

        def at_end(call: Call) -> None:
            self.pending.pop(call, None)
            if call.dead is not None and call.dead.kind != "Paused":
                if request is not None and (request is not self.run or self.machine.aborting.active):
                    error = request.forced or self.machine.ended_error(call.dead, request.member)
                    if not self.machine.aborting.hold(request):
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

    def _final(self, call: Call, event: str) -> DState | MacduffError:
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

    def _fail(self, request: Request | None, error: MacduffError) -> None:
        """A do_ raised: Fault, its message, an Error to its caller (rule 18)."""
        machine = self.machine
        open_requests = dict.fromkeys([request, self.run, self.pausing, machine.place])
        machine.place = None
        self.run = self.phase = self.pausing = None
        machine.fault(str(error))
        for each in open_requests:
            if each is not None:
                machine.process._resolve(each, Outcome(None, error))
        self._end_parked("its parent is in Fault")
        if machine.successor is not None:
            machine.leave_place()

    # configure

    def _configure(self, request: Request) -> None:
        """Ask validate; only when it agrees does the state change."""
        device = self.device
        given = dict(request.args)

        def validated(call: Call) -> None:
            outcome = self.machine.outcome(call)
            if outcome.error is not None:
                self._give_up(request, outcome)
                return
            self._configure_with(request, outcome.value)

        self._do(request, "validate", lambda: device._validated(given), validated)

    def _configure_with(self, request: Request, parameters: Mapping[str, Any]) -> None:
        device, machine = self.device, self.machine
        machine.set_state(DState.Configuring)
        confirm = tuple(request.args) if request.readback else ()

        def configured(call: Call) -> None:
            final = self._final(call, "configure")
            if isinstance(final, MacduffError):
                self._fail(request, final)
                return
            machine.place = None
            machine.set_state(final)
            machine.leave_place()
            machine.process._resolve(request, Outcome())

        self._do(request, "do_configure", lambda: device._configure_body(parameters, confirm), configured)

    def put_parameters(self, request: Request, values: Mapping[str, Any]) -> None:
        """A put of parameters from outside: reconfigure, store, or refuse (rule 24)."""
        machine, device = self.machine, self.device
        if machine.state not in (DState.Idle, DState.Ready):
            raise machine.wrong_state(request.member, "Idle or Ready")
        if machine.place is not None:
            raise machine.busy(request, request.member)
        if machine.connecting:
            raise machine.not_connected(request.member)
        machine.process._manager.check_room(request)
        request.event = "configure"
        request.spec = device.methods["configure"].spec
        request.args = dict(values)
        if machine.state is DState.Ready or device.configure_on_put:
            leases.take(device, request)
            machine.place = request
            self._ask_first(request, self._configure)
            return
        machine.place = request

        def validated(call: Call) -> None:
            outcome = machine.outcome(call)
            if outcome.error is None:
                device._store({name: outcome.value[name] for name in values})  # as validate would have them used
            self._give_up(request, Outcome(None, outcome.error))

        self._do(request, "validate", lambda: device._validated(dict(values)), validated)

    # run, pause, resume

    def _run(self, request: Request) -> None:
        device = self.device
        self.run = request
        if device.total_steps._now[0] == device.completed_steps._now[0] != 0:
            device.completed_steps.apply(0)
        self.machine.set_state(DState.Running)
        self._begin_phase()

    def _begin_phase(self) -> None:
        device = self.device
        self.phase = self._do(self.run, "do_run", device.do_run, self._phase_ended)

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
        self._begin_phase()
        return True

    def _phase_ended(self, call: Call) -> None:
        request = self.run
        paused = call.dead is not None
        outcome = self.machine.outcome(call)
        if paused and (call.outcome[1] is None or isinstance(call.outcome[1], StateChanged)):
            self._stop_for_pause()
            return
        final: DState | MacduffError = self._final(call, "run")
        if outcome.error is not None:
            final = outcome.error
        if isinstance(final, MacduffError):
            self._fail(request, final)
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
        self._end_parked("its parent's run ended")
        machine.leave_place()
        if request is not None:
            machine.process._resolve(request, Outcome())

    def _pause(self, request: Request) -> None:
        """Taken at the run's next checkpoint and nowhere else."""
        if self.pausing is not None:  # while handle_event was asked
            error = self.machine.wrong_state("pause", "a device that is not pausing yet")
            self.machine.process._resolve(request, Outcome(None, error))
            return
        self.pausing = request
        if self.phase is not None:
            self.phase.pause_wanted = True
            self.phase.wake()

    def decide_pause(self, call: Call, answered: Flag) -> None:
        """do_run is at a checkpoint: take the pause, unless the run is over or was ended first."""
        completed, total = self.device.completed_steps._now[0], self.device.total_steps._now[0]
        wanted = self.pausing is not None and call is self.phase and call.dead is None
        if wanted and not (total > 0 and completed >= total):
            with self.device._mutex:
                call.dead = StateChanged("Paused", f"{self.device.name} was paused")
            self.machine.set_state(DState.Rewinding)
            self._park(call)
        answered.set()

    def _park(self, call: Call) -> None:
        """Started runs of pausable children are paused with us; everything else that was started ends."""
        for child_request in call.children:
            child = child_request.device
            if child_request.member == "run" and child_request.open and "pause" in child.methods:
                child_request.left = True
                self.parked.append(child_request)
        self.machine.process._manager.end_children(call)

    def _stop_for_pause(self) -> None:
        device, machine, request = self.device, self.machine, self.pausing
        children = [parked.device for parked in self.parked]

        def stopped(call: Call) -> None:
            outcome = machine.outcome(call)
            if outcome.error is not None:
                self._fail(request, outcome.error)
                return
            self.pausing = None
            self.parked = [parked for parked in self.parked if parked.open]
            machine.set_state(DState.Paused)
            if request is not None:
                machine.process._resolve(request, Outcome())

        self._do(request, "do_stop", lambda: device._stop_body(children), stopped)

    def _resume(self, request: Request) -> None:
        self.machine.set_state(DState.Running)
        self._begin_phase()
        self.machine.process._resolve(request, Outcome())

    # rewind, reset

    def _rewind(self, request: Request) -> None:
        device, machine = self.device, self.machine
        came_from = machine.state
        steps = request.args["steps"]
        machine.set_state(DState.Rewinding)

        def rewound(call: Call) -> None:
            outcome = machine.outcome(call)
            if outcome.error is not None:
                self._fail(request, outcome.error)
                return
            device.completed_steps.apply(device.completed_steps._now[0] - steps)
            if machine.place is request:
                machine.place = None
            machine.set_state(came_from)
            if machine.place is None:
                machine.leave_place()
            machine.process._resolve(request, Outcome())

        self._do(request, "do_rewind", lambda: device.do_rewind(steps), rewound)

    def _reset(self, request: Request) -> None:
        machine = self.machine
        machine.set_state(DState.Resetting)

        def ended(call: Call) -> None:
            final = self._final(call, "reset")
            if isinstance(final, MacduffError):
                self._fail(request, final)
                return
            machine.problem("fault")
            for zombie in machine.zombies:
                zombie.forgiven = True
            machine.process._joining.go_on(self.device)
            machine.place = None
            machine.set_state(final)
            machine.leave_place()
            machine.process._resolve(request, Outcome())

        self._do(request, "do_reset", self.device.do_reset, ended)


def _base_handle_event() -> Any:
    from .device import Device

    return Device.handle_event
