"""Starting things and going on: methods of devices, puts, and functions of the device itself (rule 14)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..errors import Busy, MacduffError, TimedOut, WrongState
from .attribute import Attribute
from .blocking import current
from .call import Call, Outcome
from .future import Future
from .method import Method
from .putting import begin_put, carry_out
from .states import DState
from .waiting import request_child, wait_all

if TYPE_CHECKING:
    from .device import Device

__all__ = ["all_children", "start", "stop_and_abort"]


def start(device: Device, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Future[Any]:
    """`Device.start`."""
    call = current(device)
    call.check()
    if isinstance(function, Method):
        return request_child(call, "call", function.device, function.name, function.arguments(args, kwargs))
    owner = getattr(function, "__self__", None)
    if isinstance(owner, Attribute) and function.__name__ == "put":
        return _start_put(call, owner, *args, **kwargs)
    if not isinstance(call, Call):
        raise RuntimeError(f"{device.name}.start: expected to be called in a method of the device, got it outside")
    name = getattr(function, "__name__", "function")
    future: Future[Any] = Future(call, f"{device.name}.{name}")
    process = device._process_needed()
    process._post(process._manager.start_function, call, name, lambda: function(*args, **kwargs), future)
    return future


def _start_put(call: Any, attribute: Attribute[Any], value: Any, *, readback: bool = False) -> Future[Any]:
    device = attribute._device
    if not (isinstance(call, Call) and call.device is device):
        return request_child(call, "put", device, attribute.name, {attribute.name: value}, readback=readback)
    checked = attribute.check_setpoint(value)
    if attribute._binding is not None and not readback:
        return begin_put(attribute, checked, call)
    future: Future[Any] = Future(call, f"the put of {device.name}.{attribute.name}")
    if attribute._binding is None:
        carry_out(attribute, checked, call)
        future.resolve(Outcome(None, None))
        return future
    process = device._process_needed()
    process._post(
        process._manager.start_function, call, f"put {attribute.name}",
        lambda: attribute.put(checked, readback=True), future,
    )  # fmt: skip
    return future


def _needs_reset(device: Device, child: Device) -> bool:
    """Whether a child needs a reset, once its abort or the reset by somebody else is over."""
    under_way = (DState.Aborting, DState.Resetting)
    with suppress(TimedOut):
        child.state.wait_for(lambda state: state not in under_way, 2 * child._machine.aborting.grace())
    return child._machine.needs_reset()


def all_children(device: Device, event: str) -> None:
    """Abort, or reset those that need it, all children in parallel; the first error is raised when all have ended."""
    call = current(device)
    futures = []
    for child in dict.fromkeys(device._children.values()):
        if event == "reset" and not _needs_reset(device, child):
            continue
        future = request_child(call, "call", child, event, {})
        future.observe()
        futures.append((child, future))
    first: MacduffError | None = None
    for child, future in futures:
        try:
            wait_all(device, [future])
        except WrongState:
            continue  # it changed meanwhile: nothing left to do there
        except MacduffError as error:
            if event == "reset" and isinstance(error, Busy) and not _needs_reset(device, child):
                continue  # somebody else has reset it, such as a parent that shares it
            first = first or error
    if first is not None:
        raise first


def stop_and_abort(device: Device) -> None:
    """The default `do_abort`: children are aborted although `do_stop` failed, and the first failure is raised."""
    try:
        device.do_stop()
    except Exception:
        with suppress(MacduffError):  # such a child is in Fault and says so itself
            all_children(device, "abort")
        raise
    all_children(device, "abort")
