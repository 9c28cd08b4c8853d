"""The configuration file: read and checked, all its faults together, into a Plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fault import ConfigurationError, Fault

if TYPE_CHECKING:
    from .plan import DevicePlan, Plan, ServerPlan
    from .reading import read, read_text

__all__ = ["ConfigurationError", "DevicePlan", "Fault", "Plan", "ServerPlan", "read", "read_text"]

_HOMES = {"DevicePlan": "plan", "Plan": "plan", "ServerPlan": "plan", "read": "reading", "read_text": "reading"}


def __getattr__(name: str) -> object:
    """The schema library costs 60 ms: what needs it is loaded when it is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
