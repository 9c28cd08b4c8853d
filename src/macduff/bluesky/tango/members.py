"""What a Tango device has to connect to, by kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .matching import Kind
from .signals import (
    TangoAttrR,
    TangoAttrRW,
    TangoAttrW,
    TangoCommand,
    TangoPipeR,
    TangoPipeRW,
    TangoPipeW,
)

__all__ = ["KINDS", "connected", "kind_of", "list_members"]

KINDS: dict[Kind, tuple[type, ...]] = {
    "attribute": (TangoAttrR, TangoAttrW, TangoAttrRW),
    "pipe": (TangoPipeR, TangoPipeW, TangoPipeRW),
    "command": (TangoCommand,),
}
_LISTS: dict[Kind, str] = {
    "attribute": "get_attribute_list", "pipe": "get_pipe_list", "command": "get_command_list",
}  # fmt: skip


def kind_of(signal: object) -> Kind:
    """Whether it is an attribute, a pipe or a command; TypeError if it is no signal of Tango's."""
    for kind, classes in KINDS.items():
        if isinstance(signal, classes):
            return kind
    raise TypeError(f"bluesky: expected a Tango signal, got {signal!r}")


async def list_members(proxy: Any, kinds: Iterable[Kind]) -> dict[Kind, tuple[str, ...] | None]:
    """The names of the device's members of these kinds; None for pipes where this PyTango has none."""
    from tango.green import get_object_executor

    executor: Any = get_object_executor(proxy)
    found: dict[Kind, tuple[str, ...] | None] = {}
    for kind in kinds:
        ask = getattr(proxy, _LISTS[kind], None)
        found[kind] = None if ask is None else tuple(await executor.delegate(ask))
    return found


def connected(signal: Any) -> bool:
    """Whether the signal was connected to a member of a real device."""
    return getattr(signal, "proxy", None) is not None
