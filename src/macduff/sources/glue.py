"""The one place where sources lean on more of the core than `SourceContext`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ..core import Attribute, Device, Outcome, SourceContext, released
from ..core.dynamic import fields_changed
from ..core.method import Method
from ..core.opening import wanted
from ..core.putting import confirms
from ..core.spec import MethodSpec
from ..errors import MacduffError, TimedOut
from ..limits import DEFAULTS, Limits
from ..values import Severity

__all__ = [
    "Done", "binding_of", "confirmed", "has_audience", "is_simulated", "limits_of", "members_of", "placed", "problem",
    "put_source", "respecified", "wait_released",
]  # fmt: skip

Done = Callable[[Any, MacduffError | None], None]


def wait_released(
    device: Device | None, reason: str, begin: Callable[[Done], None], timeout: float | None = None
) -> Any:
    """Begin something elsewhere and wait until it calls `done(value, error)`; raises the error.

    In a method of a device the device's lock is released meanwhile (rule 8). Outside any device it is a plain wait.
    """
    if device is not None and device._process is not None:

        def start(done: Callable[[Outcome], None]) -> None:
            begin(lambda value, error: done(Outcome(value, error)))

        return released(device, reason, start, timeout)
    over = threading.Event()
    outcome: list[tuple[Any, MacduffError | None]] = []

    def end(value: Any, error: MacduffError | None) -> None:
        outcome.append((value, error))
        over.set()

    begin(end)
    if not over.wait(timeout):
        raise TimedOut(f"{reason}: expected an answer within {timeout} s")
    value, error = outcome[0]
    if error is not None:
        raise error
    return value


def placed(error: MacduffError, context: SourceContext) -> MacduffError:
    """The error of a put as its client is told it: of the same kind, naming the attribute."""
    where = f"{context.device}.{context.attribute}"
    text = error.message if error.message.startswith(where) else f"{where}: {error.message}"
    return type(error)(text, device=context.device, member=context.attribute)


def limits_of(device: Device) -> Limits:
    """The limits of the device's Process."""
    return DEFAULTS if device._process is None else device._process.limits


def is_simulated(device: Device) -> bool:
    """Whether the device was added with `simulate: true`."""
    return bool(device.__dict__.get("_simulate", False))


def has_audience(attribute: Attribute[Any]) -> bool:
    """Whether anybody listens to this very attribute or watches it; who listens to the whole device does not count."""
    return wanted(attribute)


# of devices that are wrapped


def members_of(device: Device) -> frozenset[str]:
    """The members that its class has, which are not the wrapped device's."""
    return frozenset(device._parts.members)


def problem(device: Device, key: str, severity: Severity = Severity.NONE, text: str = "") -> None:
    """Have something that is wrong shown in the device's health; without text it is not wrong any more."""
    device._process_needed()._post(device._machine.problem, key, severity, text)


def binding_of(attribute: Attribute[Any]) -> object:
    """What follows an attribute's source; None without one."""
    return attribute._binding


def put_source(attribute: Attribute[Any], value: Any, done: Callable[[MacduffError | None], None]) -> None:
    """Put a validated value by an attribute's source."""
    binding = attribute._binding
    if binding is None:
        done(MacduffError(f"{attribute.name}: expected an attribute with a source, got one without"))
    else:
        binding.put(value, done)


def confirmed(attribute: Attribute[Any], value: Any) -> bool:
    """Whether the readback confirms a set point."""
    return confirms(attribute, value)(attribute.value)


def respecified(method: Method[Any, Any], spec: MethodSpec) -> None:
    """A method takes or returns something else now."""
    method.spec = spec
    fields_changed(method.device)
