"""What a Tango device has to connect to, by kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ophyd_async.core import NotConnectedError

from ...sources.tango.library import load, text_of
from .matching import Kind
from .proxies import ask_device
from .reaching import address_of
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
    """The names of the device's members of these kinds; None for pipes where this PyTango has none.

    NotConnectedError if the device cannot be asked.
    """
    found: dict[Kind, tuple[str, ...] | None] = {}
    for kind in kinds:
        ask = getattr(proxy, _LISTS[kind], None)
        try:
            found[kind] = None if ask is None else tuple(await ask_device(proxy, ask))
        except load().DevFailed as error:
            raise NotConnectedError(f"{address_of(proxy)}: cannot be reached: {text_of(error)}") from error
    return found


def connected(signal: Any) -> bool:
    """Whether the signal was connected to a member of a real device."""
    return getattr(signal, "proxy", None) is not None
