"""A configuration that was found right: what to make, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..limits import DEFAULTS, Limits

if TYPE_CHECKING:
    from ..core.device import Device

__all__ = ["DevicePlan", "Plan", "ServerPlan"]


@dataclass(frozen=True)
class DevicePlan:
    """One device: values for its constructor, names of other devices for its constructor, and of its children."""

    name: str
    cls: type[Device]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    children: Mapping[str, str] = field(default_factory=dict)
    simulate: bool = False

    def make(self, devices: Mapping[str, Device]) -> Device:
        """The device, with those it needs taken from `devices`."""
        arguments = {**self.arguments, **{role: devices[name] for role, name in self.references.items()}}
        device = self.cls(self.name, **arguments)
        for role, name in self.children.items():
            device.set_child(role, devices[name])
        return device


@dataclass(frozen=True)
class ServerPlan:
    """One server: which, where it listens, and its other settings. Port 0 lets the system choose."""

    kind: str
    host: str = "127.0.0.1"
    port: int = 0
    read_only: bool = False
    insecure: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Everything that a file asks for; devices stand after those that they need."""

    devices: tuple[DevicePlan, ...] = ()
    servers: tuple[ServerPlan, ...] = ()
    name: str = "."
    backend: str = "threads"
    log_level: str = "info"
    log_format: str = "text"
    limits: Limits = DEFAULTS

    def make_devices(self) -> Iterator[tuple[Device, DevicePlan]]:
        """Each device, made when it is asked for: one is in its Process before the next that needs it is made."""
        made: dict[str, Device] = {}
        for plan in self.devices:
            device = made[plan.name] = plan.make(made)
            yield device, plan
