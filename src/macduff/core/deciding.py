"""What becomes of a request: refused with an Error and nothing changed, or begun (design, 3). Process thread only."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..errors import Aborted, DeviceFailed, MacduffError, NotFound, Refused, Removed
from ..telling import described, did_you_mean
from . import opening, puts
from .call import Outcome, Request

if TYPE_CHECKING:
    from .process import Process

__all__ = ["accept"]

LOG = logging.getLogger("macduff.core")


def accept(process: Process, request: Request) -> None:
    """Exists? allowed? valid state? valid arguments? Else an Error at once and nothing changed."""
    try:
        _decide(process, request)
    except MacduffError as error:
        process._resolve(request, Outcome(None, error), accepted=False)
    except Exception as error:  # a value of the author's own class may raise anything when it is looked at
        LOG.exception("%s could not be decided", request.title())
        text = f"{request.title()}: {described(error)}"
        failed = DeviceFailed(text, device=request.device.name, member=request.member)
        process._resolve(request, Outcome(None, failed), accepted=False)


def _decide(process: Process, request: Request) -> None:
    device = request.device
    aborts = request.kind == "call" and request.member == "abort"
    _check_device(request, aborts)
    _check_parent(request)
    if not aborts and process._stopping and request.parent is None:
        raise Refused(
            f"{request.title()}: expected a Process that goes on, got one that is stopping",
            device=device.name, member=request.member, state=device._machine.state.value, allowed=("abort",),
        )  # fmt: skip
    machine = device._machine
    if request.kind == "open":
        opening.begin(machine, request)
        return
    if machine.forwards:
        machine.forward(request)
        return
    if request.kind == "put":
        puts.put(machine, request)
        return
    method = device.methods.get(request.member)
    if method is None:
        hint = did_you_mean(request.member, device.methods)
        raise NotFound(
            f"{device.name}.{request.member}: expected a method of {device.name}, got none of that name{hint}",
            device=device.name, member=request.member,
        )  # fmt: skip
    if aborts:
        request.args = method.bind(request.args)
        machine.aborting.request(request)
    elif method.spec.event:
        machine.cycle.call(request)
    else:
        machine.call(request)


def _check_device(request: Request, aborts: bool) -> None:
    """It is there, and not about to go; while it goes only its own abort may ask for something."""
    device = request.device
    if device._removed:
        raise Removed(f"{device.name} was removed", device=device.name, member=request.member)
    leaving = device._machine.leaving
    if leaving and not aborts and not request.reserved:
        raise Removed(
            f"{request.title()}: expected a device that stays, got one that goes: {leaving}",
            device=device.name, member=request.member, state=device._machine.state.value, allowed=("abort",),
        )  # fmt: skip


def _check_parent(request: Request) -> None:
    """The call that asked for it goes on."""
    parent = request.parent
    if parent is not None and (parent.ended or (parent.dead is not None and not parent.shielded())):
        why = parent.dead.message if parent.dead is not None else f"{parent.name} ended"
        raise Aborted(f"{request.title()} was not begun: {why}", device=request.device.name, member=request.member)
