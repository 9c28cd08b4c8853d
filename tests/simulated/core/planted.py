"""Twenty-two defects that somebody could write into the core, each as a patch; the explored beamline must find them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from macduff.core import attribute, cycle, leases, leaving, machine, manager, process, waiting
from macduff.core.aborting import Aborting
from macduff.core.call import Call, Outcome
from macduff.core.listeners import Listeners
from macduff.core.states import DState
from macduff.errors import Busy

__all__ = ["DEFECTS"]

Patch = pytest.MonkeyPatch
DEFECTS: dict[str, tuple[str, Callable[[Patch], None]]] = {}
"""name -> (the means that finds it: an operation injected at every point, or "seeds", the patch)"""


def defect(name: str, means: str) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    def keep(patch: Callable[[Patch], None]) -> Callable[[Patch], None]:
        DEFECTS[name] = (means, patch)
        return patch

    return keep


@defect("no token check in update", "abort")
def _no_token(patch: Patch) -> None:
    def update(self: Any, value: Any, **_: Any) -> None:
        self.apply(self.vtype.validate(value, self.name))

    patch.setattr(attribute.Attribute, "update", update)


@defect("the token is checked outside the mutex", "abort")
def _token_outside(patch: Patch) -> None:
    def update(self: Any, value: Any, **_: Any) -> None:
        call = self._local.call
        if call is not None and call.dead is not None:
            raise call.dead
        self.apply(self.vtype.validate(value, self.name))

    patch.setattr(attribute.Attribute, "update", update)


@defect("Return before the changes", "second run")
def _return_first(patch: Patch) -> None:
    patch.setattr(Listeners, "flush", lambda self, device: None)


@defect("the state is published after the reply", "second run")
def _state_late(patch: Patch) -> None:
    def run_over(self: Any, final: DState) -> None:
        request, self.run, self.phase, self.pausing = self.run, None, None, None
        if request is not None:
            self.machine.process._resolve(request, Outcome())
        self.machine.place = None
        self.machine.set_state(final)
        self.machine.leave_place()

    patch.setattr(cycle.Cycle, "_run_over", run_over)


@defect("Exception for StateChanged", "abort of the stage")
def _exception(patch: Patch) -> None:
    from macduff.core import aborting

    class Careless(Exception):
        def __init__(self, kind: str, message: str) -> None:
            super().__init__(message)
            self.kind, self.message = kind, message

    patch.setattr(aborting, "StateChanged", Careless)


@defect("a lock kept in a wait", "hold and abort")
def _lock_kept(patch: Patch) -> None:
    def let_go(self: Call) -> tuple[bool, bool]:
        held = False, self.slot
        self.slot = False
        return held

    def enter_wait(self: Call, flag: Any) -> None:
        with self.device._mutex:
            if self.dead is not None:
                raise self.dead
            self.flag = flag
            given = let_go(self)
        self._release(*given)

    def leave_wait(self: Call) -> None:
        self.flag = None
        self.take_slot()

    patch.setattr(Call, "enter_wait", enter_wait)
    patch.setattr(Call, "leave_wait", leave_wait)


@defect("a lost wake-up: looked before the flag was in place", "second run")
def _lost_wake(patch: Patch) -> None:
    enter_wait = Call.enter_wait

    def late(self: Call, flag: Any) -> None:
        enter_wait(self, flag)
        self.flag = None

    def block(call: Any, reason: str, until: Any, timeout: float | None = None) -> bool:
        call.check()
        flag = call.device._backend_needed().flag()
        flag.reason = reason
        call.enter_wait(flag)
        try:
            ok = until()
            if not ok:
                call.flag = flag
                flag.wait(timeout)
                ok = until()
        finally:
            call.leave_wait()
        call.check()
        return bool(ok)

    patch.setattr(Call, "enter_wait", late)
    for module in (waiting, *_users_of_block()):
        patch.setattr(module, "block", block)


def _users_of_block() -> list[Any]:
    from macduff.core import watch

    return [watch]


@defect("a reply twice", "abort")
def _twice(patch: Patch) -> None:
    resolve = process.Process._resolve

    def again(self: Any, request: Any, outcome: Outcome, *, accepted: bool = True) -> None:
        if not request.open and request.parent is None:
            request.on_done(outcome)
        resolve(self, request, outcome, accepted=accepted)

    patch.setattr(process.Process, "_resolve", again)
    patch.setattr(Aborting, "_force", _force_and_resolve(Aborting._force))


def _force_and_resolve(force: Callable[..., None]) -> Callable[..., None]:
    def both(self: Any, kind: str, message: str) -> None:
        force(self, kind, message)
        for call in self.victims:
            if call.request is not None:
                self.machine.process._resolve(call.request, Outcome(None, call.request.forced))

    return both


@defect("a lost reply: the waiting successor is forgotten", "seeds")
def _forgotten(patch: Patch) -> None:
    leave_place = machine.Machine.leave_place

    def forget(self: Any) -> None:
        self.successor = None
        leave_place(self)

    patch.setattr(machine.Machine, "leave_place", forget)


@defect("a lease is never given back", "abort")
def _lease_kept(patch: Patch) -> None:
    patch.setattr(leases, "give_back", lambda device: None)


@defect("a lease is taken by halves", "seeds")
def _half_lease(patch: Patch) -> None:
    def take(device: Any, request: Any) -> None:
        for child in reversed(list(device._children.values())):
            state = child._machine
            if state.place is not None and not state.inside(request):
                raise leases._refused(Busy, device, request, child.name)
            state.holder = device

    patch.setattr(leases, "take", take)


@defect("a removed parent keeps its lease", "removal")
def _removed_lease(patch: Patch) -> None:
    patch.setattr(leaving, "leases", type("Gone", (), {"give_back": staticmethod(lambda device: None)}))


@defect("the first decision does not win", "seeds")
def _not_forced(patch: Patch) -> None:
    def force(self: Any, kind: str, message: str) -> None:
        successor, self.machine.successor = self.machine.successor, None
        self.left_over = [] if successor is None else [successor]

    patch.setattr(Aborting, "_force", force)


@defect("resume begins at zero", "pause")
def _from_zero(patch: Patch) -> None:
    resume = cycle.Cycle._resume

    def from_zero(self: Any, request: Any) -> None:
        self.device.completed_steps.apply(0)
        self.device._points = [*self.device._points, 0]
        resume(self, request)

    patch.setattr(cycle.Cycle, "_resume", from_zero)


@defect("a sequence drawn outside the mutex", "seeds")
def _sequence(patch: Patch) -> None:
    def apply(self: Any, value: Any, time: int | None = None, alarm: Any = None, call: Any = None) -> None:
        device = self._device
        alarm = self.vtype.alarm_for(value) if alarm is None else alarm
        sequence = device._sequence + 1
        with self._mutex:
            if call is not None and call.dead is not None and not call.shielded():
                raise call.dead
            device._sequence = sequence - 1
            wake = self._swap((value, alarm, device._clock.time_ns() if time is None else time), call)
        if wake:
            device._wake()

    def update(self: Any, value: Any, **_: Any) -> None:
        self.apply(self.vtype.validate(value, self.name), call=self._local.call)

    patch.setattr(attribute.Attribute, "apply", apply)
    patch.setattr(attribute.Attribute, "update", update)


@defect("half a set is published", "move by another")
def _half_set(patch: Patch) -> None:
    from macduff.core import device

    def update(self: Any, **values: Any) -> None:
        for name, value in values.items():
            self.attributes[name].update(value)

    patch.setattr(device.Device, "update", update)


@defect("a flush overtakes an older segment", "seeds")
def _overtakes(patch: Patch) -> None:
    def flush(self: Any, device: Any) -> None:
        segment = device._segment
        if segment is not None:
            device._unpublished.remove(segment)
            self._publish(segment)

    def publish(self: Any, segment: Any) -> None:
        if segment in segment.device._unpublished:
            segment.device._unpublished.remove(segment)
            self._publish(segment)

    patch.setattr(Listeners, "flush", flush)
    patch.setattr(Listeners, "publish", publish)


@defect("a killed call is not woken", "hold and abort")
def _no_wake(patch: Patch) -> None:
    wake = Call.wake

    def only_alive(self: Call) -> None:
        if self.dead is None:
            wake(self)

    patch.setattr(Call, "wake", only_alive)


@defect("an abort does not wait for what it ended", "abort of the stage")
def _impatient(patch: Patch) -> None:
    def check(self: Any) -> None:
        if self.active and self.call is not None and self.call.ended:
            self._finish()

    patch.setattr(Aborting, "check", check)


@defect("the place is not respected", "hold and abort")
def _no_place(patch: Patch) -> None:
    patch.setattr(machine.Machine, "inside", lambda self, request: True)


@defect("a slot is lost in each wait", "move by another")
def _slot_lost(patch: Patch) -> None:
    leave_wait = Call.leave_wait

    def leave_twice(self: Call) -> None:
        leave_wait(self)
        if not self.reserved:
            self.device._slots._free -= 1

    patch.setattr(Call, "leave_wait", leave_twice)


@defect("what a call started outlives it", "abort")
def _outlives(patch: Patch) -> None:
    patch.setattr(manager.DeviceManager, "end_children", lambda self, call: None)
    patch.setattr(manager.DeviceManager, "_children", staticmethod(lambda call: []))
    from macduff.core import starting

    patch.setattr(starting, "all_children", lambda device, event: None)
