"""A deadline that the caller of a method gave: what has not ended by then is made to end (rule 22)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import TimedOut

if TYPE_CHECKING:
    from .call import Outcome, Request
    from .process import Process

__all__ = ["check_deadline", "limit"]


def check_deadline(where: str, seconds: float) -> None:
    """ValueError for what is no time to come."""
    if not 0 < seconds < float("inf"):
        raise ValueError(f"{where}: expected a deadline of more than 0 seconds, got {seconds}")


def limit(process: Process, request: Request, seconds: float) -> None:
    """End the request with TimedOut unless it ends by itself; an abort has its own time. Process thread only."""
    if not request.open or request.member == "abort":
        return
    timer = process._later(seconds, _over, process, request, seconds)
    told = request.on_done

    def done(outcome: Outcome) -> None:
        timer.cancel()
        told(outcome)

    request.on_done = done


def _over(process: Process, request: Request, seconds: float) -> None:
    """Who holds the device has it aborted; another call is killed, and its device aborted if it disobeys."""
    machine, name = request.device._machine, f"{request.device.name}.{request.member}"
    if request.forced is None:  # else it is ending already, and the first decision wins (rule 5)
        request.forced = TimedOut(
            f"{name}: expected its end within the {seconds:g} s that its caller gave, got none; it was ended",
            device=request.device.name, member=request.member, state=machine.state.value,
        )  # fmt: skip
    process._manager.end_request(request, f"its deadline of {seconds:g} s passed")
    if request.open and not machine.forwards:
        process._later(machine.aborting.grace() + process.limits.shield_leave, _disobeyed, request)


def _disobeyed(request: Request) -> None:
    machine = request.device._machine
    if request.open and not machine.aborting.active:
        machine.aborting.begin("Aborted", f"{request.title()} did not end at its deadline")
