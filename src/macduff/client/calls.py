"""The arguments of a remote call as the parameters that the wire wants, checked as Python checks a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from macduff.errors import BadValue

from .model import MethodInfo
from .names import suggestion

__all__ = ["BadCall", "bound"]


class BadCall(BadValue, TypeError):
    """A call whose arguments do not fit the method's parameters; nothing was sent."""


def bound(device: str, method: MethodInfo, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters by name. What is not given is not sent: the device's own, live default counts."""
    names = list(method.takes)
    where = f"{device}.{method.name}"
    if len(args) > len(names):
        raise _bad(where, device, method, f"expected {_at_most(len(names))}, got {len(args)}")
    parameters = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name not in method.takes:
            raise _bad(where, device, method, f"no parameter {name!r}{suggestion(name, names)}")
        if name in parameters:
            raise _bad(where, device, method, f"{name!r} was given by its place and by its name")
        parameters[name] = value
    missing = [name for name in method.required if name not in parameters]
    if missing:
        raise _bad(where, device, method, f"expected {', '.join(map(repr, missing))}, got no value")
    return parameters


def _at_most(number: int) -> str:
    return "no arguments" if number == 0 else f"at most {number} argument{'s' if number > 1 else ''}"


def _bad(where: str, device: str, method: MethodInfo, what: str) -> BadCall:
    shown = ", ".join(name if name in method.required else f"[{name}]" for name in method.takes)
    allowed = tuple(method.takes)
    return BadCall(f"{where}({shown}): {what}", device=device, member=method.name, allowed=allowed)
