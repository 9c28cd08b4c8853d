"""Pause: wanted, taken at a checkpoint, and what stops with the device (rules 17, 20). Process thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .call import Call, Outcome, Outside, Request
from .states import DState, StateChanged

if TYPE_CHECKING:
    from ..primitives import Flag
    from .cycle import Cycle
    from .device import Device

__all__ = ["decide", "offer", "pause", "stop"]


def offer(device: Device, call: Call | Outside) -> None:
    """In a worker, at a checkpoint while a pause is asked for: the Process decides; StateChanged if it is taken."""
    answered = device._backend_needed().flag()
    answered.reason = f"{device.name}: the decision on a pause"
    device._process_needed()._post(decide, device._machine.cycle, call, answered)
    answered.wait()
    call.check()


def pause(cycle: Cycle, request: Request) -> None:
    """Taken at the run's next checkpoint and nowhere else."""
    if cycle.pausing is not None:  # while handle_event was asked
        error = cycle.machine.wrong_state("pause", "a device that is not pausing yet")
        cycle.machine.process._resolve(request, Outcome(None, error))
        return
    cycle.pausing = request
    if cycle.phase is not None:
        cycle.phase.pause_wanted = True
        cycle.phase.wake()


def decide(cycle: Cycle, call: Call, answered: Flag) -> None:
    """do_run is at a checkpoint: take the pause, unless the run is over or was ended first."""
    completed, total = cycle.device.completed_steps._now[0], cycle.device.total_steps._now[0]
    wanted = cycle.pausing is not None and call is cycle.phase and call.dead is None
    if wanted and not (total > 0 and completed >= total):
        with cycle.device._mutex:
            call.dead = StateChanged("Paused", f"{cycle.device.name} was paused")
        cycle.machine.set_state(DState.Rewinding)
        _park(cycle, call)
    answered.set()


def _park(cycle: Cycle, call: Call) -> None:
    """Started runs of pausable children are paused with us; everything else that was started ends."""
    for child_request in call.children:
        child = child_request.device
        if child_request.member == "run" and child_request.open and "pause" in child.methods:
            child_request.left = True
            cycle.parked.append(child_request)
    cycle.machine.process._manager.end_children(call)


def stop(cycle: Cycle) -> None:
    """It was taken, and do_run has ended: do_stop, then Paused."""
    device, machine, request = cycle.device, cycle.machine, cycle.pausing
    children = [parked.device for parked in cycle.parked]

    def stopped(call: Call) -> None:
        outcome = machine.outcome(call)
        if outcome.error is not None:
            cycle.fail(request, outcome.error)
            return
        cycle.pausing = None
        cycle.parked = [parked for parked in cycle.parked if parked.open]
        machine.set_state(DState.Paused)
        if request is not None:
            machine.process._resolve(request, Outcome())

    cycle.do(request, "do_stop", lambda: device._stop_body(children), stopped)
