"""Puts from outside a device: checked whole before anything changes (rule 24). Process thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import BadValue, NotFound
from ..telling import did_you_mean
from . import leases
from .call import Call, Outcome, Request
from .configuring import put_parameters
from .putting import begin_put, carry_out, confirms
from .refusals import read_only
from .waiting import wait_all
from .watch import wait_for

if TYPE_CHECKING:
    from .attribute import Attribute
    from .machine import Machine

__all__ = ["put"]


def put(machine: Machine, request: Request) -> None:
    """Accept or refuse a put; raises what the client is told."""
    device = machine.device
    values: dict[Attribute[Any], Any] = {}
    for name, value in request.args.items():
        attribute = device.attributes.get(name)
        if attribute is None:
            hint = did_you_mean(name, device.attributes)
            raise NotFound(f"{device.name}.{name}: expected an attribute of {device.name}, got none of that name{hint}",
                           device=device.name, member=name)  # fmt: skip
        if not attribute.writable:
            raise read_only(attribute)
        values[attribute] = attribute.check_setpoint(value)
    leases.check(device, request)
    parameters = [attribute for attribute in values if attribute.parameter]
    if parameters and not machine.plain:
        if len(parameters) != len(values):
            raise BadValue(f"{device.name}: expected parameters only in one put, got other attributes with them")
        put_parameters(machine.cycle, request, {attribute.name: value for attribute, value in values.items()})
        return
    for attribute in values:
        if attribute.only_in is not None and machine.state not in attribute.only_in:
            raise machine.wrong_state(attribute.name, " or ".join(sorted(s.value for s in attribute.only_in)))
    if not request.readback and all(a._binding is None and a._setter_name is None for a in values):
        _store(values)
        machine.process._resolve(request, Outcome())
        return
    machine.process._manager.check_room(request)
    _carry_out(machine, request, values)


def _store(values: dict[Attribute[Any], Any]) -> None:
    """Attributes that are nothing but a value."""
    for attribute, value in values.items():
        attribute.apply(value)
        attribute.ask(value)


def _carry_out(machine: Machine, request: Request, values: dict[Attribute[Any], Any]) -> None:
    device = machine.device
    lockless = all(attribute._setter_name is None for attribute in values)

    def body() -> None:
        sent = [begin_put(a, value, call) for a, value in values.items() if a._binding is not None]
        for attribute, value in values.items():
            if attribute._binding is None:
                carry_out(attribute, value, call)
        wait_all(device, sent)
        if request.readback:
            for attribute, value in values.items():
                wait_for(attribute, confirms(attribute, value))

    def ended(call: Call) -> None:
        error = machine.outcome(call).error
        machine.process._resolve(request, Outcome(None, error))
        machine.aborting.check()

    call = Call(device, f"put {request.member}", "setter", body, ended, request=request)
    call.lockless = lockless
    machine.process._manager.run(call)
