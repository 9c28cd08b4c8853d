"""Rewind and reset: back by some steps, or to the beginning (rules 16, 17, 22). Process thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadValue, MacduffError, WrongState
from .call import Call, Outcome, Request
from .states import DState

if TYPE_CHECKING:
    from .cycle import Cycle

__all__ = ["check_steps", "check_zombies", "reset", "rewind"]


def check_steps(cycle: Cycle, request: Request) -> None:
    """BadValue for more steps than were done."""
    completed = cycle.device.completed_steps._now[0]
    steps = request.args["steps"]
    if not 0 <= steps <= completed:
        raise BadValue(f"{cycle.device.name}.rewind(steps): expected 0 to {completed} completed steps, got {steps}",
                       device=cycle.device.name, member="rewind")  # fmt: skip


def check_zombies(cycle: Cycle, request: Request) -> None:
    """WrongState while a thread that disobeyed still runs, unless forced (rule 22)."""
    if cycle.machine.zombies and not request.args.get("force"):
        names = ", ".join(call.name for call in cycle.machine.zombies)
        raise WrongState(
            f"{cycle.device.name}.reset: expected no quarantined thread, got {names} still running; "
            f"reset(force=True) goes on without it",
            device=cycle.device.name, member="reset", state=cycle.machine.state.value, allowed=("abort",),
        )  # fmt: skip


def rewind(cycle: Cycle, request: Request) -> None:
    """Back by so many steps, and to the state that it came from."""
    device, machine = cycle.device, cycle.machine
    came_from = machine.state
    steps = request.args["steps"]
    machine.set_state(DState.Rewinding)

    def rewound(call: Call) -> None:
        outcome = machine.outcome(call)
        if outcome.error is not None:
            cycle.fail(request, outcome.error)
            return
        device.completed_steps.apply(device.completed_steps._now[0] - steps)
        if machine.place is request:
            machine.place = None
        machine.set_state(came_from)
        if machine.place is None:
            machine.leave_place()
        machine.process._resolve(request, Outcome())

    cycle.do(request, "do_rewind", lambda: device.do_rewind(steps), rewound)


def reset(cycle: Cycle, request: Request) -> None:
    """Back to Idle, whatever was wrong."""
    machine = cycle.machine
    machine.set_state(DState.Resetting)

    def ended(call: Call) -> None:
        final = cycle.final(call, "reset")
        if isinstance(final, MacduffError):
            cycle.fail(request, final)
            return
        machine.problem("fault")
        for zombie in machine.zombies:
            zombie.forgiven = True
        machine.process._joining.go_on(cycle.device)
        machine.place = None
        machine.set_state(final)
        machine.leave_place()
        machine.process._resolve(request, Outcome())

    cycle.do(request, "do_reset", cycle.device.do_reset, ended)
