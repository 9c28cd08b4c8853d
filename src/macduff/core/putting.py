"""Puts from device code: to the own hardware through source or setter, to other devices as any client's."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import MacduffError
from .blocking import current
from .call import Call, Outcome, Outside
from .future import Future
from .refusals import read_only
from .waiting import request_child, wait_all
from .watch import wait_for

if TYPE_CHECKING:
    from ..values import VType
    from .attribute import Attribute
    from .device import Device

__all__ = ["begin_put", "carry_out", "confirms", "put", "put_many"]


def put(attribute: Attribute[Any], value: Any, *, readback: bool = False, timeout: float | None = None) -> None:
    """`Attribute.put`."""
    device = attribute._device
    call = current(device)
    if isinstance(call, Call) and call.device is device:
        carry_out(attribute, attribute.check_setpoint(value), call, readback=readback, timeout=timeout)
        return
    future = request_child(call, "put", device, attribute.name, {attribute.name: value}, readback=readback)
    future.result(timeout)


def carry_out(
    attribute: Attribute[Any], value: Any, call: Call | Outside, *, readback: bool = False, timeout: float | None = None
) -> None:
    """Do a put of an own attribute with a validated value."""
    token = call if isinstance(call, Call) else None
    if attribute._binding is not None:
        begin_put(attribute, value, call).result(timeout)
    elif attribute._setter_name is not None:
        attribute.ask(value, token)
        getattr(attribute._device, attribute._setter_name)(value)
    elif attribute.writable:
        attribute.apply(value, call=token)
        attribute.ask(value, token)
    else:
        raise read_only(attribute, inside=True)
    if readback:
        wait_for(attribute, confirms(attribute, value), timeout)


def begin_put(attribute: Attribute[Any], value: Any, call: Call | Outside) -> Future[None]:
    """Send a put to the attribute's source; the future ends when the source says that it is done."""
    binding = attribute._binding
    if binding is None or attribute.source is None or not attribute.source.writable:
        raise read_only(attribute, inside=True)
    call.check()
    future: Future[None] = Future(call, f"the put of {attribute._device.name}.{attribute.name}")

    def done(error: MacduffError | None) -> None:
        future.resolve(Outcome(None, error))

    attribute.ask(value, call if isinstance(call, Call) else None)
    binding.put(value, done)
    return future


def put_many(device: Device, values: Mapping[str, Any], *, readback: bool, timeout: float | None) -> None:
    """`Device.put`: several own attributes in parallel, done when all are."""
    call = current(device)
    if not (isinstance(call, Call) and call.device is device):
        future = request_child(call, "put", device, ", ".join(values), values, readback=readback)
        future.result(timeout)
        return
    checked = {device._attribute(name): value for name, value in values.items()}
    checked = {attribute: attribute.check_setpoint(value) for attribute, value in checked.items()}
    sent = [begin_put(a, value, call) for a, value in checked.items() if a._binding is not None]
    for attribute, value in checked.items():
        if attribute._binding is None:
            carry_out(attribute, value, call)
    wait_all(device, sent, timeout)
    if readback:
        for attribute, value in checked.items():
            wait_for(attribute, confirms(attribute, value), timeout)


class Typed(Protocol):
    """An attribute, or what a client knows of one."""

    @property
    def vtype(self) -> VType[Any]: ...


def confirms(attribute: Typed, wanted: Any) -> Callable[[Any], bool]:
    """Whether a readback confirms a set point: equal, or for floats as near as the precision shows (else 1e-6)."""
    precision = getattr(attribute.vtype, "precision", None)

    def near(value: Any) -> bool:
        if attribute.vtype.equal(value, wanted):
            return True
        if isinstance(wanted, float) and isinstance(value, float):
            finest = 0.5 * 10.0**-precision if precision is not None else 0.0
            return math.isclose(value, wanted, rel_tol=1e-6, abs_tol=finest)
        return False

    near.__name__ = repr(wanted)
    return near
