"""A configuration that was found right: what to make, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..core.attribute import Attribute
from ..core.device import Device
from ..limits import DEFAULTS, Limits
from ..telling import described, place

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
    where: str = ""  # the class in the file: "lab.yaml:2:12"

    def make(self, devices: Mapping[str, Device]) -> Device:
        """The device, with those it needs taken from `devices`."""
        arguments = {**self.arguments, **{role: devices[name] for role, name in self.references.items()}}
        device = self.cls(self.name, **arguments)
        for role, name in self.children.items():
            device.set_child(role, devices[name])
        return device

    def told(self, error: Exception) -> str:
        """The sentence for an error of `make` or of what the device was made for: where, what, the author's line."""
        found = place(error)
        if _too_early(error):
            text = "__init__ did not call super().__init__(name) before it used the device"
        else:
            text = str(error)
            if not text.startswith((f"{self.name}:", f"{self.name}.")) and found:
                text, found = described(error), ""
        if not text.startswith((f"{self.name}:", f"{self.name}.")):
            text = f"{self.name}: {text}"
        if found:
            text = f"{text} ({found})"
        return f"{self.where}: {text}" if self.where else text


def _too_early(error: Exception) -> bool:
    """Whether a constructor used attributes, or the device itself, before its base class made them."""
    if not isinstance(error, AttributeError) or not isinstance(error.obj, Attribute | Device):
        return False
    made = vars(error.obj).keys() & {"_machine", "_now"}
    return not made and (error.name or "").startswith("_")


@dataclass(frozen=True)
class ServerPlan:
    """One server: which, where it listens, and its other settings. Port 0 lets the system choose.

    where: for "host" and "port" how a message names them, with their place in the file.
    """

    kind: str
    host: str = "127.0.0.1"
    port: int = 0
    read_only: bool = False
    insecure: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)


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

    def makers(self) -> Iterator[tuple[DevicePlan, Callable[[], Device]]]:
        """Each device's plan, with what makes it; to be made before the next is asked for, which may need it."""
        made: dict[str, Device] = {}

        def make(plan: DevicePlan) -> Device:
            device = made[plan.name] = plan.make(made)
            return device

        for plan in self.devices:
            yield plan, partial(make, plan)
