"""Several attributes of a device, read or updated together (rule 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..values import Reading

if TYPE_CHECKING:
    from .device import Device

__all__ = ["snapshot", "update"]


def update(device: Device, values: Mapping[str, Any]) -> None:
    """`Device.update`: validate all, then apply all under the mutex at once."""
    call = device._local.call
    if call is not None and call.device is not device:
        raise RuntimeError(f"{device.name}.update: expected its own code, got {call.device.name}'s")
    checked = []
    for name, value in values.items():
        attribute = device._attribute(name)
        if not attribute._from_device:
            attribute.update(value)  # refuses, and says why
        value = attribute.vtype.validate(value, f"{device.name}.{name}")
        checked.append((attribute, value, attribute.vtype.alarm_for(value)))
    now = device._clock.time_ns()
    wake = False
    with device._mutex:
        if call is not None and call.dead is not None and not call.shielded():
            raise call.dead
        for attribute, value, alarm in checked:
            wake = attribute._swap((value, alarm, now), call) or wake
    if wake:
        device._wake()


def snapshot(device: Device, names: Sequence[str]) -> dict[str, Reading]:
    """`Device.snapshot`."""
    wanted = [device._attribute(name) for name in names] if names else list(device.attributes.values())
    with device._mutex:
        return {attribute.name: Reading(*attribute._now) for attribute in wanted}
