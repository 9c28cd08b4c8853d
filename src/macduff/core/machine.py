"""What a device is doing: its place, its open calls, its state (rules 12, 16, 18). Process thread only."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from ..errors import Aborted, Busy, MacduffError, Removed, Superseded, WrongState
from ..values import Severity
from . import leases
from .aborting import Aborting
from .alarms import Alarms
from .away import Away
from .call import Call, Outcome, Request
from .cycle import Cycle
from .failing import failure
from .health import Health
from .states import TRANSITIONS, DState, StateChanged

if TYPE_CHECKING:
    from .attribute import Attribute
    from .device import Device
    from .idling import Due
    from .method import Method, MethodSpec
    from .process import Process

__all__ = ["Machine"]

CLOSED = frozenset({DState.Fault, DState.Aborting, DState.Resetting})
"""States in which no ordinary method may be called."""


class Machine:
    """The decisions about one device."""

    forwards = False
    """Whether the decisions are made elsewhere: see macduff.core.forwarded."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.place: Request | None = None  # the exclusive call, its waits included
        self.successor: Request | None = None
        self.calls: list[Call] = []
        self.holder: Device | None = None  # the configured parent that this device is leased to
        self.connecting = ""  # why it is not connected yet
        self.problem = Health(device).problem
        self.sources = Away(device)
        self.alarms = Alarms(device)
        self.last_failures: dict[str, str] = {}  # how what is done again and again failed last; written by workers
        self.zombies: list[Call] = []
        self.idle_due: deque[Due] = deque()  # idle tasks that wait for another one of this device
        self.leaving = ""  # why nothing new may begin: it is being removed
        self.aborting = Aborting(self)
        self.cycle = Cycle(self, device)
        self.plain = True  # configurable devices say otherwise
        self._shown: dict[str, bool] = {}

    @property
    def process(self) -> Process:
        return self.device._process_needed()

    @property
    def state(self) -> DState:
        state: DState = self.device.state._now[0]
        return state

    def set_state(self, state: DState) -> None:
        """Publish a state, and which members can be used in it."""
        if state is not self.state:
            self.device.state.apply(state)
        if state in leases.AT_REST:
            leases.give_back(self.device)
        self.refresh()

    def refresh(self) -> None:
        """Tell listeners which attributes and methods can be used now, where that changed."""
        if not self.process._listeners.has_audience(self.device):
            self._shown = {}
            return
        shown = {name: field.writeable for name, field in self.device.fields.items()}
        if self._shown and shown != self._shown:
            changed = {f"{name}.writeable": now for name, now in shown.items() if self._shown.get(name) is not now}
            self.process._listeners.add_extra(self.device, changed)
        self._shown = shown

    def fault(self, message: str) -> None:
        """To Fault, with the reason in `health`."""
        self.problem("fault", Severity.MAJOR, message)
        self.set_state(DState.Fault)

    # may it be used now?

    def writeable(self, attribute: Attribute[Any]) -> bool:
        """Whether a put by a client would be accepted (a hint: the Process decides when it comes)."""
        if self.holder is not None or self.device._removed:
            return False
        if attribute.parameter:
            return self.state in (DState.Idle, DState.Ready) and self.place is None
        return attribute.only_in is None or self.state in attribute.only_in

    def callable_now(self, method: Method[Any, Any]) -> bool:
        """Whether a call by a client would be accepted (a hint likewise)."""
        spec = method.spec
        if self.device._removed or (self.holder is not None and spec.event != "abort"):
            return False
        if self.connecting and spec.event not in ("abort", "reset"):
            return False
        if spec.event:
            if self.plain and spec.event == "reset":
                return self.state is DState.Fault
            return self.state in TRANSITIONS[spec.event].sources and (
                self.place is None or spec.event not in ("configure", "run", "reset")
            )
        if self.refusal(spec) is not None:
            return False
        return self.place is None or spec.busy == "allow" or (spec.busy == "replace" == self._busy_of(self.place))

    @staticmethod
    def _busy_of(request: Request) -> str:
        return request.spec.busy if request.spec is not None else "refuse"

    def refusal(self, spec: MethodSpec) -> WrongState | None:
        """Why the state does not allow an ordinary method."""
        state = self.state
        if spec.only_in is not None:
            allowed = state in spec.only_in
            expected = ", ".join(sorted(s.value for s in spec.only_in))
        else:
            allowed = state not in CLOSED
            expected = "a state other than Fault, Aborting and Resetting"
        if self.connecting:
            return self.not_connected(spec.name)
        if allowed:
            return None
        return self.wrong_state(spec.name, expected)

    def not_connected(self, member: str) -> WrongState:
        return WrongState(
            f"{self.device.name}.{member}: expected a connected device, got one that is not: {self.connecting}",
            device=self.device.name, member=member, state=self.state.value, allowed=self.allowed(),
        )  # fmt: skip

    def wrong_state(self, member: str, expected: str) -> WrongState:
        allowed = self.allowed()
        return WrongState(
            f"{self.device.name}.{member}: expected {expected}, got {self.state.value}; "
            f"allowed now: {', '.join(allowed)}",
            device=self.device.name, member=member, state=self.state.value, allowed=allowed,
        )  # fmt: skip

    def allowed(self) -> tuple[str, ...]:
        """The state machine's events that would be accepted now."""
        events = [name for name, m in self.device.methods.items() if m.spec.event and self.callable_now(m)]
        return tuple(events)

    def needs_reset(self) -> bool:
        """Whether a parent's reset has anything to do here."""
        return self.state in (DState.Fault, DState.Aborted) or (self.state is DState.Ready and not self.plain)

    @property
    def open_elsewhere(self) -> bool:
        """Whether requests that were passed on are still open."""
        return False

    def forward(self, request: Request) -> None:
        """Pass a request on, where `forwards`."""
        raise NotImplementedError

    def end(self, request: Request, message: str) -> None:
        """End a request that was passed on, for whoever made it has ended."""

    def drop(self, reason: str) -> None:
        """Answer what was passed on and is still open: the device leaves this Process."""

    # ordinary methods

    def busy(self, request: Request, member: str) -> Busy:
        """The error that says who holds the device."""
        holder = self.place if self.place is not None else request
        since = (self.device._clock.time_ns() - holder.time) / 1e9
        return Busy(
            f"{self.device.name}.{member}: expected a device that is free, got one busy with {holder.title()} "
            f"for {since:.3g} s; allowed now: {', '.join(self.allowed())}",
            device=self.device.name, member=member, state=self.state.value, allowed=self.allowed(),
        )  # fmt: skip

    def inside(self, request: Request) -> bool:
        """Whether the place is held by a call that this request was made for (rule 11)."""
        place = self.place
        if place is None or request.parent is None:
            return False
        return any(call.request is place for call in request.parent.ancestors())

    def call(self, request: Request) -> None:
        """An ordinary method: accept, refuse, or let it replace the one that runs."""
        method = self.device.methods[request.member]
        spec = request.spec = method.spec
        leases.check(self.device, request)
        refused = self.refusal(spec)
        if refused is not None:
            raise refused
        request.args = method.bind(request.args)
        self.process._manager.check_room(request)
        if spec.busy == "allow" or self.inside(request):
            self._run(request, exclusive=False)
        elif self.place is None:
            self._run(request, exclusive=True)
        elif spec.busy == "replace" == self._busy_of(self.place):
            self._replace(request)
        else:
            raise self.busy(request, request.member)

    def _run(self, request: Request, *, exclusive: bool) -> None:
        method = self.device.methods[request.member]
        args = request.args
        call = Call(
            self.device, request.member, "method", lambda: method.perform(args), self._method_ended,
            request=request, exclusive=exclusive,
        )  # fmt: skip
        if exclusive:
            self.place = request
            if self.plain:
                self.set_state(DState.Running)
            else:
                self.refresh()
        self.process._manager.run(call)

    def _replace(self, request: Request) -> None:
        """One successor waits for the first to end; a third supersedes it (rule 12)."""
        place = self.place
        if self.successor is not None:
            self._superseded(self.successor, request)
            self.process._resolve(self.successor, Outcome(None, self.successor.forced))
        self.successor = request
        if place is not None and place.call is not None and place.call.dead is None:
            self._superseded(place, request)
            message = f"{place.title()} was superseded by {request.title()}"
            self.process._manager.kill(place.call, StateChanged("Superseded", message))
        self.process._later(self.device.abort_grace, self._disobeyed, request)

    def _superseded(self, request: Request, by: Request) -> None:
        if request.forced is None:
            request.forced = Superseded(
                f"{request.title()} was ended by a later call, {by.title()}",
                device=self.device.name, member=request.member,
            )  # fmt: skip

    def _disobeyed(self, successor: Request, spare: bool = True) -> None:
        if spare and self.place is not None and self.place.sheltered(self.process.limits.shield_leave):
            self.process._later(self.process.limits.shield_leave, self._disobeyed, successor, False)
        elif self.withdraw(successor):
            self.process._resolve(successor, Outcome(None, self.busy(successor, successor.member)))

    def withdraw(self, request: Request) -> bool:
        """Forget a successor that has not begun; False when it is none."""
        if self.successor is not request:
            return False
        self.successor = None
        return True

    def _method_ended(self, call: Call) -> None:
        request = call.request
        if request is None:
            return
        outcome = self.outcome(call)
        if self.place is request:
            self.leave_place()
        if not self.aborting.hold(request):
            self.process._resolve(request, outcome)
        self.aborting.check()

    def leave_place(self) -> None:
        """The exclusive call ended: its successor begins, or the device is free."""
        self.place = None
        successor, self.successor = self.successor, None
        if successor is not None and self.state not in CLOSED:
            self._run(successor, exclusive=True)
            return
        if successor is not None:
            error = Aborted(
                f"{successor.title()} was aborted before it began", device=self.device.name, member=successor.member
            )
            self.process._resolve(successor, Outcome(None, error))
        if self.plain and self.state is DState.Running:
            self.set_state(DState.Idle)
        else:
            self.refresh()

    def outcome(self, call: Call) -> Outcome:
        """What the code's end means for whoever asked for it."""
        value, error = call.outcome
        if error is None:
            return Outcome(value)
        if isinstance(error, StateChanged):
            return Outcome(None, self.ended_error(error, call.name))
        return Outcome(None, failure(call, error))

    def ended_error(self, why: StateChanged, member: str) -> MacduffError:
        """The error kind for a call that was ended from outside."""
        kinds: dict[str, type[MacduffError]] = {"Superseded": Superseded, "Removed": Removed}
        return kinds.get(why.kind, Aborted)(why.message, device=self.device.name, member=member)
