"""Members that come into being when somebody asks for them: PVs by name, attributes that a device elsewhere has.

A device class that defines `open_member` has such members. Asking for one that the device does not show (subscribing,
getting, `Process.listen`) runs `open_member(name)` as any author's code, in a worker under the device's lock, and goes
on with the member whose name it returns. Such a member stays as long as its device thinks right; `wanted` says whether
anybody is interested in it itself, which a listener to the whole device is not.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import DeviceFailed, NotFound
from ..protocol.model import OPENS_MEMBERS, SEvent
from ..telling import did_you_mean
from .call import Call, Outcome, Request

if TYPE_CHECKING:
    from .attribute import Attribute
    from .device import Device
    from .listeners import Listener
    from .machine import Machine
    from .process import Process

__all__ = ["OPENS_MEMBERS", "begin", "listen", "unknown", "wanted"]

_PARTS = (".value", ".setpoint", ".meta", ".writeable")


def wanted(attribute: Attribute[Any]) -> bool:
    """Whether somebody listens to this very attribute, or watches it."""
    return attribute._wanted > 0 or bool(attribute._watchers)


def unknown(device: Device, name: str) -> NotFound:
    """The error for a member that there is not."""
    hint = did_you_mean(name, device.fields)
    text = f"{device.name}.{name}: expected a member of {device.name}, got none of that name{hint}"
    return NotFound(text, device=device.name, member=name)


def begin(machine: Machine, request: Request) -> None:
    """Accept a request of kind "open"; its outcome is the name of the member. Process thread."""
    device, name = machine.device, request.member
    process = machine.process
    if name in device.fields:
        process._resolve(request, Outcome(name))
        return
    if not device.opens_members:
        raise unknown(device, name)
    process._manager.check_room(request)

    def ended(call: Call) -> None:
        outcome = machine.outcome(call)
        if outcome.error is None and outcome.value not in device.fields:
            text = (
                f"{device.name}: expected open_member({name!r}) to return the name of a member, got {outcome.value!r}"
            )
            outcome = Outcome(None, DeviceFailed(text, device=device.name, member=name))
        process._resolve(request, outcome)
        machine.aborting.check()

    process._manager.run(
        Call(device, f"open {name}", "setter", partial(device.open_member, name), ended, request=request)
    )


def listen(process: Process, listener: Listener, initial_value: bool) -> None:
    """Open what is listened to, then listen; `(SEvent.Failed, device, error)` is all that comes if that fails."""
    device, suffix = listener.device, listener.suffix
    part = next((part for part in _PARTS if suffix.endswith(part)), "")

    def opened(outcome: Outcome) -> None:
        if not listener.open:
            return
        if outcome.error is not None:
            listener.queue.put((SEvent.Failed, device.name, outcome.error))
            return
        listener.move(f"{outcome.value}{part}")
        process._listen(listener, initial_value)

    process.request_open(device.name, suffix.removesuffix(part), opened)
