"""Configure, and puts of parameters from outside, which may be that too (rules 23, 24). Process thread only."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import MacduffError
from . import leases
from .call import Call, Outcome, Request
from .states import DState

if TYPE_CHECKING:
    from .cycle import Cycle

__all__ = ["configure", "put_parameters"]


def configure(cycle: Cycle, request: Request) -> None:
    """Ask validate; only when it agrees does the state change."""
    device = cycle.device
    given = dict(request.args)

    def validated(call: Call) -> None:
        outcome = cycle.machine.outcome(call)
        if outcome.error is not None:
            cycle.give_up(request, outcome)
            return
        _with(cycle, request, outcome.value)

    cycle.do(request, "validate", lambda: device._validated(given), validated)


def _with(cycle: Cycle, request: Request, parameters: Mapping[str, Any]) -> None:
    """As validate would have them used."""
    device, machine = cycle.device, cycle.machine
    machine.set_state(DState.Configuring)
    confirm = tuple(request.args) if request.readback else ()

    def configured(call: Call) -> None:
        final = cycle.final(call, "configure")
        if isinstance(final, MacduffError):
            cycle.fail(request, final)
            return
        machine.place = None
        machine.set_state(final)
        machine.leave_place()
        machine.process._resolve(request, Outcome())

    cycle.do(request, "do_configure", lambda: device._configure_body(parameters, confirm), configured)


def put_parameters(cycle: Cycle, request: Request, values: Mapping[str, Any]) -> None:
    """A put of parameters from outside: reconfigure, store, or refuse (rule 24)."""
    machine, device = cycle.machine, cycle.device
    if machine.state not in (DState.Idle, DState.Ready):
        raise machine.wrong_state(request.member, "Idle or Ready")
    if machine.place is not None:
        raise machine.busy(request, request.member)
    if machine.connecting:
        raise machine.not_connected(request.member)
    configures = machine.state is DState.Ready or device.configure_on_put
    if request.readback and not configures and any(device.attributes[n]._binding is not None for n in values):
        expected = "Ready for a put with readback, for in Idle it is only stored until configure puts it"
        raise machine.wrong_state(request.member, expected)
    machine.process._manager.check_room(request)
    request.spec = device.methods["configure"].spec
    request.args = dict(values)
    if configures:
        request.event = "configure"
        leases.take(device, request)
        machine.place = request
        cycle.ask_first(request, partial(configure, cycle))
        return
    machine.place = request

    def validated(call: Call) -> None:
        outcome = machine.outcome(call)
        if outcome.error is None:
            device._store({name: outcome.value[name] for name in values})  # as validate would have them used
        cycle.give_up(request, Outcome(None, outcome.error))

    cycle.do(request, "validate", lambda: device._validated(dict(values)), validated)
