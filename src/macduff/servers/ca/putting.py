"""Puts to PVs as requests to the Process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from macduff.values import VAction, VType

from .pv import Done, Put

if TYPE_CHECKING:
    from .site import Site

__all__ = ["press", "put_to"]


def put_to(site: Site, device: str, attribute: str, vtype: VType[Any]) -> Put:
    """The put of an attribute; done when it is."""

    def put(value: Any, origin: str, done: Done) -> None:
        site.follower.put(device, {attribute: value}, lambda outcome: done(outcome.error), origin=origin)

    def pressed(value: Any, origin: str, done: Done) -> None:
        if value:
            put(None, origin, done)
        else:
            done(None)

    return pressed if isinstance(vtype, VAction) else put


def press(site: Site, device: str, method: str) -> Put:
    """The call of a method that needs no arguments; done when it ends."""

    def put(value: Any, origin: str, done: Done) -> None:
        if value:
            site.follower.call(device, method, {}, lambda outcome: done(outcome.error), origin)
        else:
            done(None)

    return put
