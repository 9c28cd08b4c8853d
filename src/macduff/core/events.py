"""The state machine's events as clients see them; Cycle and Aborting carry them out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from .method import Published

if TYPE_CHECKING:
    from .device import Device

__all__ = ["abort", "configure", "event", "pause", "reset", "resume", "rewind", "run", "validate"]

P = ParamSpec("P")
R = TypeVar("R")
D = TypeVar("D", bound="Device")


def event(function: Callable[Concatenate[D, P], R], *, dynamic: bool = False) -> Published[D, P, R]:
    """Publish one of the functions here; dynamic: what it takes differs from device to device."""
    return Published(function, {"event": function.__name__}, dynamic=dynamic)


def abort(device: Any) -> None:
    """Stop whatever this device does."""


def reset(device: Any, force: bool = False) -> None:
    """Leave Aborted, Fault or Ready. With force, although a thread that disobeyed an abort still runs."""


def configure(device: Any, *args: Any, **params: Any) -> None:
    """Make ready to run with these parameters; what is left out keeps its set point."""


def validate(device: Any, *args: Any, **params: Any) -> Any:
    """Check parameters and touch nothing; return them as they would be used, with estimates."""
    used = device._with_setpoints(params)
    result = dict(type(device).validate(device, **used))
    return {"duration": float("nan"), **used, **result}


def run(device: Any) -> None:
    """Do all steps; goes on over pause and resume."""


def pause(device: Any) -> None:
    """Hold a run at its next checkpoint."""


def rewind(device: Any, steps: int) -> None:
    """Go back by so many completed steps."""


def resume(device: Any) -> None:
    """Let a paused run go on."""
