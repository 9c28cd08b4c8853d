"""What a client knows of a device without asking: its members, their types and their descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from macduff.values import VType

__all__ = ["AttributeInfo", "DeviceInfo", "MethodInfo"]


@dataclass(frozen=True, slots=True)
class AttributeInfo:
    """An attribute as the server described it last."""

    name: str
    vtype: VType[Any]
    label: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    writeable: bool = False
    """Whether a put would have been accepted when the description was taken; the state of the device changes it."""
    writable: bool = False
    """Whether it can ever be put."""
    parameter: bool = False
    """Whether it is a parameter of the device's `configure`."""


@dataclass(frozen=True, slots=True)
class MethodInfo:
    """A method as the server described it last."""

    name: str
    label: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    takes: Mapping[str, VType[Any]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    defaults: Mapping[str, object] = field(default_factory=dict)
    """What an omitted parameter means; for `configure` the set points, as they were when it was described."""
    returns: Mapping[str, VType[Any]] = field(default_factory=dict)
    unpacked: bool = False
    """Whether the single result comes bare."""
    writeable: bool = True


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device as the server described it last."""

    name: str
    label: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, AttributeInfo] = field(default_factory=dict)
    methods: Mapping[str, MethodInfo] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    """Attributes and methods by name, in the device's own order."""
    listed: tuple[str, ...] = ()
    """The fields that the server listed, those included that could not be understood."""
