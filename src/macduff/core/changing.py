"""Several attributes of a device, read or updated together (rule 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..values import NO_ALARM, Alarm, Reading

if TYPE_CHECKING:
    from .attribute import Attribute
    from .device import Device
    from .lane import Now

    Checked = tuple[Attribute[Any], Any, Alarm]

__all__ = ["snapshot", "update"]


def update(device: Device, values: Mapping[str, Any]) -> None:
    """`Device.update`: validate all, then apply all under the mutex at once."""
    call = device._local.call
    if call is not None and call.device is not device:
        raise RuntimeError(f"{device.name}.update: expected its own code, got {call.device.name}'s")
    attributes = device.attributes
    checked: list[Checked] = []
    for name, value in values.items():
        attribute = attributes.get(name)
        if attribute is not None and value.__class__ is attribute._exact:
            checked.append((attribute, value, NO_ALARM))
        else:
            checked.append(_checked(device, name, value))
    now = device._clock.time_ns()
    with device._mutex:
        if call is not None and call.dead is not None and not call.shielded():
            raise call.dead
        wake = _apply(device, checked, now, call)
    if wake:
        device._wake()


def _checked(device: Device, name: str, value: Any) -> Checked:
    attribute = device._attribute(name)
    if not attribute._from_device:
        attribute.update(value)  # refuses, and says why
    value = attribute.vtype.validate(value, f"{device.name}.{name}")
    return attribute, value, attribute.vtype.alarm_for(value)


def _apply(device: Device, checked: Sequence[Checked], now: int, call: Any) -> bool:
    """Under the mutex: what `Attribute.update` and `_swap` do, for many; whether the Process must be woken."""
    wake, facts = False, device.__dict__
    sequence, latest = facts["_sequence"], _latest(device)
    for attribute, value, alarm in checked:
        if value.__class__ is not attribute._exact or attribute._every:
            wake = attribute._swap((value, alarm, now), call) or wake
            sequence, latest = facts["_sequence"], _latest(device)
            continue
        facts["_sequence"] = sequence = sequence + 1
        attribute._now = new = (value, NO_ALARM, now, sequence)
        attribute._writer = call
        if attribute._keep(new):
            wake = True
        if attribute._listened:
            if latest is None:
                segment, opened = device._open_segment()
                latest, wake = segment.latest, wake or opened
            latest[attribute] = new
    return wake


def _latest(device: Device) -> dict[Attribute[Any], Now] | None:
    segment = device._segment
    return None if segment is None else segment.latest


def snapshot(device: Device, names: Sequence[str]) -> dict[str, Reading]:
    """`Device.snapshot`."""
    wanted = [device._attribute(name) for name in names] if names else list(device.attributes.values())
    with device._mutex:
        return {attribute.name: Reading(*attribute._now) for attribute in wanted}
