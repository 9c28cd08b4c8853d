"""Children of a configured device belong to it until it is at rest again (rule 23). Process thread only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import Busy, Held, MacduffError
from .states import DState

if TYPE_CHECKING:
    from .call import Request
    from .device import Device

__all__ = ["AT_REST", "check", "give_back", "take"]

AT_REST = (DState.Idle, DState.Aborted, DState.Fault)
"""States in which a device holds no lease."""


def _tree(device: Device) -> Iterator[Device]:
    for child in device._children.values():
        yield child
        yield from _tree(child)


def check(device: Device, request: Request) -> None:
    """Held, when the device is leased to a parent and the request was not made for that one."""
    holder = device._machine.holder
    if holder is None:
        return
    chain = request.parent.ancestors() if request.parent is not None else []
    for call in chain:
        if call.device is holder or call.device._machine.holder is holder:
            return
    raise Held(
        f"{device.name}.{request.member}: expected a device that is free, got one held by {holder.name} until that is "
        f"Idle, Aborted or Fault; allowed now: abort",
        device=device.name, member=request.member, state=device._machine.state.value, allowed=("abort",),
    )  # fmt: skip


def take(device: Device, request: Request) -> None:
    """Lease the whole tree below the device to it, or nothing: the first that is busy or held refuses.

    What a configured child of the tree holds of that tree is no obstacle: the child itself is leased now.
    """
    above, tree = device._machine.holder, list(_tree(device))
    free: list[Device] = []
    for child in tree:
        machine = child._machine
        holder = machine.holder
        if holder is not None and holder not in (device, above, *tree):
            raise _refused(Held, device, request, f"{child.name} free, got it held by {holder.name}")
        if machine.place is not None and not machine.inside(request):
            raise _refused(Busy, device, request, f"{child.name} free, got it busy with {machine.place.title()}")
        if holder is None or holder in tree:
            free.append(child)
    for child in free:
        child._machine.holder = device
        child._machine.refresh()


def _refused(cls: type[MacduffError], device: Device, request: Request, what: str) -> MacduffError:
    return cls(
        f"{device.name}.{request.member}: expected {what}",
        device=device.name, member=request.member, state=device._machine.state.value, allowed=device._machine.allowed(),
    )  # fmt: skip


def give_back(device: Device) -> None:
    """End the device's lease on its tree; what is below a child that is still configured is that one's again."""
    tree = list(_tree(device))
    for child in tree:
        machine = child._machine
        if machine.holder is device:
            machine.holder = next((heir for heir in tree if _configured(heir) and child in _tree(heir)), None)
            machine.refresh()


def _configured(device: Device) -> bool:
    machine = device._machine
    return not machine.plain and machine.state not in AT_REST and not machine.leaving
