"""What a method took and returned when it was last called, for every client to see; and who asked, for the log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ..values import NO_ALARM, Alarm, AlarmStatus, Severity
from .request import MethodLog, Outcome, Request

if TYPE_CHECKING:
    from .process import Process

__all__ = ["log_call", "note"]

LOG = logging.getLogger("macduff.requests")


def note(request: Request, outcome: Outcome) -> None:
    """Who asked for what, and how it ended, in the log "macduff.requests" at level debug."""
    if LOG.isEnabledFor(logging.DEBUG):
        end = "done" if outcome.error is None else f"{outcome.error.kind}: {outcome.error}"
        LOG.debug("%s %s %s", request.kind, request.title(), end)


def log_call(process: Process, request: Request, outcome: Outcome) -> None:
    """Keep it, and tell those who listen; on the Process thread."""
    device = request.device
    method = device.methods.get(request.member)
    if method is None or request.kind != "call":
        return
    alarm = NO_ALARM
    value: Any = {}
    if outcome.error is not None:
        alarm = Alarm(Severity.MAJOR, AlarmStatus.DEVICE, f"{outcome.error.kind}: {outcome.error}")
    elif method.returns:
        value = {"return": outcome.value} if method.unpacked else dict(outcome.value or {})
    given = dict(request.args) if isinstance(request.args, dict) else {}
    defaults = method.defaults
    took = {name: given.get(name, defaults.get(name, vtype.zero())) for name, vtype in method.takes.items()}
    method.took = MethodLog(took, tuple(name for name in given if name in took), NO_ALARM, request.time)
    method.returned = MethodLog(value, tuple(value), alarm, device._clock.time_ns())
    if process._listeners.has_audience(device):
        process._listeners.add_extra(device, {f"{request.member}.log": (method.took, method.returned)})
